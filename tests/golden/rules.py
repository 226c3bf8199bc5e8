"""Contexts and rules for tests of policies, on the runs of the sandbox that a Run Registry answered for."""

import json
from datetime import UTC, datetime
from pathlib import Path

from golden.contexts import REGISTRY_FIELDS, SEGMENT_FIELDS, CertificationKey, CertifiedRun, Segment
from golden.registry_values import READ
from oms.lumisections import bits
from sandbox import world
from sandbox.registry.flags import FlaggedState, detector_ranges, flag_ranges

RUNS = (315257, 315259, 315264, 315265)
DATASET = "/PromptReco/Collisions2018A/DQM"
_EDITED = {315264: (5, 12)}
_COLUMNS = ("tracker-pixel", "tracker-strip", "tracker-track")


def recorded_rules():
    """The rules and answers, `{"name", "rule", "ranges"}`, as stored."""
    path = Path(__file__).parent / "data" / "recorded_rules.json"
    return json.loads(path.read_text(encoding="utf-8"))["rules"]


def lumisections(run):
    """{lumisection: (bits of OMS, {column: status})} of a run, with the edit by hand."""
    columns = {
        number: {name: flags[name]["status"] for name in _COLUMNS}
        for first, last, flags in flag_ranges(run, FlaggedState.OPEN)
        for number in range(first, last + 1)
    }
    first, last = _EDITED.get(run, (1, 0))
    for number in range(first, last + 1):
        columns[number]["tracker-pixel"] = "GOOD"
    return {
        number: (detectors, columns[number])
        for first, last, detectors in detector_ranges(run)
        for number in range(first, last + 1)
    }


def certified_run(run):
    """The run as `golden` gets it, a segment for each lumisection."""
    segments = []
    for number, (detectors, columns) in lumisections(run).items():
        beams = detectors["beam1_stable"] and detectors["beam2_stable"]
        values = [beams if name == "stable_beams" else detectors[bits.OMS_NAMES[name]] for name in bits.NAMES]
        read = [READ, *(detectors.get(name.removeprefix("lumisection.oms.")) for name in REGISTRY_FIELDS[1:])]
        segments.append(Segment(number, number, (*values, *columns.values(), None, *read)))
    assert len(segments[0].values) == len(SEGMENT_FIELDS) + len(REGISTRY_FIELDS)
    facts = {f"run.oms.{name}": value for name, value in world.runs()[run].items()}
    values = facts | {
        "run.run_number": run,
        "run.rr.class": "Collisions18",
        "run.rr.state": "SIGNOFF",
        "dataset.name": DATASET,
        "dataset.tracker_state": "OPEN",
    }
    read_at = datetime(2018, 5, 3, tzinfo=UTC)
    key = CertificationKey(run, 1, run, "prompt", DATASET)
    return CertifiedRun(key, values, tuple(segments), registry_read_at=read_at)

"""All lumisections of the sandbox's world: segments give back each bit of each row, and sums the figures of the runs.

With CERTHELPER_DATA (default ../shared/data) the same is tested on the figures of OMS with all their digits.
"""

import csv
import gzip
import math
import os
from collections import defaultdict
from pathlib import Path

import pytest

from oms.lumisections.bits import OMS_NAMES
from oms.lumisections.luminosity import recorded_lumis
from oms.lumisections.parsing import LumisectionRow
from oms.lumisections.segments import segments_of
from sandbox import world
from sandbox.world.lumisections import runs_with_lumisections

DATA = Path(os.environ.get("CERTHELPER_DATA", "../shared/data")) / "derived"
LUMISECTIONS = DATA / "oms_lumisections_2018-04-13_2018-05-11.csv.gz"
RUNS = DATA / "oms_runs_2018-04-13_2018-05-13.csv"
# The counter of 314890 restarts at lumisection 1074, and the rows of 316082 end early.
DIFFERING = {314890, 316082}
ROWS = 100_000
SEGMENTS = 2_049  # of our eight bits; 2,329 of all twelve that OMS has


def parsed_row(row) -> LumisectionRow:
    return LumisectionRow(
        row["lumisection_number"], tuple(row[name] for name in OMS_NAMES.values()), row["recorded_lumi"]
    )


def _of_the_world() -> dict[int, list[LumisectionRow]]:
    return {run: [parsed_row(row) for row in world.lumisections_rows(run)] for run in runs_with_lumisections()}


def _of_oms() -> dict[int, list[LumisectionRow]]:
    rows = defaultdict(list)
    with gzip.open(LUMISECTIONS, "rt") as file:
        for row in csv.DictReader(file):
            values = {name: value == "True" for name, value in row.items()}
            values["beams_stable"] = values["beam1_stable"] and values["beam2_stable"]
            values["lumisection_number"] = int(row["lumisection_number"])
            values["recorded_lumi"] = float(row["recorded_lumi"]) if row["recorded_lumi"] else None
            rows[int(row["run_number"])].append(parsed_row(values))
    return {run: sorted(of_run, key=lambda row: row.number) for run, of_run in rows.items()}


def _figures_of_oms() -> dict[int, float]:
    with RUNS.open() as file:
        return {int(row["run_number"]): float(row["recorded_lumi"] or 0) for row in csv.DictReader(file)}


def _assert_whole(rows_by_run, figures, **tolerance) -> None:
    segments_by_run = {run: segments_of(rows) for run, rows in rows_by_run.items()}
    assert sum(map(len, rows_by_run.values())) == ROWS
    assert sum(map(len, segments_by_run.values())) == SEGMENTS
    differing = set()
    for run, rows in rows_by_run.items():
        given = {n: segment.bits for segment in segments_by_run[run] for n in range(segment.first, segment.last + 1)}
        assert given == {row.number: row.bits for row in rows}
        recorded = sum(lumi or 0 for lumi in recorded_lumis(rows).values())
        if figures.get(run) and not math.isclose(recorded, figures[run], **tolerance):
            differing.add(run)
    assert differing == DIFFERING
    assert sum(1 for run in rows_by_run if figures.get(run)) == 202


def test_lumisections_of_the_sandbox():
    figures = {run: row["recorded_lumi"] for run, row in world.runs().items()}
    _assert_whole(_of_the_world(), figures, rel_tol=1e-4, abs_tol=5e-4)


@pytest.mark.skipif(not LUMISECTIONS.exists(), reason=f"no figures of OMS in {DATA}")
def test_lumisections_of_oms():
    _assert_whole(_of_oms(), _figures_of_oms(), rel_tol=1e-6)

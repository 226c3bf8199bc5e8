"""Reads a golden JSON and a DCS-only JSON for an import. Each refusal is one sentence that says what to change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

from certify.imports.file_flags import FileRun
from golden.layouts import LAYOUTS, FileInvalid, layout_text, read_runs
from infrastructure.number_ranges import count_numbers, format_ranges, ranges_without
from oms.lumisections.parsing import MAX_LUMISECTIONS

if TYPE_CHECKING:
    from pathlib import Path

    from golden.layouts import RunRanges

_MAX_NAMED = 5  # runs in a sentence
_MAX_BYTES = 20_000_000  # of a file: those of a year have less than 1 MB
# The layouts of the official files; of other years the file itself decides.
_FIRST_INDENTED = 2022


@dataclass(frozen=True)
class LumiFile:
    """A file of lumisections: its name, text, SHA-256 and runs."""

    name: str
    text: str
    sha256: str
    runs: RunRanges


def read_lumi_file(path: Path) -> LumiFile:
    """Return the file. Raises `FileInvalid` with the name of the file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileInvalid(f"{path} cannot be read: {error.strerror or error}.") from None
    if len(content) > _MAX_BYTES:
        raise FileInvalid(f"{path.name} has more than {_MAX_BYTES // 10**6} MB, which no file of a year has.")
    try:
        text = content.decode()
        runs = read_runs(text)
        _check_ranges(text)
    except UnicodeDecodeError:
        raise FileInvalid(f"{path.name} is not JSON: it is not UTF-8.") from None
    except FileInvalid as error:
        raise FileInvalid(f"{path.name}: {error}") from None
    if not any(runs.values()):
        raise FileInvalid(f"{path.name} has no lumisections.")
    return LumiFile(path.name, text, sha256(content).hexdigest(), runs)


def _check_ranges(text: str) -> None:
    for run, ranges in json.loads(text).items():
        for (first, last), (following, end) in pairwise([[0, 0], *sorted(ranges)]):
            if end > MAX_LUMISECTIONS:
                raise FileInvalid(f"Run {run}: no run has {end} lumisections.")
            if following <= last:
                raise FileInvalid(f"Run {run}: the ranges {first}-{last} and {following}-{end} overlap.")


def runs_of_files(golden: LumiFile, dcs: LumiFile | None, year: int) -> list[FileRun]:
    """Return the runs of both files; the one with the most golden lumisections is the reference of the others.

    Raises `FileInvalid` where lumisections are golden but not in the other file."""
    detector_on = dcs.runs if dcs else golden.runs
    outside = [(run, ranges_without(ranges, detector_on.get(run, ()))) for run, ranges in golden.runs.items()]
    if named := [f"{run} ({format_ranges(ranges)})" for run, ranges in outside if ranges]:
        more = f" and {len(named) - _MAX_NAMED} more runs" if len(named) > _MAX_NAMED else ""
        runs = f"{', '.join(named[:_MAX_NAMED])}{more}"
        raise FileInvalid(f"{golden.name} has lumisections that the DCS-only file lacks: {runs}. Leave --dcs out.")
    longest = sorted(golden.runs, key=lambda run: count_numbers(golden.runs[run]))[-2:]
    return [
        FileRun(run, dataset_name(year), golden.runs.get(run, ()), ranges, longest[0 if run == longest[-1] else -1])
        for run, ranges in sorted(detector_on.items())
        if ranges
    ]


def dataset_name(year: int) -> str:
    """Return the dataset of the certifications of a year."""
    return f"/Import/{year}/DQM"


def layout_of(golden: LumiFile, year: int) -> str:
    """Return the layout that makes the file again to the byte; where none does, that of the official files."""
    usual = "wrap42" if year <= 2016 else "wrap80" if year < _FIRST_INDENTED else "indent"
    return next((name for name in (usual, *LAYOUTS) if layout_text(golden.runs, name) == golden.text), usual)

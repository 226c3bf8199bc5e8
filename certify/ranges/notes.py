"""What is odd about the lumisections of a run, a sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose
from typing import TYPE_CHECKING, Any

from oms.formatting import lumi_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from certify.ranges.page import LumisectionsPage

RUN_COLUMNS = ("end_time", "lumisections", "recorded_lumi")
LUMI_SHARE, LUMI_SHOWN = 1e-3, 5e-4  # luminosities that differ by less, as a fraction or in 1/pb, are equal


@dataclass(frozen=True)
class RunFigures:
    """What OMS gives of a whole run: its last active lumisection and recorded luminosity, 1/pb; None if it does not."""

    last: int | None = None
    recorded_lumi: float | None = None


def run_figures(values: Mapping[str, Any], typed: Collection[str] | None) -> RunFigures:
    """Return the figures in values of `RUN_COLUMNS`, those aside that are `typed`. A run that goes on has none yet."""
    if not values.get("end_time"):
        return RunFigures()
    last, lumi = (None if typed and name in typed else values.get(name) for name in RUN_COLUMNS[1:])
    return RunFigures(last, lumi)


def notes_of(page: LumisectionsPage) -> list[str]:
    """Return the notes of a page: of the rows, of their sum beside the run, of the flags, of the last request."""
    notes = [*page.reading.problems, *_differences(page, page.reading.last)] if page.reading else []
    if number := page.summary.unknown_lumis:
        notes.append(f"The luminosity of {number} lumisection{'s' if number > 1 else ''} is unknown.")
    if page.flags and page.flags.damage:
        notes.append(page.flags.damage)
    return [*notes, page.problem] if page.problem and page.reading and page.reading.last else notes


def _differences(page: LumisectionsPage, last: int) -> Iterator[str]:
    run, lumi = page.run_figures, page.summary.lumi
    if run.last is not None and last < run.last:
        yield f"The rows end at {last}; OMS gives {run.last} as the last lumisection."
    if lumi is None or run.recorded_lumi is None:
        return
    if not isclose(lumi, run.recorded_lumi, rel_tol=LUMI_SHARE, abs_tol=LUMI_SHOWN):
        texts = lumi_text(lumi, [run.recorded_lumi]), lumi_text(run.recorded_lumi, [lumi])
        yield f"The lumisections add up to {texts[0]}; OMS gives {texts[1]} for the run."

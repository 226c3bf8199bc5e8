"""The numbers of reports, each computed here and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from certify.choices import Verdict
from reports.lines import Line


@dataclass(frozen=True)
class Sum:
    """Of some certifications: how many, of how many runs, lumisections, recorded luminosity (1/pb).

    `unknown_lumisections` and `unknown_lumi` say how many certifications have none, and so add nothing.
    """

    certifications: int
    runs: int
    lumisections: int
    recorded_lumi: float
    unknown_lumisections: int
    unknown_lumi: int


def sum_of(lines: Iterable[Line]) -> Sum:
    """The sum of these lines. A run counts once in `runs`, and with each of its reconstructions in the rest."""
    lines = list(lines)
    return Sum(
        certifications=len(lines),
        runs=len({line.run_number for line in lines}),
        lumisections=sum(line.lumisections or 0 for line in lines),
        recorded_lumi=math.fsum(line.recorded_lumi or 0.0 for line in lines),
        unknown_lumisections=sum(line.lumisections is None for line in lines),
        unknown_lumi=sum(line.recorded_lumi is None for line in lines),
    )


def with_verdict(lines: Iterable[Line], verdict: Verdict) -> list[Line]:
    """Those of the lines that came to this verdict."""
    return [line for line in lines if line.verdict == verdict.value]


def sums_by_verdict(lines: Iterable[Line]) -> dict[Verdict, Sum]:
    """The sum of each verdict there is, in the order of every page."""
    lines = list(lines)
    found = {verdict: with_verdict(lines, verdict) for verdict in Verdict}
    return {verdict: sum_of(some) for verdict, some in found.items() if some}

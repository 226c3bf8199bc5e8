"""Defects planted in the histograms, described in docs/sandbox.md. Everything else is as good as in any run."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

ABSENT_RUN = 315490
EXPRESS_ONLY_RUN = 316082
PARTLY_INGESTED = {315264: 0.6}
FEW_ENTRIES_RUN, FEW_ENTRIES_FACTOR = 315265, 0.002
OTHER_BINNING_RUN, OTHER_BINS = 315363, 50
REBINNED = frozenset({"charge", "signal"})
MISSING_IN_RUN, MISSING_ELEMENT = 315267, "Chi2oNDF_GenTk"
# Run and first lumisection.
DEAD_SECTOR_SINCE = (315357, 300)
LOW_SIGNAL_SINCE, LOW_SIGNAL = (315339, 200), 0.86
FEW_TRACKS_SINCE, FEW_TRACKS, FEW_HITS = (315543, 60), 0.72, 0.912
PHI_HOLE = (0.8, 2.0)
# The rest of the loss of tracks, outside the hole: 0.72 / (1 - 1.2 / 6.28).
OUTSIDE_HOLE = 0.89
# Flags of machine learning.
DETECTOR_OFF_RUN = 315366
ISOLATED = (315556, (9, 17, 23))
# Relative spread (rms) of the charge from run to run, as that of good runs of 2018.
CHARGE_SPREAD = 0.006

TRACK_FAMILIES = frozenset({"hits", "chi2", "eta", "pt", "distance"})
HOLE_FAMILIES = frozenset({"phi", "eta-phi"})


@dataclass(frozen=True)
class Variation:
    """How an element differs from its usual form.

    `stretch` multiplies the quantity on the x axis (the charge of a cluster, the tracks of an event), `amount` the
    number of entries; `bins` replaces the number of bins; `has_hole` empties the sector or the range of phi.
    """

    stretch: float = 1.0
    amount: float = 1.0
    bins: int | None = None
    has_hole: bool = False


USUAL = Variation()


def _is_since(since: tuple[int, int], run_number: int, lumisection: int) -> bool:
    return run_number == since[0] and lumisection >= since[1]


@lru_cache(maxsize=1024)
def _gain(dataset_id: int, run_number: int) -> float:
    """Return the drift of the charge: of the run, and a little of its reconstruction."""
    drift = random.Random(run_number).gauss(0, CHARGE_SPREAD)  # noqa: S311 - no secret
    return 1 + max(-2 * CHARGE_SPREAD, min(2 * CHARGE_SPREAD, drift)) + 0.0005 * (dataset_id % 3)


def has_element(family_name: str, run_number: int) -> bool:
    """Return whether the run has the element whose name ends so."""
    return run_number != MISSING_IN_RUN or not family_name.endswith(MISSING_ELEMENT)


def variation(family: str, layer: int, dataset_id: int, run_number: int, lumisection: int) -> Variation:
    """Return how an element of this family differs in a lumisection. `layer` counts for maps of clusters only."""
    stretch, amount, has_hole = 1.0, 1.0, False
    if family == "charge":
        stretch = _gain(dataset_id, run_number)
    elif family == "signal" and _is_since(LOW_SIGNAL_SINCE, run_number, lumisection):
        stretch = LOW_SIGNAL
    elif family == "map":
        has_hole = layer == 1 and _is_since(DEAD_SECTOR_SINCE, run_number, lumisection)
    elif _is_since(FEW_TRACKS_SINCE, run_number, lumisection):
        stretch, amount, has_hole = _of_few_tracks(family)
    if run_number == FEW_ENTRIES_RUN:
        amount *= FEW_ENTRIES_FACTOR
    bins = OTHER_BINS if run_number == OTHER_BINNING_RUN and family in REBINNED else None
    return Variation(stretch, amount, bins, has_hole)


def _of_few_tracks(family: str) -> tuple[float, float, bool]:
    """Return stretch, amount and hole where tracks are lost."""
    if family in HOLE_FAMILIES:
        return 1.0, OUTSIDE_HOLE, True
    if family == "tracks":
        return FEW_TRACKS, 1.0, False
    return (FEW_HITS if family == "hits" else 1.0), (FEW_TRACKS if family in TRACK_FAMILIES else 1.0), False

"""Which dataset of DIALS belongs to a dataset of Run Registry. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dials.wire_types import RunInDataset

_EXPRESS = re.compile(r"/Stream(HI)?Express[^/]*/[^/]+-Express-v\d+/DQMIO")
_PROMPT = re.compile(r"/(ZeroBias|HI)[^/]*/[^/]+-PromptReco-v\d+/DQMIO")
_RERECO = re.compile(r"/(ZeroBias|HI)[^/]*/[^/]+?-(?P<campaign>[^/]+)-v\d+/DQMIO")
_VERSION = re.compile(r"-v(\d+)/")
_UL = re.compile(r"(?<![A-Za-z])UL(?![a-z])")


def can_be_in_dials(registry_name: str) -> bool:
    """Return whether DIALS takes datasets of this kind: those of collisions, offline. It never has cosmics."""
    parts = registry_name.split("/")
    if len(parts) != 4 or parts[1] not in ("Express", "PromptReco", "ReReco"):
        return False
    return "cosmics" not in registry_name.lower()


def matching_dataset(registry_name: str, candidates: Iterable[RunInDataset]) -> RunInDataset | None:
    """Return the run in the dataset of the same reconstruction, the newest version of several; None if there is none.

    `registry_name`: such as /PromptReco/Collisions2018A/DQM.
    """
    if not can_be_in_dials(registry_name):
        return None
    fitting = [candidate for candidate in candidates if _fits(registry_name, candidate.dataset)]
    return max(fitting, key=_preference, default=None)


def _fits(registry_name: str, dataset: str) -> bool:
    _, reconstruction, processing, _ = registry_name.split("/")
    if reconstruction == "Express":
        return bool(_EXPRESS.fullmatch(dataset))
    if reconstruction == "PromptReco":
        return bool(_PROMPT.fullmatch(dataset))
    match = _RERECO.fullmatch(dataset)
    if match is None or _PROMPT.fullmatch(dataset):
        return False
    campaign = processing.partition("_")[2]
    if _UL.search(campaign):
        return bool(_UL.search(match["campaign"]))  # their years differ: UL2019 is 12Nov2019_UL2018
    return bool(campaign) and campaign in match["campaign"] and not _UL.search(match["campaign"])


def _preference(candidate: RunInDataset) -> tuple[bool, int, int]:
    version = _VERSION.search(candidate.dataset)
    is_zero_bias = candidate.dataset.startswith("/ZeroBias/")
    return is_zero_bias, int(version[1]) if version else 0, candidate.lumisection_count

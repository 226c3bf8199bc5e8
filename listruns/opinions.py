"""What others judged of a certified reconstruction, and Run Registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certify.opinions import OtherOpinions, other_opinions, registry_opinions
from certify.ranges.registry_comparison import RunDatasetKey, compare_with_stored

if TYPE_CHECKING:
    from datetime import datetime

    from certify.models import TrackerCertification


def certification_opinions(certification: TrackerCertification, as_of: datetime | None) -> OtherOpinions:
    """Return what others judge now, and Run Registry when it was certified; of a historical version only the latter.

    Bad lumisections are compared with those of Run Registry that were read last.
    """
    registry = certification.facts.get("registry", {}).get("flags") or {}
    flags = {component_flag.component: component_flag for component_flag in certification.component_flags}
    if as_of:
        return OtherOpinions([], registry_opinions(registry, flags))
    run, training_of = certification.runreconstruction.run, certification.training_of
    dataset = certification.dataset.name if certification.dataset else ""
    key = RunDatasetKey(certification.run_number, certification.reconstruction, dataset)
    by_lumisection = compare_with_stored(key, registry, certification.component_flags, certification.lumisections)
    return other_opinions(run, certification.reconstruction, registry, flags, training_of, by_lumisection)

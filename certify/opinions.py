"""What others judged of a run: its other reconstructions, the neighbouring run of its fill, Run Registry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils import timezone

from certify.models.choices import Reconstruction
from certify.models.components import Component, ComponentFlag
from certify.ranges.registry_comparison import StoredComparison
from certify.selectors import certifications_of_fill

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from certify.models import TrackerCertification
    from certify.rules.registry_ranges import RangesComparison
    from oms.models import OmsRun

NOT_COMPARED = StoredComparison()


@dataclass(frozen=True)
class CertificationOpinion:
    """The verdict of another certification. `time`: of its last change (UTC), with the day unless it is today.

    `out`: what is out of it, as text. `comment`: its comment; empty for a neighbouring run.
    """

    label: str
    pk: int
    name: str
    verdict: str
    time: str
    people: str
    out: str
    comment: str = ""


@dataclass(frozen=True)
class RegistryOpinion:
    """The status of one component in Run Registry, with the number of lumisections if it is mixed.

    `is_different`: the status differs from the flag. `ranges`: how it compares with the bad lumisections of the
    certification, if it has any.
    """

    label: str
    text: str
    is_different: bool
    ranges: RangesComparison | None = None


@dataclass(frozen=True)
class OtherOpinions:
    """All opinions on a run and reconstruction other than the certification itself.

    `lumisections_time`: when the lumisections of Run Registry were read, if they are compared (UTC); or empty.
    """

    certifications: list[CertificationOpinion]
    registry: list[RegistryOpinion]
    lumisections_time: str = ""


def other_opinions(
    run: OmsRun,
    reconstruction: str,
    registry_flags: Mapping[str, str],
    component_flags: Mapping[Component, ComponentFlag],
    training_of: int | None = None,
    by_lumisection: StoredComparison = NOT_COMPARED,
) -> OtherOpinions:
    """Return the opinions, with one query. `registry_flags`: status in Run Registry by component."""
    rows = certifications_of_fill(run.run_number, run.fill_id, reconstruction, training_of)
    others = [row for row in rows if row.run_number == run.run_number and row.reconstruction != reconstruction]
    order = list(Reconstruction.values)
    opinions = [
        replace(_opinion(row, Reconstruction(row.reconstruction).label), comment=row.comment)
        for row in sorted(others, key=lambda row: order.index(row.reconstruction))
    ]
    if neighbour := _neighbour(run.run_number, rows):
        position = "Last" if neighbour.run_number < run.run_number else "Next"
        opinions.insert(0, _opinion(neighbour, f"{position} run of this fill"))
    time = _time_text(by_lumisection.read_at) if by_lumisection.read_at else ""
    return OtherOpinions(opinions, registry_opinions(registry_flags, component_flags, by_lumisection), time)


def registry_opinions(
    registry_flags: Mapping[str, str],
    component_flags: Mapping[Component, ComponentFlag],
    by_lumisection: StoredComparison = NOT_COMPARED,
) -> list[RegistryOpinion]:
    """Return the status of each component in Run Registry, an empty list if Run Registry did not answer."""
    return [
        _registry_opinion(
            component,
            registry_flags[component],
            component_flags.get(component),
            by_lumisection.by_component.get(component),
        )
        for component in Component
        if component in registry_flags
    ]


def _registry_opinion(
    component: Component, status: str, ours: ComponentFlag | None, ranges: RangesComparison | None
) -> RegistryOpinion:
    """Compare one component. A status differs from a flag only if it is a flag itself."""
    if ranges is not None:
        return RegistryOpinion(str(component.label), status, is_different=False, ranges=ranges)
    is_different = ours is not None and status in ("good", "bad", "excluded") and status != ours.flag
    return RegistryOpinion(str(component.label), status, is_different)


def _neighbour(run_number: int, rows: Iterable[TrackerCertification]) -> TrackerCertification | None:
    """Return the certification of the nearest earlier run of the fill, else that of the nearest later one."""
    others = [row for row in rows if row.run_number != run_number]
    key = {row.pk: (row.run_number > run_number, abs(row.run_number - run_number)) for row in others}
    return min(others, key=lambda row: key[row.pk], default=None)


def _opinion(row: TrackerCertification, label: str) -> CertificationOpinion:
    return CertificationOpinion(
        label=label,
        pk=row.pk,
        name=str(row.runreconstruction),
        verdict=row.verdict_word,
        time=_time_text(row.updated_at),
        people=row.people,
        out=row.out.text,
    )


def _time_text(moment: datetime) -> str:
    is_today = moment.date() == timezone.now().date()
    return f"{moment:%H:%M} UTC" if is_today else f"{moment:%Y-%m-%d %H:%M} UTC"

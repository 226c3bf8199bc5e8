"""What others judged of a run: its other reconstructions, the neighbouring run of its fill, Run Registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from certify.models.choices import Reconstruction
from certify.models.components import Component, ComponentFlag
from certify.selectors import certifications_of_fill

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from certify.models import TrackerCertification
    from oms.models import OmsRun


@dataclass(frozen=True)
class CertificationOpinion:
    """The verdict of another certification. `time`: of its last change (UTC), with the day unless it is today."""

    label: str
    pk: int
    name: str
    verdict: str
    time: str
    editor_name: str


@dataclass(frozen=True)
class RegistryOpinion:
    """The status of one component in Run Registry, with lumisections if it is mixed."""

    label: str
    text: str
    is_different: bool


@dataclass(frozen=True)
class OtherOpinions:
    """All opinions on a run and reconstruction other than the certification itself."""

    certifications: list[CertificationOpinion]
    registry: list[RegistryOpinion]


def other_opinions(
    run: OmsRun,
    reconstruction: str,
    registry_flags: Mapping[str, str],
    component_flags: Mapping[Component, ComponentFlag],
    training_of: int | None = None,
) -> OtherOpinions:
    """Return the opinions, with one query. `registry_flags`: status in Run Registry by component."""
    rows = certifications_of_fill(run.run_number, run.fill_id, reconstruction, training_of)
    others = [row for row in rows if row.run_number == run.run_number and row.reconstruction != reconstruction]
    order = list(Reconstruction.values)
    opinions = [
        _opinion(row, Reconstruction(row.reconstruction).label)
        for row in sorted(others, key=lambda row: order.index(row.reconstruction))
    ]
    if neighbour := _neighbour(run.run_number, rows):
        position = "Last" if neighbour.run_number < run.run_number else "Next"
        opinions.insert(0, _opinion(neighbour, f"{position} run of this fill"))
    return OtherOpinions(opinions, registry_opinions(registry_flags, component_flags))


def registry_opinions(
    registry_flags: Mapping[str, str], component_flags: Mapping[Component, ComponentFlag]
) -> list[RegistryOpinion]:
    """Return the status of each component in Run Registry, an empty list if Run Registry did not answer.

    A status differs from a flag only if it is a flag itself.
    """
    flags = {component: component_flags[component].flag for component in component_flags}
    return [
        RegistryOpinion(
            label=str(component.label),
            text=registry_flags[component],
            is_different=registry_flags[component] in ("good", "bad", "excluded")
            and registry_flags[component] != flags.get(component, registry_flags[component]),
        )
        for component in Component
        if component in registry_flags
    ]


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
        editor_name=(row.updated_by or row.user).display_name,
    )


def _time_text(moment: datetime) -> str:
    is_today = moment.date() == timezone.now().date()
    return f"{moment:%H:%M} UTC" if is_today else f"{moment:%Y-%m-%d %H:%M} UTC"

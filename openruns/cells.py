"""How far each reconstruction of a run is: the cells of the open runs table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.urls import reverse

from certify.editor.worklist import datasets_by_reconstruction
from certify.models import TrackerCertification
from certify.models.choices import Reconstruction
from drafts.selectors import PresenceEntry
from openruns.choices import CLOSED_STATE_TEXTS, ReconstructionStatus
from registry.parsing import RegistryDataset
from users.models import User

CellKey = tuple[int, str]


@dataclass(frozen=True)
class OpenRunCell:
    """One reconstruction of one run. Without a `status` there is no dataset, or nobody knows.

    `presence`: (label, tooltip) of who has its form open and whose drafts there are.
    """

    reconstruction: str
    status: ReconstructionStatus | None
    label: str
    tooltip: str
    css_class: str = ""
    url: str = ""
    presence: tuple[tuple[str, str], ...] = ()


class OpenRunCellBuilder:
    """Makes the cells of a search from the datasets of Run Registry and the certifications here.

    `datasets` is None while Run Registry is out. A certification here counts before what Run Registry says.
    """

    def __init__(
        self,
        search: str,
        user: User,
        certifications: dict[CellKey, TrackerCertification],
        datasets: Iterable[RegistryDataset] | None,
        presence: dict[CellKey, list[PresenceEntry]] | None = None,
    ):
        self.search = search
        self.user = user
        self.certifications = certifications
        self.datasets = datasets_by_reconstruction(datasets or [])
        self.is_registry_unavailable = datasets is None
        self.presence = presence or {}

    def has_data(self, run_number: int) -> bool:
        """Whether there is anything to show of the run."""
        keys = [(run_number, reconstruction) for reconstruction in Reconstruction.values]
        return any(key in self.datasets or key in self.certifications for key in keys)

    def of_run(self, run_number: int) -> tuple[OpenRunCell, ...]:
        cells = (self._build_cell(run_number, reconstruction) for reconstruction in Reconstruction.values)
        return tuple(self._with_presence(run_number, cell) for cell in cells)

    def _with_presence(self, run_number: int, cell: OpenRunCell) -> OpenRunCell:
        """With who else has it open and whose drafts there are, one mark a person."""
        found = self.presence.get((run_number, cell.reconstruction))
        if not found:
            return cell
        told = sorted((mark for mark in found if self._is_relevant(mark, cell)), key=lambda mark: not mark.is_draft)
        drafts = {mark.user_id for mark in told if mark.is_draft}
        of_person = {
            mark.user_id: _presence_text(replace(mark, has_draft=mark.user_id in drafts), self.user) for mark in told
        }
        return replace(cell, presence=tuple(of_person.values()))

    def _is_relevant(self, mark: PresenceEntry, cell: OpenRunCell) -> bool:
        """One's own open form says nothing new, and another's draft nothing where somebody has certified it."""
        if mark.user_id == self.user.pk:
            return mark.is_draft
        return not mark.is_draft or cell.status not in (ReconstructionStatus.MINE, ReconstructionStatus.CERTIFIED)

    def manual_url(self, run_number: int) -> str:
        """Where the run is certified without Run Registry."""
        return f"{reverse('certify:certify-run', args=[run_number])}?{urlencode({'runs': self.search})}"

    def _build_cell(self, run_number: int, reconstruction: str) -> OpenRunCell:
        key = run_number, reconstruction
        if certification := self.certifications.get(key):
            return self._certified_cell(certification)
        if dataset := self.datasets.get(key):
            is_offered = dataset.is_open or self.user.in_training
            return self._open_cell(dataset, reconstruction) if is_offered else _closed_cell(dataset, reconstruction)
        if self.is_registry_unavailable:
            return OpenRunCell(reconstruction, None, "?", "Not known while Run Registry is out")
        return OpenRunCell(reconstruction, None, "-", "No dataset")

    def _open_cell(self, dataset: RegistryDataset, reconstruction: str) -> OpenRunCell:
        address = reverse("certify:certify-reconstruction", args=[dataset.run_number, reconstruction])
        query = urlencode({"dataset": dataset.name, "runs": self.search})
        return OpenRunCell(
            reconstruction,
            ReconstructionStatus.OPEN,
            "open",
            f"Certify {dataset.name}",
            "is-open",
            f"{address}?{query}",
        )

    def _certified_cell(self, certification: TrackerCertification) -> OpenRunCell:
        """Mine and, for a shift leader, everybody's leads to its change; anybody else's to its page."""
        is_mine = certification.user_id == self.user.pk
        page = "listruns:update" if is_mine or self.user.may_change_others else "listruns:certification"
        who, since = certification.user.display_name, ", stale" if certification.is_stale else ""
        if certification.is_practice:
            return self._practice_cell(certification)
        return OpenRunCell(
            reconstruction=certification.reconstruction,
            status=ReconstructionStatus.MINE if is_mine else ReconstructionStatus.CERTIFIED,
            label="mine" if is_mine else who,
            tooltip=f"Certified {certification.verdict} by {who} for {certification.date}{since}",
            css_class=f"is-{certification.verdict} is-stale"
            if certification.is_stale
            else f"is-{certification.verdict}",
            url=reverse(page, args=[certification.pk]),
        )

    def _practice_cell(self, certification: TrackerCertification) -> OpenRunCell:
        """What the person certified in training; nobody else's practice comes here."""
        return OpenRunCell(
            reconstruction=certification.reconstruction,
            status=ReconstructionStatus.MINE,
            label="practice",
            tooltip=f"Your practice: {certification.verdict}, for {certification.date}",
            css_class=f"is-{certification.verdict} is-practice",
            url=reverse("listruns:update", args=[certification.pk]),
        )


def _presence_text(mark: PresenceEntry, reader: User) -> tuple[str, str]:
    """What a mark says in a cell, and at length."""
    if mark.is_draft:
        whose = "your draft" if mark.user_id == reader.pk else f"draft {mark.name}"
        return whose, f"Draft of {mark.name}, {mark.at:%Y-%m-%d %H:%M:%S} UTC"
    since = f"{mark.name} has it open since {mark.at:%H:%M:%S} UTC"
    if mark.has_draft:
        return f"{mark.name} {mark.at:%H:%M}, draft", f"{since}, with a draft"
    return f"{mark.name} {mark.at:%H:%M}", since


def _closed_cell(dataset: RegistryDataset, reconstruction: str) -> OpenRunCell:
    state = dataset.state or ""
    word = "waiting" if state.startswith("waiting") else "closed"
    meaning = CLOSED_STATE_TEXTS.get(state, f"is {state} in Run Registry")
    return OpenRunCell(reconstruction, ReconstructionStatus.CLOSED, word, f"{dataset.name} {meaning}", "is-closed")

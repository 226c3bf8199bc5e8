"""Cells of the open runs table: the status of each reconstruction of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

from certify.editor.worklist import datasets_by_reconstruction
from certify.models.choices import Reconstruction
from openruns.choices import CLOSED_STATE_TEXTS, ReconstructionStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from certify.models import TrackerCertification
    from drafts.selectors import PresenceEntry
    from registry.parsing import RegistryDataset
    from users.models import User

CellKey = tuple[int, str]


@dataclass(frozen=True)
class OpenRunCell:
    """One reconstruction of one run. `status` is None if there is no dataset or Run Registry is unreachable.

    `presence` holds (label, tooltip) for each user who has the form open or a draft of it; `is_open_elsewhere`:
    whether another user has it open.
    """

    reconstruction: str
    status: ReconstructionStatus | None
    label: str
    tooltip: str
    css_class: str = ""
    url: str = ""
    presence: tuple[tuple[str, str], ...] = ()
    is_open_elsewhere: bool = False


class OpenRunCellBuilder:
    """Builds the cells of a search from the datasets of Run Registry and our certifications.

    `datasets` is None if Run Registry is unreachable. A certification takes precedence over the state of the dataset.
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
        """Return whether the run has a dataset or a certification."""
        keys = [(run_number, reconstruction) for reconstruction in Reconstruction.values]
        return any(key in self.datasets or key in self.certifications for key in keys)

    def of_run(self, run_number: int) -> tuple[OpenRunCell, ...]:
        """Return the cells of a run, in the order of `Reconstruction`."""
        cells = (self._build_cell(run_number, reconstruction) for reconstruction in Reconstruction.values)
        return tuple(self._with_presence(run_number, cell) for cell in cells)

    def _with_presence(self, run_number: int, cell: OpenRunCell) -> OpenRunCell:
        """Return the cell with its open forms and drafts, one text for each user."""
        entries = [
            entry
            for entry in self.presence.get((run_number, cell.reconstruction), [])
            if self._is_relevant(entry, cell)
        ]
        if not entries:
            return cell
        drafts_first = sorted(entries, key=lambda entry: not entry.is_draft)
        users_with_draft = {entry.user_id for entry in entries if entry.is_draft}
        text_by_user = {
            entry.user_id: _presence_text(replace(entry, has_draft=entry.user_id in users_with_draft), self.user)
            for entry in drafts_first
        }
        is_open_elsewhere = any(entry.user_id != self.user.pk and not entry.is_draft for entry in entries)
        return replace(cell, presence=tuple(text_by_user.values()), is_open_elsewhere=is_open_elsewhere)

    def _is_relevant(self, entry: PresenceEntry, cell: OpenRunCell) -> bool:
        """Return False for open forms of the same user, and for drafts of others of a certified reconstruction."""
        if entry.user_id == self.user.pk:
            return entry.is_draft
        return not entry.is_draft or cell.status not in (ReconstructionStatus.MINE, ReconstructionStatus.CERTIFIED)

    def manual_url(self, run_number: int) -> str:
        """Return the URL of the form that certifies the run without Run Registry."""
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
        """Return a cell that links to the form if the user may change the certification, else to its page."""
        is_mine = certification.user_id == self.user.pk
        page = "listruns:update" if is_mine or self.user.may_change_others else "listruns:certification"
        name = certification.user.display_name
        suffix = f"{', stale' if certification.is_stale else ''}{_out_suffix(certification)}"
        if certification.is_practice:
            return self._practice_cell(certification)
        return OpenRunCell(
            reconstruction=certification.reconstruction,
            status=ReconstructionStatus.MINE if is_mine else ReconstructionStatus.CERTIFIED,
            label="mine" if is_mine else name,
            tooltip=f"Certified {certification.verdict} by {name} for {certification.date}{suffix}",
            css_class=f"is-{certification.verdict} is-stale"
            if certification.is_stale
            else f"is-{certification.verdict}",
            url=self._with_search(reverse(page, args=[certification.pk])),
        )

    def _with_search(self, address: str) -> str:
        """Return the URL with the search, into which a change leads back."""
        return f"{address}?{urlencode({'runs': self.search})}" if self.search else address

    def _practice_cell(self, certification: TrackerCertification) -> OpenRunCell:
        """Return the cell of a certification that the user made in training. Those of others are not selected."""
        return OpenRunCell(
            reconstruction=certification.reconstruction,
            status=ReconstructionStatus.MINE,
            label="practice",
            tooltip=f"Your practice: {certification.verdict}, for {certification.date}{_out_suffix(certification)}",
            css_class=f"is-{certification.verdict} is-practice",
            url=self._with_search(reverse("listruns:update", args=[certification.pk])),
        )


def _out_suffix(certification: TrackerCertification) -> str:
    """Return ", 15 of 655 LS and 1.200 /pb out", or an empty text."""
    out = certification.out.text
    return f", {out}" if out else ""


def _presence_text(entry: PresenceEntry, reader: User) -> tuple[str, str]:
    """Return the label and the tooltip of an open form or draft."""
    if entry.is_draft:
        label = "your draft" if entry.user_id == reader.pk else f"draft {entry.name}"
        return label, f"Draft of {entry.name}, {entry.at:%Y-%m-%d %H:%M:%S} UTC"
    tooltip = f"{entry.name} has it open since {entry.at:%H:%M:%S} UTC"
    if entry.has_draft:
        return f"{entry.name} {entry.at:%H:%M}, draft", f"{tooltip}, with a draft"
    return f"{entry.name} {entry.at:%H:%M}", tooltip


def _closed_cell(dataset: RegistryDataset, reconstruction: str) -> OpenRunCell:
    state = dataset.state or ""
    label = "waiting" if state.startswith("waiting") else "closed"
    state_text = CLOSED_STATE_TEXTS.get(state, f"is {state} in Run Registry")
    return OpenRunCell(reconstruction, ReconstructionStatus.CLOSED, label, f"{dataset.name} {state_text}", "is-closed")

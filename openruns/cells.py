"""How far each reconstruction of a run is: the cells of the open runs table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.urls import reverse

from certify.editor.worklist import datasets_by_reconstruction
from certify.models import TrackerCertification
from certify.models.choices import Reconstruction
from drafts.selectors import Mark
from openruns.choices import CLOSED_MEANINGS, Stand
from registry.parsing import RegistryDataset
from users.models import User

Key = tuple[int, str]


@dataclass(frozen=True)
class Cell:
    """One reconstruction of one run. Without a `stand` there is no dataset, or nobody knows.

    `marks` are (word, meaning) of who has its form open and whose drafts there are.
    """

    reconstruction: str
    stand: Stand | None
    word: str
    meaning: str
    look: str = ""
    address: str = ""
    marks: tuple[tuple[str, str], ...] = ()


class Cells:
    """Makes the cells of a search from the datasets of Run Registry and the certifications here.

    `datasets` is None while Run Registry is out. A certification here counts before what Run Registry says.
    """

    def __init__(
        self,
        search: str,
        user: User,
        certifications: dict[Key, TrackerCertification],
        datasets: Iterable[RegistryDataset] | None,
        marks: dict[Key, list[Mark]] | None = None,
    ):
        self.search = search
        self.user = user
        self.certifications = certifications
        self.datasets = datasets_by_reconstruction(datasets or [])
        self.is_registry_out = datasets is None
        self.marks = marks or {}

    def has_any(self, run_number: int) -> bool:
        """Whether there is anything to show of the run."""
        keys = [(run_number, reconstruction) for reconstruction in Reconstruction.values]
        return any(key in self.datasets or key in self.certifications for key in keys)

    def of_run(self, run_number: int) -> tuple[Cell, ...]:
        cells = (self._cell(run_number, reconstruction) for reconstruction in Reconstruction.values)
        return tuple(self._marked(run_number, cell) for cell in cells)

    def _marked(self, run_number: int, cell: Cell) -> Cell:
        """With who else has it open and whose drafts there are, one mark a person."""
        found = self.marks.get((run_number, cell.reconstruction))
        if not found:
            return cell
        told = sorted((mark for mark in found if self._counts(mark, cell)), key=lambda mark: not mark.is_draft)
        drafts = {mark.person for mark in told if mark.is_draft}
        of_person = {mark.person: _in_words(replace(mark, has_draft=mark.person in drafts), self.user) for mark in told}
        return replace(cell, marks=tuple(of_person.values()))

    def _counts(self, mark: Mark, cell: Cell) -> bool:
        """One's own open form says nothing new, and another's draft nothing where somebody has certified it."""
        if mark.person == self.user.pk:
            return mark.is_draft
        return not mark.is_draft or cell.stand not in (Stand.MINE, Stand.CERTIFIED)

    def by_hand(self, run_number: int) -> str:
        """Where the run is certified without Run Registry."""
        return f"{reverse('certify:certify-run', args=[run_number])}?{urlencode({'runs': self.search})}"

    def _cell(self, run_number: int, reconstruction: str) -> Cell:
        key = run_number, reconstruction
        if certification := self.certifications.get(key):
            return self._certified(certification)
        if dataset := self.datasets.get(key):
            is_offered = dataset.is_open or self.user.in_training
            return self._open(dataset, reconstruction) if is_offered else _closed(dataset, reconstruction)
        if self.is_registry_out:
            return Cell(reconstruction, None, "?", "Not known while Run Registry is out")
        return Cell(reconstruction, None, "-", "No dataset")

    def _open(self, dataset: RegistryDataset, reconstruction: str) -> Cell:
        address = reverse("certify:certify-reconstruction", args=[dataset.run_number, reconstruction])
        query = urlencode({"dataset": dataset.name, "runs": self.search})
        return Cell(reconstruction, Stand.OPEN, "open", f"Certify {dataset.name}", "is-open", f"{address}?{query}")

    def _certified(self, certification: TrackerCertification) -> Cell:
        """Mine and, for a shift leader, everybody's leads to its change; anybody else's to its page."""
        is_mine = certification.user_id == self.user.pk
        page = "listruns:update" if is_mine or self.user.may_change_others else "listruns:certification"
        who, since = certification.user.display_name, ", stale" if certification.is_stale else ""
        if certification.is_practice:
            return self._practised(certification)
        return Cell(
            reconstruction=certification.reconstruction,
            stand=Stand.MINE if is_mine else Stand.CERTIFIED,
            word="mine" if is_mine else who,
            meaning=f"Certified {certification.verdict} by {who} for {certification.date}{since}",
            look=f"is-{certification.verdict} is-stale" if certification.is_stale else f"is-{certification.verdict}",
            address=reverse(page, args=[certification.pk]),
        )

    def _practised(self, own: TrackerCertification) -> Cell:
        """What the person certified in training; nobody else's practice comes here."""
        return Cell(
            reconstruction=own.reconstruction,
            stand=Stand.MINE,
            word="practice",
            meaning=f"Your practice: {own.verdict}, for {own.date}",
            look=f"is-{own.verdict} is-practice",
            address=reverse("listruns:update", args=[own.pk]),
        )


def _in_words(mark: Mark, reader: User) -> tuple[str, str]:
    """What a mark says in a cell, and at length."""
    if mark.is_draft:
        whose = "your draft" if mark.person == reader.pk else f"draft {mark.name}"
        return whose, f"Draft of {mark.name}, {mark.at:%Y-%m-%d %H:%M:%S} UTC"
    since = f"{mark.name} has it open since {mark.at:%H:%M:%S} UTC"
    if mark.has_draft:
        return f"{mark.name} {mark.at:%H:%M}, draft", f"{since}, with a draft"
    return f"{mark.name} {mark.at:%H:%M}", since


def _closed(dataset: RegistryDataset, reconstruction: str) -> Cell:
    state = dataset.state or ""
    word = "waiting" if state.startswith("waiting") else "closed"
    meaning = CLOSED_MEANINGS.get(state, f"is {state} in Run Registry")
    return Cell(reconstruction, Stand.CLOSED, word, f"{dataset.name} {meaning}", "is-closed")

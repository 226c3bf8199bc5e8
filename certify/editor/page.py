"""What the certify page shows, prepared: the template decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString

from certify.editor.choice_rows import (
    ChecklistRow,
    ComponentRow,
    ProblemsRow,
    checklist_rows,
    component_row,
    draw_problems,
    drawn_checklists,
    drawn_problems,
    problems_row,
)
from certify.editor.conflict import both_versions
from certify.editor.editor import Desk
from certify.editor.facts_panel import FactGroup, fact_groups
from certify.editor.form import OVER
from certify.editor.live_checks import Box, Comparison, boxes_of, comparison_of
from certify.editor.subject import Target
from certify.editor.widgets import Option, options_of, word_options
from certify.editor.worklist import Place, Search, Step
from certify.facts.snapshot import has_typed
from certify.models import TrackerCertification
from certify.models.choices import Component
from certify.references.explanation import why
from infrastructure.http.results import Found, sentences_of
from oms.choices import RunType
from registry.parsing import run_type_said
from users.models import User


@dataclass(frozen=True)
class CertifyPage:
    """All that the certify and update pages show."""

    desk: Desk
    facts: list[FactGroup]
    components: list[ComponentRow]
    problems: tuple[ProblemsRow, ...]
    trackermap: list[Option]
    references: list[Option]
    reasons: list[Option]
    checklists: tuple[ChecklistRow, ...]
    links: dict[str, str]
    dataset: str
    registry_state: str
    registry_asked: datetime | None
    notices: list[str] = field(default_factory=list)
    place: Place | None = None
    runs: str = ""
    theirs: TrackerCertification | None = None
    reader: User | None = None
    may_change_theirs: bool = False
    differences: list[tuple[str, str, str]] = field(default_factory=list)
    asked: dict[str, list[Box]] = field(default_factory=dict)
    comparison: Comparison | None = None

    @property
    def is_new(self) -> bool:
        return self.desk.standing is None

    @property
    def can_try_again(self) -> bool:
        """Whether opening the page once more loses nothing that was typed."""
        return not self.desk.form.is_bound

    @property
    def asks_for_facts(self) -> bool:
        """Whether some fact must be typed, so that the facts come first on a phone."""
        return any(line.needed for group in self.facts for line in group.lines)

    @property
    def has_typed(self) -> bool:
        """Whether somebody's value stands for the run or its fill."""
        return has_typed(self.desk.run)

    @property
    def last_hand(self) -> User | None:
        """Who saved last what was faster."""
        return (self.theirs.updated_by or self.theirs.user) if self.theirs else None

    @property
    def is_my_hand(self) -> bool:
        """Whether that was the reader, in another tab."""
        return bool(self.last_hand and self.reader and self.last_hand.pk == self.reader.pk)

    @property
    def is_theirs_mine(self) -> bool:
        """Whether the reader owns what stands, so that changing it needs no reason."""
        return bool(self.theirs and self.reader and self.theirs.user_id == self.reader.pk)

    @property
    def whose(self) -> str:
        """Who changes whose certification, said plainly; nothing when it is one's own."""
        standing = self.desk.standing
        if standing is None or self.reader is None or standing.user_id == self.reader.pk:
            return ""
        me, owner = self.reader.display_name, standing.user.display_name
        return f"You ({me}) are changing what {owner} certified. {owner} stays its owner; give a reason."

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What travels with the form unseen: what it was opened with. (name, value)"""
        form, ticket = self.desk.form, self.desk.ticket
        names = ["ticket", "version", "idempotency_key", "runs", *(["dataset"] if form["dataset"].is_hidden else [])]
        sent = [(name, form[name].value()) for name in names]
        told = [("reconstruction", ticket.reconstruction), ("external_info_complete", str(ticket.is_complete).lower())]
        if form.goes_over and not self.theirs:
            told.append((OVER, form.data[OVER]))
        return told + [(name, "" if value is None else str(value)) for name, value in sent]

    @property
    def has_reference(self) -> bool:
        return any(one.is_possible for one in self.desk.ranked)

    @property
    def why_reference(self) -> str:
        """Why the chosen reference ranks where it does."""
        return why(self.desk.ranked, self.desk.form["reference_runreconstruction"].value())

    @property
    def has_problems(self) -> bool:
        """Whether a component is bad, some problem is chosen or being added, so that they are shown unfolded."""
        chosen = any(option.is_chosen for row in self.problems for option in row.options)
        return chosen or bool(self.desk.new_words.get("problem")) or any(row.is_bad for row in self.components)

    @property
    def problems_html(self) -> SafeString:
        """The problems to choose from; drawn anew where one is being added."""
        adds = self.desk.new_words.get("problem")
        may_add = bool(adds) or not self.desk.ticket.practice_of
        return (draw_problems if adds else drawn_problems)(self.problems, self.has_problems, may_add, adds)

    @property
    def checklists_html(self) -> SafeString:
        return drawn_checklists(self.checklists) if self.checklists else SafeString()

    @property
    def previous_query(self) -> str:
        return _query(self.place.previous if self.place else None, self.runs)

    @property
    def next_query(self) -> str:
        return _query(self.place.next if self.place else None, self.runs)

    @property
    def leads_on(self) -> bool:
        """Whether a save leads to another open reconstruction of the search; at its end it begins at the top again."""
        return self.is_new and bool(self.place and (self.place.next or self.place.previous))


def _query(step: Step | None, runs: str) -> str:
    return urlencode({"dataset": step.dataset, "runs": runs}) if step else ""


def certify_page(
    desk: Desk,
    notices: list[str],
    *,
    runs: str = "",
    search: Search | None = None,
    theirs: TrackerCertification | None = None,
    reader: User | None = None,
) -> CertifyPage:
    """The page of this desk. `runs` and `search`: what one came from; `theirs`: the version that was faster."""
    form, ticket = desk.form, desk.ticket
    form.offer_references(desk.ranked)
    dataset = form["dataset"].value() or ""
    asked = boxes_of(desk)
    return CertifyPage(
        desk=desk,
        facts=fact_groups(desk),
        components=[component_row(form, component, asked.get(component, [])) for component in Component],
        problems=tuple(problems_row(desk, component) for component in Component),
        trackermap=options_of(form["trackermap"]),
        references=options_of(form["reference_runreconstruction"]),
        reasons=[Option("", "choose", False), *word_options(form["bad_reason"], desk.vocabulary)],
        checklists=checklist_rows(form),
        links=_links(desk),
        dataset=dataset,
        registry_state=ticket.registry_states.get(dataset) or "",
        registry_asked=parse_datetime(ticket.asked_at) if ticket.asked_at else None,
        notices=notices,
        place=search.place_of((ticket.run_number, ticket.reconstruction)) if search else None,
        runs=runs,
        theirs=theirs,
        reader=reader,
        may_change_theirs=bool(theirs and reader and theirs.may_be_changed_by(reader)),
        differences=both_versions(desk, theirs) if theirs else [],
        asked=asked,
        comparison=comparison_of(desk),
    )


def notices_of(target: Target) -> list[str]:
    """What is out, missing or odd, one sentence each, with what to do next."""
    out = sentences_of(target.registry, target.oms.run_answer, target.oms.fill_answer)
    return list(dict.fromkeys([*out, *_about_dataset(target), *_about_type(target)]))


def _about_dataset(target: Target) -> Iterator[str]:
    known = target.known_dataset
    if known and not known.is_open and not target.practice_of:
        what = f"has this dataset as {known.state}" if known.state else "gives no state of this dataset"
        yield f"Run Registry {what}: it is not open for Tracker."
    if not target.datasets and isinstance(target.registry, Found):
        yield (
            f"Run Registry has no {target.reconstruction} dataset of run {target.run_number}. "
            "Check the reconstruction; it is saved without a dataset."
        )


def _about_type(target: Target) -> Iterator[str]:
    """Run Registry's class and the dataset's name, where they say another run type than the facts do."""
    known, run = target.known_dataset, target.oms.run
    if known is None or run is None or run.run_type == RunType.UNKNOWN:
        return
    for what, words in (("class", known.run_class), ("dataset name", known.name)):
        said = run_type_said(words)
        if said and said != run.run_type:
            yield f"The run is {run.run_type} by its HLT key and beam, but Run Registry's {what} {words} says {said}."


def _links(desk: Desk) -> dict[str, str]:
    run, links = desk.run, settings.LINKS
    found = {"OMS": links["oms_run"].format(run=run.run_number), "Run Registry": links["registry"]}
    if run.fill_number:
        found["OMS fill"] = links["oms_fill"].format(fill=run.fill_number)
    return found | {"DQM GUI": links["dqm_gui"], "DIALS": links["dials"]}

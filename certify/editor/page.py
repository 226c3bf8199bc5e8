"""The content of the certify page, prepared so that the template has no logic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString

from certify.editor import like_express
from certify.editor.choice_rows import (
    ChecklistRow,
    ComponentRow,
    ProblemsRow,
    checklist_rows,
    component_row,
    problems_row,
    render_checklists,
    render_problems,
)
from certify.editor.evidence import form_evidence
from certify.editor.facts_panel import FactGroup, fact_groups
from certify.editor.form import OVERWRITE_FIELD
from certify.editor.live_checks import (
    ConfirmationBox,
    TwinComparison,
    confirmation_boxes,
    differences_from,
    twin_comparison,
)
from certify.editor.opinions import form_opinions
from certify.editor.pace import shift_pace, time_left
from certify.editor.range_rows import ranges_notes, ranges_offers
from certify.facts.snapshot import has_typed_values
from certify.models.choices import Flag
from certify.models.components import Component
from certify.references import apv_client
from certify.references.explanation import rank_reasons_text
from certify.vocabulary.widgets import Option, field_options, term_options

if TYPE_CHECKING:
    from datetime import datetime

    from certify.editor.editor import CertificationEditor
    from certify.editor.worklist import Search, SearchPlace, SearchStep
    from certify.evidence_links import EvidenceLink
    from certify.models import TrackerCertification
    from certify.opinions import OtherOpinions
    from users.models import User


@dataclass(frozen=True)
class CertifyPage:
    """The content of the certify and update pages.

    `time_left`: how long the open ones of the search take at the reader's pace, "" if unknown. `theirs`: a version
    that somebody saved while the form was open. `differences`: (label, theirs, input) that differ.
    """

    editor: CertificationEditor
    facts: list[FactGroup]
    components: list[ComponentRow]
    problems: tuple[ProblemsRow, ...]
    trackermap: list[Option]
    references: list[Option]
    reasons: list[Option]
    checklists: tuple[ChecklistRow, ...]
    evidence: list[EvidenceLink]
    dataset: str
    registry_state: str
    registry_asked: datetime | None
    notices: list[str] = field(default_factory=list)
    place: SearchPlace | None = None
    time_left: str = ""
    runs: str = ""
    theirs: TrackerCertification | None = None
    reader: User | None = None
    may_change_theirs: bool = False
    differences: list[tuple[str, str, str]] = field(default_factory=list)
    confirmations: dict[str, list[ConfirmationBox]] = field(default_factory=dict)
    comparison: TwinComparison | None = None
    opinions: OtherOpinions | None = None

    @property
    def is_new(self) -> bool:
        return self.editor.existing is None

    @property
    def can_try_again(self) -> bool:
        """Whether the page can be opened again without loss of input."""
        return not self.editor.form.is_bound

    @property
    def has_typed(self) -> bool:
        """Whether the run or its fill has typed values."""
        return has_typed_values(self.editor.run)

    @property
    def last_saved_by(self) -> User | None:
        """Who saved `theirs`."""
        return (self.theirs.updated_by or self.theirs.user) if self.theirs else None

    @property
    def is_last_saved_by_reader(self) -> bool:
        """Whether the reader saved `theirs`, in another tab."""
        return bool(self.last_saved_by and self.reader and self.last_saved_by.pk == self.reader.pk)

    @property
    def is_reader_owner(self) -> bool:
        """Whether the reader owns `theirs`, so that a change needs no reason."""
        return bool(self.theirs and self.reader and self.theirs.user_id == self.reader.pk)

    @property
    def may_send_question(self) -> bool:
        """Whether the reader may send their version as a question: not to themselves, and not in training."""
        return bool(self.theirs and self.reader and not self.is_reader_owner and not self.reader.in_training)

    @property
    def ownership_notice(self) -> str:
        """Sentence for a person who changes somebody else's certification; empty for the owner."""
        existing = self.editor.existing
        if existing is None or self.reader is None or existing.user_id == self.reader.pk:
            return ""
        me, owner = self.reader.display_name, existing.user.display_name
        return f"You ({me}) are changing what {owner} certified. {owner} stays its owner; give a reason."

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """(name, value) of the hidden fields."""
        form, form_context = self.editor.form, self.editor.form_context
        names = ["ticket", "version", "idempotency_key", "runs", *(["dataset"] if form["dataset"].is_hidden else [])]
        sent = [(name, form[name].value()) for name in names]
        hidden = [
            ("reconstruction", form_context.reconstruction),
            ("external_info_complete", str(form_context.is_complete).lower()),
        ]
        if self.is_like_express:
            hidden.append((like_express.FIELD, like_express.TAKEN))
        if form.is_overwrite and not self.theirs:
            hidden.append((OVERWRITE_FIELD, form.data[OVERWRITE_FIELD]))
        hidden += form.sent_usage if form.checklists.all else []
        return hidden + [(name, "" if value is None else str(value)) for name, value in sent]

    @property
    def offers_like_express(self) -> bool:
        """Whether "All like express" is offered: not once it is taken over."""
        return like_express.is_offered(self.editor) and not self.is_like_express

    @property
    def is_like_express(self) -> bool:
        """Whether flags, comment and kind of reference were taken over from the express certification."""
        return self.editor.form.is_bound and like_express.is_taken_over(self.editor.form.data)

    @property
    def has_reference(self) -> bool:
        return any(ranked.is_possible for ranked in self.editor.ranked)

    @property
    def reference_explanation(self) -> str:
        """The reasons for the rank of the chosen reference."""
        return rank_reasons_text(self.editor.ranked, self.editor.form["reference_runreconstruction"].value())

    @property
    def reference_number(self) -> str:
        """The run number of the chosen reference, empty for none."""
        return next((option.label.split()[0] for option in self.references if option.is_chosen), "")

    @property
    def has_open_reasons(self) -> bool:
        """Whether reason and problems are unfolded.

        A component is not good or has bad lumisections, or there is a choice or a term to add.
        """
        not_good = any(row.ranges or row.chosen not in ("", Flag.GOOD) for row in self.components)
        problems = (option for row in self.problems for option in row.options)
        reasons = (option for option in self.reasons if option.value)
        is_chosen = any(option.is_chosen for option in (*problems, *reasons))
        return not_good or is_chosen or any(self.editor.new_term_forms.values())

    @property
    def problems_html(self) -> SafeString:
        """The rendered problems, with the form that adds one."""
        new_term_form = self.editor.new_term_forms.get("problem")
        may_add = bool(new_term_form) or not self.editor.form_context.training_of
        return render_problems(self.problems, may_add, new_term_form)

    @property
    def checklists_html(self) -> SafeString:
        return render_checklists(self.checklists) if self.checklists else SafeString()

    @property
    def has_apv(self) -> bool:
        """Whether an APV service is configured."""
        return apv_client.is_enabled()

    @property
    def previous_query(self) -> str:
        return _step_query(self.place.previous if self.place else None, self.runs)

    @property
    def next_query(self) -> str:
        return _step_query(self.place.next if self.place else None, self.runs)

    @property
    def leads_to_next(self) -> bool:
        """Whether a save leads to another open reconstruction of the search, from the end to the top."""
        return self.is_new and bool(self.place and (self.place.next or self.place.previous))


def _step_query(step: SearchStep | None, runs: str) -> str:
    """The query of the form of `step`. Its dataset is not known while Run Registry is out."""
    return urlencode({**({"dataset": step.dataset} if step.dataset else {}), "runs": runs}) if step else ""


def _component_rows(editor: CertificationEditor, confirmations: dict[str, list[ConfirmationBox]]) -> list[ComponentRow]:
    notes, offers = ranges_notes(editor), ranges_offers(editor)
    return [
        component_row(editor.form, row, confirmations.get(row, []), notes[row], offers.get(row, ()))
        for row in Component
    ]


def certify_page(
    editor: CertificationEditor,
    notices: list[str],
    *,
    runs: str = "",
    search: Search | None = None,
    theirs: TrackerCertification | None = None,
    reader: User | None = None,
) -> CertifyPage:
    """Build the page of this editor. `runs`, `search`: the search that the person comes from; see `CertifyPage`."""
    form, form_context = editor.form, editor.form_context
    form.offer_references(editor.ranked)
    dataset = form["dataset"].value() or ""
    confirmations = confirmation_boxes(editor)
    place = search.place_of((form_context.run_number, form_context.reconstruction)) if search else None
    return CertifyPage(
        editor=editor,
        facts=fact_groups(editor),
        components=_component_rows(editor, confirmations),
        problems=tuple(problems_row(editor, component) for component in Component),
        trackermap=field_options(form["trackermap"]),
        references=field_options(form["reference_runreconstruction"]),
        reasons=[Option("", "choose", False), *term_options(form["bad_reason"], editor.vocabulary)],
        checklists=checklist_rows(form),
        evidence=form_evidence(editor),
        dataset=dataset,
        registry_state=form_context.registry_states.get(dataset) or "",
        registry_asked=parse_datetime(form_context.asked_at) if form_context.asked_at else None,
        notices=notices,
        place=place,
        time_left=time_left(len(search.open_steps), shift_pace(reader)) if place and search and reader else "",
        runs=runs,
        theirs=theirs,
        reader=reader,
        may_change_theirs=bool(theirs and reader and theirs.may_be_changed_by(reader)),
        differences=differences_from(editor, theirs) if theirs else [],
        confirmations=confirmations,
        comparison=twin_comparison(editor),
        opinions=form_opinions(editor),
    )

"""Everything on the table while one reconstruction is certified or changed: run, references, the forms."""

from __future__ import annotations

import copy
import uuid
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from certify.actions.certify import FILL_NUMBER_MISSING
from certify.editor.form import OVERWRITE_FIELD, CertificationForm, initial_values
from certify.editor.form_context import FormContext, form_context_of, posted_form_context
from certify.editor.form_errors import FormErrorLink, form_errors
from certify.facts.forms import FactForms
from certify.facts.staleness import shown_facts
from certify.models.choices import ConfirmationCode
from certify.models.components import FLAG_COLUMNS, PROBLEM_FIELDS
from certify.references.offered import offered_references
from certify.references.ranking import RankedReference, ranked_references, reference_features
from certify.rules.confirmations import CHECKBOX_PREFIX, Confirmation, missing_confirmations, required_confirmations
from certify.rules.entry import CertificationEntry, TwinCertification, ValidationIssue, build_entry
from certify.selectors import twin_of
from certify.vocabulary.cache import Vocabulary, checklists_to_tick, vocabulary_including
from certify.vocabulary.inline_forms import INLINE_FORMS, InlineTermForm, started_inline_forms
from certify.vocabulary.widgets import chosen_keys
from oms.models import OmsRun

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import QueryDict

    from certify.editor.subject import CertificationSubject
    from certify.models import TrackerCertification, VocabularyTerm
    from drafts.selectors import StoredDraft
    from oms.forms import OmsFillForm, OmsRunForm
    from users.models import User

# Facts of the run that a question rests on: while one of them is typed wrongly, it is not asked.
_FACTS_BEHIND = {
    ConfirmationCode.LUMI: ("run_type", "recorded_lumi", "recorded_lumi_unit"),
    ConfirmationCode.REF_TYPE: ("run_type",),
}


@dataclass
class CertificationEditor:
    """The forms of one certification. `existing` is the certification being changed, None for a new one; `draft`
    the draft that was put back into them.

    `new_term_forms`: the forms of a reason or problem being added, where something was typed into them.
    `run` is as it is stored, `run_with_typed` with the typed values over it; `certified`, where it was read already,
    is what of the run is certified.
    """

    run: OmsRun
    run_with_typed: OmsRun
    form_context: FormContext
    form: CertificationForm
    facts: FactForms
    existing: TrackerCertification | None = None
    new_term_forms: dict[str, InlineTermForm | None] = field(default_factory=dict)
    draft: StoredDraft | None = None
    certified: frozenset[tuple[int, str]] | None = None
    missing_confirmations: list[ValidationIssue] = field(default_factory=list)

    @property
    def run_form(self) -> OmsRunForm:
        return self.facts.run_form

    @property
    def fill_form(self) -> OmsFillForm:
        return self.facts.fill_form

    @cached_property
    def ranked(self) -> list[RankedReference]:
        """The references for this run, best first; only a page needs them, a save does not."""
        also = self.existing.reference_runreconstruction_id if self.existing else None
        mine = reference_features(self.run_with_typed, self.form_context.reconstruction)
        return ranked_references(mine, (one for one in offered_references(also) if str(one) != str(mine)))

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words to choose from, what is chosen among them."""
        return vocabulary_including({name: chosen_keys(self.form[name]) for name in ("bad_reason", *PROBLEM_FIELDS)})

    @cached_property
    def twin(self) -> TwinCertification | None:
        """The other one of express and prompt, where it is certified: at most one query."""
        form_context = self.form_context
        return twin_of(form_context.run_number, form_context.reconstruction, self.certified, form_context.training_of)

    @cached_property
    def entry(self) -> CertificationEntry:
        """What is said so far, as the rules see it: as sent, else as it stands."""
        entry = build_entry(self.run_with_typed, self.form_context.reconstruction, self._entry_values(), twin=self.twin)
        if self.form.is_bound or self.existing is None:
            return entry
        kept = self.existing.reference_runreconstruction_id
        reference = next((one.reference for one in self.ranked if one.reference.pk == kept), None)
        if reference is None:
            return entry
        return replace(entry, reference_run_number=reference.run_number, reference_run_type=reference.run_type)

    @cached_property
    def confirmations(self) -> list[Confirmation]:
        """The questions that what is said so far raises, but those on facts that must be typed anew. New: none."""
        if not self.form.is_bound and self.existing is None:
            return []
        return [
            one for one in required_confirmations(self.entry) if self._are_well_typed(_FACTS_BEHIND.get(one.code, ()))
        ]

    def _entry_values(self) -> dict[str, Any]:
        if self.form.is_bound:
            self.form.is_valid()  # reads what was sent, if that was not done yet
            return self.form.entered_values
        names = FLAG_COLUMNS if self.existing else ()
        return {name: getattr(self.existing, name) for name in names}

    def _are_well_typed(self, names: Iterable[str]) -> bool:
        return self.facts.data is None or all(name in self.run_form.cleaned_data for name in names)

    def is_valid(self) -> bool:
        """Whether all three forms can be taken; every error, and what is asked besides, is beside its field afterwards.

        Forms in order may still leave questions open: the action says so.
        """
        self.untick_outdated_confirmations()
        are_valid = all([*(form.is_valid() for form in self.facts.forms), self.form.is_valid()])
        if are_valid and self.facts.is_fill_unknown():
            self.fill_form.add_error("fill_number", FILL_NUMBER_MISSING)
            are_valid = False
        if not are_valid:
            self.missing_confirmations = missing_confirmations(self.confirmations, self.form.confirmed)
        return are_valid

    def untick_outdated_confirmations(self) -> None:
        """A tick counts for the sentence that it was put to: none where another is asked by now."""
        sent_values = self.form.confirmed_checkbox_values
        for one in self.confirmations if sent_values else []:
            if sent_values.get(one.code, one.checkbox_value) != one.checkbox_value:
                self.form.untick(one.checkbox_name)

    @property
    def error_links(self) -> list[tuple[str, str]]:
        """(id of the input, name) of each field that has its error beside it, and of each question not confirmed."""
        lines = [(one.anchor, one.name) for one in self._form_errors() if one.is_beside_input]
        return lines + [(one.field, "a question to confirm") for one in self.missing_confirmations]

    @property
    def errors_without_input(self) -> list[str]:
        """Sentences about what is not on the page."""
        return [one.sentence for one in self._form_errors() if not one.is_beside_input]

    def _form_errors(self) -> list[FormErrorLink]:
        return list(form_errors(self.form, self.facts)) if self.form.is_bound else []

    @property
    def has_errors(self) -> bool:
        """Whether something was sent that cannot be taken."""
        if not self.form.is_bound:
            return False
        return bool(self.missing_confirmations) or any(form.errors for form in (self.form, *self.facts.forms))

    def clear_errors(self) -> None:
        """Show the page as typed, without a word on what is not yet said: nothing was to be saved."""
        for form in (self.form, *self.facts.forms):
            form.errors.clear()

    def choose_term(self, name: str, word: VocabularyTerm) -> None:
        """Show the page with this word chosen, besides what is chosen already where there can be several."""
        send = self.form.add_sent_value if name in PROBLEM_FIELDS else self.form.set_sent_value
        send(name, str(word.pk))

    def add_issues(self, refused: list[ValidationIssue]) -> None:
        """Put what the action refused beside its fields; what it asks has a box of its own.

        The form goes back on the facts as they are now: in its form context, and in the inputs that nobody touched.
        """
        self.facts = self.facts.with_current_values()
        self.form_context = replace(self.form_context, shown=shown_facts(self.run, self.existing))
        self.form.set_sent_value("ticket", self.form_context.signed())
        self.missing_confirmations = [one for one in refused if one.field.startswith(CHECKBOX_PREFIX)]
        for one in refused:
            prefix, _, name = one.field.partition("-")
            if prefix == "fill" and name in self.fill_form.fields:
                self.fill_form.add_error(name, one.sentence)
            elif one not in self.missing_confirmations:
                self.form.add_issue(one.field, one.sentence)

    def typed_facts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What was typed by hand for the run and for its fill, of what may be typed."""
        return self.facts.typed_run_values(), self.facts.typed_fill_values()


def new_editor(subject: CertificationSubject, runs: str, *, is_correcting: bool = False) -> CertificationEditor:
    """The editor for a new certification, nothing said yet but the proposed reference."""
    run = subject.oms.run or OmsRun(run_number=subject.run_number)
    editor = build(run, subject.form_context(), initial={}, is_correcting=is_correcting)
    best = next((one for one in editor.ranked if one.is_possible), None)
    editor.form.initial = initial_values(editor.form_context, subject.dataset, best, runs)
    return editor


def amendment_editor(
    certification: TrackerCertification, run: OmsRun, *, needs_reason: bool, is_correcting: bool = False
) -> CertificationEditor:
    """The editor for a change, filled with what stands."""
    form_context = replace(form_context_of(certification), shown=shown_facts(run, certification))
    initial = {
        "reconstruction": form_context.reconstruction,
        "dataset": certification.dataset.name if certification.dataset else "",
        "ticket": form_context.signed(),
        "version": certification.version,
        "idempotency_key": uuid.uuid4(),
    }
    return build(
        run,
        form_context,
        initial=initial,
        existing=certification,
        needs_reason=needs_reason,
        is_correcting=is_correcting,
    )


def bound_editor(data: QueryDict, run: OmsRun, form_context: FormContext) -> CertificationEditor:
    """The editor as a person sent it, for a new certification."""
    return build(run, form_context, data=data)


def reopened_editor(data: QueryDict, subject: CertificationSubject) -> CertificationEditor:
    """The editor as a person sent it, on what was found out just now: for a form that lost what it was opened with."""
    again = data.copy()
    form_context = subject.form_context()
    again.update({"ticket": form_context.signed()})
    for name, value in (("reconstruction", subject.reconstruction), ("dataset", subject.dataset)):
        again[name] = value
    editor = build(subject.oms.run or OmsRun(run_number=subject.run_number), form_context, data=again)
    editor.form.add_error(
        None, "The form had lost what it was opened with and was opened anew. Check it and save again."
    )
    return editor


def bound_amendment_editor(
    data: QueryDict, certification: TrackerCertification, run: OmsRun, *, needs_reason: bool
) -> CertificationEditor:
    """The editor as a person sent it, for a change; what goes over another version keeps what it was opened with."""
    sent, own = posted_form_context(data, certification), form_context_of(certification)
    form_context = sent if sent and OVERWRITE_FIELD in data else replace(own, shown=sent.shown if sent else None)
    return build(run, form_context, data=data, existing=certification, needs_reason=needs_reason)


def build(
    run: OmsRun,
    form_context: FormContext,
    *,
    data: QueryDict | None = None,
    initial: dict[str, Any] | None = None,
    existing: TrackerCertification | None = None,
    needs_reason: bool = False,
    is_correcting: bool = False,
) -> CertificationEditor:
    facts = FactForms(run, data, is_correcting)
    run_with_typed = facts.run_with_typed()
    form = CertificationForm(
        data,
        initial=initial,
        instance=copy.copy(existing) if existing else None,
        run=run_with_typed,
        form_context=form_context,
        checklists=[] if existing else checklists_to_tick(),
        needs_reason=needs_reason,
    )
    return CertificationEditor(run, run_with_typed, form_context, form, facts, existing, started_inline_forms(data))


def is_new_term(sent: QueryDict) -> bool:
    """Whether the person pressed "Add" at a reason or a problem: then nothing else is saved."""
    return any(f"add_{what}" in sent for what in INLINE_FORMS)


def add_new_term(actor: User, sent: QueryDict, editor: CertificationEditor) -> bool:
    """Make the word and choose it in the editor; False when its error stands beside it."""
    what = next(what for what in INLINE_FORMS if f"add_{what}" in sent)
    form = INLINE_FORMS[what](sent)
    editor.clear_errors()
    if is_new := form.validate_for(actor):
        editor.choose_term(form.field, form.save(actor))
    elif form.term_to_choose:
        editor.choose_term(form.field, form.term_to_choose)
    editor.new_term_forms |= {what: None if is_new else form}
    return is_new

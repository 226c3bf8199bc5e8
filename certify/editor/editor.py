"""The forms, run and references with which one reconstruction is certified or changed."""

from __future__ import annotations

import copy
import uuid
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from certify.actions.typed_facts import FILL_NUMBER_MISSING
from certify.editor.form import OVERWRITE_FIELD, CertificationForm, initial_values
from certify.editor.form_context import FormContext, form_context_of, posted_form_context
from certify.editor.form_errors import FormErrorLink, confirmation_name, form_errors
from certify.facts.forms import FactForms
from certify.facts.staleness import shown_facts
from certify.models.choices import ConfirmationCode
from certify.models.components import FLAG_COLUMNS, PROBLEM_FIELDS
from certify.references.offered import offered_references
from certify.references.ranking import RankedReference, ranked_references, reference_features
from certify.rules.confirmations import CHECKBOX_PREFIX, Confirmation, missing_confirmations, required_confirmations
from certify.rules.entry import CertificationEntry, TwinCertification, ValidationIssue, build_entry
from certify.selectors import measured_lumisections, twin_of
from certify.vocabulary.cache import Vocabulary, vocabulary_including
from certify.vocabulary.checklist_progress import FormChecklists, checklists_of_shift
from certify.vocabulary.inline_forms import InlineTermForm, started_inline_forms
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

# Facts of the run that a confirmation depends on: it is not required while one of them is invalid.
_FACTS_BEHIND = {
    ConfirmationCode.LUMI: ("run_type", "recorded_lumi", "recorded_lumi_unit"),
    ConfirmationCode.REF_TYPE: ("run_type",),
    ConfirmationCode.TYPED_ODD: (
        *("run_type", "energy", "recorded_lumi", "recorded_lumi_unit"),
        *("delivered_lumi", "delivered_lumi_unit"),
    ),
}


@dataclass
class CertificationEditor:
    """The forms of one certification.

    `run`: as stored; `run_with_typed`: a copy with the typed values. `existing`: the certification to change, None for
    a new one. `new_term_forms`: forms of a reason or problem to add, if they have input. `draft`: the restored draft.
    `certified`: the certified (run, reconstruction) of the run, if read already.
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
        """The references for this run, best first. Pages need them; saves do not."""
        current = self.existing.reference_runreconstruction_id if self.existing else None
        features = reference_features(self.run_with_typed, self.form_context.reconstruction)
        offered = offered_references(current)
        return ranked_references(features, (reference for reference in offered if str(reference) != str(features)))

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The terms to choose from, including the chosen ones."""
        return vocabulary_including({name: chosen_keys(self.form[name]) for name in ("bad_reason", *PROBLEM_FIELDS)})

    @cached_property
    def twin(self) -> TwinCertification | None:
        """The certification of prompt for express, and the reverse, if there is one: at most one query."""
        form_context = self.form_context
        return twin_of(form_context.run_number, form_context.reconstruction, self.certified, form_context.training_of)

    @cached_property
    def entry(self) -> CertificationEntry:
        """The input for the rules: the submitted values, else those of the existing certification."""
        values = self._entry_values()
        entry = build_entry(
            self.run_with_typed,
            self.form_context.reconstruction,
            values,
            twin=self.twin,
            measured=measured_lumisections(self.form_context.run_number, values),
        )
        if self.form.is_bound or self.existing is None:
            return entry
        current = self.existing.reference_runreconstruction_id
        reference = next((ranked.reference for ranked in self.ranked if ranked.reference.pk == current), None)
        if reference is None:
            return entry
        return replace(entry, reference_run_number=reference.run_number, reference_run_type=reference.run_type)

    @cached_property
    def confirmations(self) -> list[Confirmation]:
        """The required confirmations, except those on invalid facts. An unbound new form has none."""
        if not self.form.is_bound and self.existing is None:
            return []
        return [
            confirmation
            for confirmation in required_confirmations(self.entry)
            if self._are_well_typed(_FACTS_BEHIND.get(confirmation.code, ()))
        ]

    def _entry_values(self) -> dict[str, Any]:
        if self.form.is_bound:
            self.form.is_valid()  # cleans the form, which sets `entered_values`
            return self.form.entered_values
        names = FLAG_COLUMNS if self.existing else ()
        return {name: getattr(self.existing, name) for name in names}

    def _are_well_typed(self, names: Iterable[str]) -> bool:
        return self.facts.data is None or all(name in self.run_form.cleaned_data for name in names)

    def is_valid(self) -> bool:
        """Whether all three forms are valid. If not, each field has its error, and missing confirmations are set.

        Confirmations may still be missing if the forms are valid: the action raises for them.
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
        """Untick confirmations whose sentence has changed since they were ticked."""
        sent_values = self.form.confirmed_checkbox_values
        for confirmation in self.confirmations if sent_values else []:
            if sent_values.get(confirmation.code, confirmation.checkbox_value) != confirmation.checkbox_value:
                self.form.untick(confirmation.checkbox_name)

    @property
    def error_links(self) -> list[tuple[str, str]]:
        """(id of the input, name) of each field with an error beside it, and of each missing confirmation."""
        links = [(error.anchor, error.name) for error in self._form_errors() if error.is_beside_input]
        return links + [(issue.field, confirmation_name(issue)) for issue in self.missing_confirmations]

    @property
    def errors_without_input(self) -> list[str]:
        """Sentences of errors of fields that the page does not show."""
        return [error.sentence for error in self._form_errors() if not error.is_beside_input]

    def _form_errors(self) -> list[FormErrorLink]:
        return list(form_errors(self.form, self.facts)) if self.form.is_bound else []

    @property
    def has_errors(self) -> bool:
        """Whether the submitted form is invalid or lacks confirmations."""
        if not self.form.is_bound:
            return False
        return bool(self.missing_confirmations) or any(form.errors for form in (self.form, *self.facts.forms))

    def clear_errors(self) -> None:
        """Remove all errors, for a POST that was not meant to save."""
        for form in (self.form, *self.facts.forms):
            form.errors.clear()

    def choose_term(self, name: str, term: VocabularyTerm) -> None:
        """Choose this term in the field; problems are added to the chosen ones."""
        set_value = self.form.add_sent_value if name in PROBLEM_FIELDS else self.form.set_sent_value
        set_value(name, str(term.pk))

    def add_issues(self, issues: list[ValidationIssue]) -> None:
        """Add the issues of the action to their fields. Missing confirmations have checkboxes instead.

        The form context and the unchanged inputs get the current facts.
        """
        self.facts = self.facts.with_current_values()
        self.form_context = replace(self.form_context, shown=shown_facts(self.run, self.existing))
        self.form.set_sent_value("ticket", self.form_context.signed())
        self.missing_confirmations = [issue for issue in issues if issue.field.startswith(CHECKBOX_PREFIX)]
        for issue in issues:
            prefix, _, name = issue.field.partition("-")
            if prefix == "fill" and name in self.fill_form.fields:
                self.fill_form.add_error(name, issue.sentence)
            elif issue not in self.missing_confirmations:
                self.form.add_issue(issue.field, issue.sentence)

    def typed_facts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the typed values of the run and of its fill, as `TypedValues`."""
        return self.facts.typed_run_values(), self.facts.typed_fill_values()


def new_editor(
    person: User, subject: CertificationSubject, runs: str, *, is_correcting: bool = False
) -> CertificationEditor:
    """Build the editor of a new certification with its initial values and the proposed reference."""
    run = subject.oms.run or OmsRun(run_number=subject.run_number)
    editor = build(run, subject.form_context(), initial={}, is_correcting=is_correcting, person=person)
    best = next((ranked for ranked in editor.ranked if ranked.is_possible), None)
    editor.form.initial = initial_values(editor.form_context, subject.dataset, best, runs)
    return editor


def amendment_editor(
    certification: TrackerCertification, run: OmsRun, *, needs_reason: bool, is_correcting: bool = False
) -> CertificationEditor:
    """Build the editor of a change with the values of the existing certification."""
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


def bound_editor(person: User, data: QueryDict, run: OmsRun, form_context: FormContext) -> CertificationEditor:
    """Build the bound editor of a new certification of this person."""
    return build(run, form_context, data=data, person=person)


def reopened_editor(person: User, data: QueryDict, subject: CertificationSubject) -> CertificationEditor:
    """Build the bound editor of a form without a valid context, with a new context and an error."""
    reopened = data.copy()
    form_context = subject.form_context()
    reopened.update({"ticket": form_context.signed()})
    for name, value in (("reconstruction", subject.reconstruction), ("dataset", subject.dataset)):
        reopened[name] = value
    editor = build(subject.oms.run or OmsRun(run_number=subject.run_number), form_context, data=reopened, person=person)
    editor.form.add_error(
        None, "The form had lost what it was opened with and was opened anew. Check it and save again."
    )
    return editor


def bound_amendment_editor(
    data: QueryDict, certification: TrackerCertification, run: OmsRun, *, needs_reason: bool
) -> CertificationEditor:
    """Build the bound editor of a change. An overwrite of another version keeps the context of the form."""
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
    person: User | None = None,
) -> CertificationEditor:
    """Build an editor. `person`: who certifies, with whose checklists; None for a change."""
    facts = FactForms(run, data, is_correcting)
    run_with_typed = facts.run_with_typed()
    dataset = (data or initial or {}).get("dataset") or next(iter(form_context.datasets), "")
    form = CertificationForm(
        data,
        initial=initial,
        instance=copy.copy(existing) if existing else None,
        run=run_with_typed,
        form_context=form_context,
        checklists=checklists_of_shift(person, run_with_typed.run_type, dataset) if person else FormChecklists(),
        needs_reason=needs_reason,
    )
    return CertificationEditor(run, run_with_typed, form_context, form, facts, existing, started_inline_forms(data))

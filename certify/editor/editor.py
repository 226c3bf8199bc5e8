"""Everything on the table while one reconstruction is certified or changed: run, references, the forms."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.http import QueryDict

from certify.actions.certify import WHICH_FILL
from certify.actions.input import PROBLEMS
from certify.editor.form import FLAGS, LOWSTATS, OVER, CertificationForm, first_values
from certify.editor.form_context import Ticket, read_ticket
from certify.editor.form_errors import Fault, faults
from certify.editor.subject import Target
from certify.editor.widgets import chosen_of
from certify.facts.changed_since_shown import shown_facts
from certify.facts.forms import FactForms
from certify.models import NamedText, TrackerCertification
from certify.models.choices import Question
from certify.references.ranking import RankedReference, likeness, ranked_references
from certify.rules.confirmations import PREFIX, Asked, questions, unconfirmed
from certify.rules.entry import Counterpart, Entry, Refusal, entry_of
from certify.selectors import counterpart_of, offered_references
from certify.vocabulary.cache import Vocabulary, checklists_to_tick, vocabulary_with
from certify.vocabulary.inline_forms import NewWordForm, half_typed
from drafts.selectors import Restored
from oms.forms import OmsFillForm, OmsRunForm
from oms.models import OmsRun

# Facts of the run that a question rests on: while one of them is typed wrongly, it is not asked.
_RESTS_ON = {Question.LUMI: ("run_type", "recorded_lumi", "recorded_lumi_unit"), Question.REF_TYPE: ("run_type",)}


@dataclass
class Desk:
    """The forms of one certification. `standing` is the certification being changed, None for a new one; `draft`
    the draft that was put back into them.

    `new_words`: the forms of a reason or problem being added, where something was typed into them.
    `run` is as we know it, `judged` with what was typed for it besides; `certified`, where it was read already, is
    what of the run is certified.
    """

    run: OmsRun
    judged: OmsRun
    ticket: Ticket
    form: CertificationForm
    facts: FactForms
    standing: TrackerCertification | None = None
    new_words: dict[str, NewWordForm | None] = field(default_factory=dict)
    draft: Restored | None = None
    certified: frozenset[tuple[int, str]] | None = None
    unconfirmed: list[Refusal] = field(default_factory=list)

    @property
    def run_form(self) -> OmsRunForm:
        return self.facts.run_form

    @property
    def fill_form(self) -> OmsFillForm:
        return self.facts.fill_form

    @cached_property
    def ranked(self) -> list[RankedReference]:
        """The references for this run, best first; only a page needs them, a save does not."""
        also = self.standing.reference_runreconstruction_id if self.standing else None
        mine = likeness(self.judged, self.ticket.reconstruction)
        return ranked_references(mine, (one for one in offered_references(also) if str(one) != str(mine)))

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words to choose from, what is chosen among them."""
        return vocabulary_with({name: chosen_of(self.form[name]) for name in ("bad_reason", *PROBLEMS)})

    @cached_property
    def counterpart(self) -> Counterpart | None:
        """The other one of express and prompt, where it is certified: at most one query."""
        ticket = self.ticket
        return counterpart_of(ticket.run_number, ticket.reconstruction, self.certified, ticket.practice_of)

    @cached_property
    def entry(self) -> Entry:
        """What is said so far, as the rules see it: as sent, else as it stands."""
        entry = entry_of(self.judged, self.ticket.reconstruction, self._said(), counterpart=self.counterpart)
        if self.form.is_bound or self.standing is None:
            return entry
        kept = self.standing.reference_runreconstruction_id
        reference = next((one.reference for one in self.ranked if one.reference.pk == kept), None)
        if reference is None:
            return entry
        return replace(entry, reference_run_number=reference.run_number, reference_run_type=reference.run_type)

    @cached_property
    def asked(self) -> list[Asked]:
        """The questions that what is said so far raises, but those on facts that must be typed anew. New: none."""
        if not self.form.is_bound and self.standing is None:
            return []
        return [one for one in questions(self.entry) if self._is_typed_well(_RESTS_ON.get(one.code, ()))]

    def _said(self) -> dict[str, Any]:
        if self.form.is_bound:
            self.form.is_valid()  # reads what was sent, if that was not done yet
            return self.form.said
        names = (*FLAGS, *LOWSTATS) if self.standing else ()
        return {name: getattr(self.standing, name) for name in names}

    def _is_typed_well(self, names: Iterable[str]) -> bool:
        return self.facts.data is None or all(name in self.run_form.cleaned_data for name in names)

    def is_valid(self) -> bool:
        """Whether all three forms can be taken; every error, and what is asked besides, is beside its field afterwards.

        Forms in order may still leave questions open: the action says so.
        """
        self.untick_other_words()
        are_valid = all([*(form.is_valid() for form in self.facts.forms), self.form.is_valid()])
        if are_valid and self.facts.is_fill_unknown():
            self.fill_form.add_error("fill_number", WHICH_FILL)
            are_valid = False
        if not are_valid:
            self.unconfirmed = unconfirmed(self.asked, self.form.confirmed)
        return are_valid

    def untick_other_words(self) -> None:
        """A tick counts for the sentence that it was put to: none where another is asked by now."""
        put_to = self.form.ticks_put_to
        for one in self.asked if put_to else []:
            if put_to.get(one.code, one.mark) != one.mark:
                self.form.untick(one.box)

    @property
    def error_lines(self) -> list[tuple[str, str]]:
        """(id of the input, name) of each field that has its error beside it, and of each question not confirmed."""
        lines = [(one.anchor, one.name) for one in self._faults() if one.is_beside]
        return lines + [(one.field, "a question to confirm") for one in self.unconfirmed]

    @property
    def errors_elsewhere(self) -> list[str]:
        """Sentences about what is not on the page."""
        return [one.sentence for one in self._faults() if not one.is_beside]

    def _faults(self) -> list[Fault]:
        return list(faults(self.form, self.facts)) if self.form.is_bound else []

    @property
    def is_bound_with_errors(self) -> bool:
        """Whether something was sent that cannot be taken."""
        if not self.form.is_bound:
            return False
        return bool(self.unconfirmed) or any(form.errors for form in (self.form, *self.facts.forms))

    def forget_errors(self) -> None:
        """Show the page as typed, without a word on what is not yet said: nothing was to be saved."""
        for form in (self.form, *self.facts.forms):
            form.errors.clear()

    def choose_word(self, name: str, word: NamedText) -> None:
        """Show the page with this word chosen, besides what is chosen already where there can be several."""
        send = self.form.send_also if name in PROBLEMS else self.form.send_as
        send(name, str(word.pk))

    def refuse(self, refused: list[Refusal]) -> None:
        """Put what the action refused beside its fields; what it asks has a box of its own.

        The form goes back on the facts as they are now: in its ticket, and in the inputs that nobody touched.
        """
        self.facts = self.facts.untouched_as_now()
        self.ticket = replace(self.ticket, shown=shown_facts(self.run, self.standing))
        self.form.send_as("ticket", self.ticket.signed())
        self.unconfirmed = [one for one in refused if one.field.startswith(PREFIX)]
        for one in refused:
            prefix, _, name = one.field.partition("-")
            if prefix == "fill" and name in self.fill_form.fields:
                self.fill_form.add_error(name, one.sentence)
            elif one not in self.unconfirmed:
                self.form.add_refusal(one.field, one.sentence)

    def typed(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What was typed by hand for the run and for its fill, of what may be typed."""
        return self.facts.typed_of_run(), self.facts.typed_of_fill()


def desk_for(target: Target, runs: str, *, is_correcting: bool = False) -> Desk:
    """The desk for a new certification, nothing said yet but the proposed reference."""
    run = target.oms.run or OmsRun(run_number=target.run_number)
    desk = _laid_out(run, target.ticket(), initial={}, is_correcting=is_correcting)
    best = next((one for one in desk.ranked if one.is_possible), None)
    desk.form.initial = first_values(desk.ticket, target.dataset, best, runs)
    return desk


def desk_to_amend(
    certification: TrackerCertification, run: OmsRun, *, needs_reason: bool, is_correcting: bool = False
) -> Desk:
    """The desk for a change, filled with what stands."""
    ticket = replace(ticket_of(certification), shown=shown_facts(run, certification))
    initial = {
        "reconstruction": ticket.reconstruction,
        "dataset": certification.dataset.name if certification.dataset else "",
        "ticket": ticket.signed(),
        "version": certification.version,
        "idempotency_key": uuid.uuid4(),
    }
    return _laid_out(
        run, ticket, initial=initial, standing=certification, needs_reason=needs_reason, is_correcting=is_correcting
    )


def desk_with(data: QueryDict, run: OmsRun, ticket: Ticket) -> Desk:
    """The desk as a person sent it, for a new certification."""
    return _laid_out(run, ticket, data=data)


def desk_opened_anew(data: QueryDict, target: Target) -> Desk:
    """The desk as a person sent it, on what was found out just now: for a form that lost what it was opened with."""
    again = data.copy()
    ticket = target.ticket()
    again.update({"ticket": ticket.signed()})
    for name, value in (("reconstruction", target.reconstruction), ("dataset", target.dataset)):
        again[name] = value
    desk = _laid_out(target.oms.run or OmsRun(run_number=target.run_number), ticket, data=again)
    desk.form.add_error(None, "The form had lost what it was opened with and was opened anew. Check it and save again.")
    return desk


def desk_to_amend_with(
    data: QueryDict, certification: TrackerCertification, run: OmsRun, *, needs_reason: bool
) -> Desk:
    """The desk as a person sent it, for a change; what goes over another version keeps what it was opened with."""
    sent, own = _ticket_sent(data, certification), ticket_of(certification)
    ticket = sent if sent and OVER in data else replace(own, shown=sent.shown if sent else None)
    return _laid_out(run, ticket, data=data, standing=certification, needs_reason=needs_reason)


def _ticket_sent(data: QueryDict, certification: TrackerCertification) -> Ticket | None:
    """What the sent form was opened with, if that was the same reconstruction of the same run."""
    sent = read_ticket(data.get("ticket", ""))
    is_of_it = sent and (sent.run_number, sent.reconstruction) == (
        certification.run_number,
        certification.reconstruction,
    )
    return sent if is_of_it else None


def ticket_of(certification: TrackerCertification) -> Ticket:
    """What a certification was made with, as the ticket of the form that changes it."""
    registry = certification.facts.get("registry", {})
    name = certification.dataset.name if certification.dataset else ""
    return Ticket(
        run_number=certification.run_number,
        reconstruction=certification.reconstruction,
        registry="found" if certification.is_dataset_verified else "unreachable",
        datasets=[name] if name and certification.is_dataset_verified else [],
        registry_states={name: registry.get("state")},
        asked_at=registry.get("asked_at") or "",
        is_complete=certification.external_info_complete,
        practice_of=certification.practice_of,
    )


def _laid_out(
    run: OmsRun,
    ticket: Ticket,
    *,
    data: QueryDict | None = None,
    initial: dict[str, Any] | None = None,
    standing: TrackerCertification | None = None,
    needs_reason: bool = False,
    is_correcting: bool = False,
) -> Desk:
    facts = FactForms(run, data, is_correcting)
    judged = facts.judged()
    form = CertificationForm(
        data,
        initial=initial,
        instance=copy.copy(standing) if standing else None,
        run=judged,
        ticket=ticket,
        checklists=[] if standing else checklists_to_tick(),
        needs_reason=needs_reason,
    )
    return Desk(run, judged, ticket, form, facts, standing, half_typed(data))

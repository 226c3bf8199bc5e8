"""The actions of the table of permissions, called directly and sent over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.test import Client, override_settings

from audit.models import Change
from audit.undo import undo_change
from certify.actions.certify import amend_certification, certify_run
from certify.actions.input import CertificationContext, CertificationInput
from certify.actions.lifecycle import hand_over_certification
from certify.editor.last_save import LastSave
from certify.facts.actions import confirm_facts, serialized_differences
from certify.facts.staleness import mark_stale
from certify.models import BadReason, TrackerCertification
from drafts.actions import renew_lease, take_over
from registry_sync.bulk_actions import ManyConfirmed, confirm_many
from tests.certify.page_form import GOOD, open_form, send_form
from tests.drafts.test_actions import form_token_of
from tests.factories import (
    BadReasonFactory,
    CertificationFactory,
    ChecklistFactory,
    ReconstructionFactory,
    RunFactory,
    UserFactory,
)
from users.models import Role, User

DONE, DENIED = (200, 302, 303), (403,)
Act = Callable[[User], object]
Send = Callable[[User, Client], int]


@dataclass(frozen=True)
class PermissionCase:
    """A row of the table: the lowest permitted role, the action, the request (returns its status); each may be None."""

    lowest_role: Role | None
    act: Act | None
    send: Send | None


def other_shifter() -> User:
    return UserFactory(username="somebody", role=Role.SHIFTER)


def make_certification(owner: User | None = None, **more: Any) -> TrackerCertification:
    return CertificationFactory(user=owner or other_shifter(), **more)


def make_input(**changes: Any) -> CertificationInput:
    values = {**GOOD, "date": date(2018, 6, 2)}
    return CertificationInput.from_columns(**{**values, "reference": ReconstructionFactory(reference=True), **changes})


def get_pages(*addresses: str) -> Send:
    """Return a request that gets these pages and returns their highest status."""
    return lambda _actor, client: max(client.get(address).status_code for address in addresses)


def certify(actor: User) -> object:
    return certify_run(
        actor, RunFactory().run_number, "express", make_input(), CertificationContext(training_of=actor.training_of)
    )


def send_certification(_actor: User, client: Client) -> int:
    ReconstructionFactory(reference=True, run=RunFactory(run_number=314811))
    path = "/certify/315259/express/"
    opened = client.get(path)
    sent = send_form(client, opened, path, **GOOD).status_code if opened.status_code == 200 else opened.status_code
    return sent if sent in DONE else client.post(path, GOOD).status_code


def amend_action(is_mine: bool) -> Act:
    def act(actor: User) -> object:
        row = make_certification(actor if is_mine else None)
        return amend_certification(
            actor, row, 1, make_input(comment="seen"), CertificationContext(), reason="looked again"
        )

    return act


def change_request(is_mine: bool) -> Send:
    def send(actor: User, client: Client) -> int:
        RunFactory(run_number=315259, fill=None)
        ReconstructionFactory(reference=True, run=RunFactory(run_number=314811))
        row = make_certification(actor if is_mine else None, run=RunFactory._meta.model.objects.get(pk=315259))
        path = f"/list/{row.pk}/update/"
        if client.get(path).status_code == 403:
            return client.post(path, GOOD).status_code
        more = {} if is_mine else {"reason": "looked again"}
        return send_form(
            client, open_form(client, path), path, **GOOD, comment="seen", confirm_lumi="on", **more
        ).status_code

    return send


def lifecycle_action(action: Callable[..., object], is_mine: bool, **state: Any) -> Act:
    def act(actor: User) -> object:
        return action(actor, make_certification(actor if is_mine else None, **state), 1, "looked again")

    return act


def lifecycle_request(verb: str, is_mine: bool, **state: Any) -> Send:
    def send(actor: User, client: Client) -> int:
        row = make_certification(actor if is_mine else None, **state)
        to = UserFactory(username="next", role=Role.SHIFTER).pk
        return client.post(f"/list/{row.pk}/{verb}/", {"version": 1, "reason": "why", "to": to}).status_code

    return send


def hand_over(actor: User) -> object:
    return hand_over_certification(
        actor, make_certification(), 1, UserFactory(username="next", role=Role.SHIFTER), "why"
    )


def stale_certification(owner: User | None) -> TrackerCertification:
    row = make_certification(owner)
    run = row.runreconstruction.run
    run.lumisections = 1
    run.save()
    mark_stale([run])
    row.refresh_from_db()
    assert row.is_stale
    return row


def confirm_action(is_mine: bool) -> Act:
    def act(actor: User) -> object:
        row = stale_certification(actor if is_mine else None)
        return confirm_facts(actor, row, row.version, serialized_differences(row))

    return act


def confirmation_request(is_mine: bool) -> Send:
    def send(actor: User, client: Client) -> int:
        row = stale_certification(actor if is_mine else None)
        return client.post(
            f"/list/{row.pk}/confirm/", {"version": row.version, "seen": serialized_differences(row)}
        ).status_code

    return send


def take_over_form(actor: User) -> object:
    renew_lease(form_token_of(other_shifter()))
    return take_over(actor, form_token_of(actor))


def send_take_over(actor: User, client: Client) -> int:
    renew_lease(form_token_of(other_shifter()))
    return client.post("/drafts/take-over/", {"sheet": form_token_of(actor).signed()}).status_code


def send_retirement(_actor: User, client: Client) -> int:
    return client.post(f"/references/{ReconstructionFactory(reference=True).pk}/retire/", {"reason": "old"}).status_code


def undo_action(prepare: Callable[[User], object]) -> Act:
    """Return an action that undoes the change that `prepare` makes."""

    def act(actor: User) -> object:
        prepare(actor)
        return undo_change(actor, Change.objects.first(), "not so")

    return act


def undo_request(prepare: Callable[[User], object]) -> Send:
    def send(actor: User, client: Client) -> int:
        prepare(actor)
        return client.post(f"/history/{Change.objects.first().pk}/undo/", {"reason": "not so"}).status_code

    return send


def last_save_request(prepare: Callable[[User], Change]) -> Send:
    """Return a request that undoes the change of `prepare` as the last save of the session."""

    def send(actor: User, client: Client) -> int:
        change = prepare(actor)
        key = change.lines[0]["key"]
        session = client.session
        session["last_save"] = asdict(LastSave(change.pk, key, "315259 express", "changed", "good", is_practice=False))
        session.save()
        answer = client.post("/certify/undo/", {"change": change.pk}).status_code
        assert Change.objects.filter(undoes=change).exists() == (answer in DONE)
        return answer

    return send


def own_change(actor: User) -> Change:
    """The change that a person made to their certification, when they were a shifter."""
    role, actor.role = actor.role, Role.SHIFTER
    amend_action(True)(actor)
    actor.role = role
    return Change.objects.filter(by=actor)[0]


def own_change_handed_over(actor: User) -> Change:
    change = own_change(actor)
    row = TrackerCertification.objects.get(pk=change.lines[0]["key"])
    hand_over_certification(shift_leader(), row, row.version, other_shifter(), "why")
    return change


def change_of_another_person(actor: User) -> Change:
    change_by_shift_leader(actor)
    return Change.objects.all()[0]


def shift_leader() -> User:
    return UserFactory(username="a leader", role=Role.SHIFT_LEADER)


def change_by_shift_leader(owner: User | None) -> object:
    return amend_certification(
        shift_leader(),
        make_certification(owner),
        1,
        make_input(comment="seen"),
        CertificationContext(),
        reason="looked again",
    )


def confirm_by_shift_leader(owner: User) -> object:
    row = stale_certification(owner)
    return confirm_facts(shift_leader(), row, row.version, serialized_differences(row))


def edit_term(_actor: User, client: Client) -> int:
    row = BadReasonFactory()
    typed = {"name": "HV trip", "edition": 1}
    answer = client.post(f"/problems/reason/{row.pk}/", typed).status_code
    assert (BadReason.objects.get(pk=row.pk).name == "HV trip") == (answer in DONE)
    return answer


def open_checklist(_actor: User, client: Client) -> int:
    return client.get(f"/checklists/{ChecklistFactory().identifier}/edit/").status_code


def change_role_in_admin(_actor: User, client: Client) -> int:
    person = UserFactory(username="climber", role=Role.GUEST)
    address = f"/admin/users/user/{person.pk}/change/"
    form = client.get(address)
    known = form.context["adminform"].form.initial if form.status_code == 200 else {}
    typed = {name: value for name, value in known.items() if value} | {"username": "climber", "role": "shifter"}
    answer = client.post(address, typed).status_code
    assert (User.objects.get(pk=person.pk).role == Role.SHIFTER) == (answer in DONE)
    return answer


def raise_role(person: User) -> None:
    person.role = Role.SHIFT_LEADER
    person.save()


def pin_role(person: User) -> None:
    person.role_pinned_for = "for ever"
    person.save()


def confirm_nothing(actor: User) -> ManyConfirmed:
    """Confirm no plan for Run Registry: the permission alone."""
    with override_settings(REGISTRY_SYNC="on"):
        return confirm_many(actor, ())


def send_nothing_to_registry(_actor: User, client: Client) -> int:
    with override_settings(REGISTRY_SYNC="on"):
        return client.post("/registry/confirm/", {}).status_code

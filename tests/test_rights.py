"""The table of rights, cell by cell: each role tries each deed, by the action itself and over HTTP.

Guest reads; each role may what the ones before it may, so that a deed has a lowest role. `mine`: a certification of who
tries, else somebody else's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from audit.models import Change
from audit.undo import undo_change
from certify.actions.certify import amend_certification, certify_run
from certify.actions.input import CertificationContext, CertificationInput
from certify.actions.lifecycle import hand_over_certification, restore_certification, withdraw_certification
from certify.facts.actions import confirm_facts, serialized_differences
from certify.facts.staleness import mark_stale
from certify.models import BadReason, PixelProblem, TrackerCertification
from certify.references.actions import adopt_reference, promote_reference, retire_reference
from certify.vocabulary.actions import add_term
from drafts.actions import renew_lease, take_over
from tests.certify.page_form import GOOD, open_form, send_form
from tests.drafts.test_actions import form_token_of
from tests.factories import (
    BadReasonFactory,
    CertificationFactory,
    ChecklistFactory,
    PixelProblemFactory,
    ReconstructionFactory,
    RunFactory,
    UserFactory,
)
from users.models import Role, User

pytestmark = [pytest.mark.django_db, pytest.mark.once]
DONE, DENIED = (200, 302, 303), (403,)
Act = Callable[[User], object]
Send = Callable[[User, Client], int]


@dataclass(frozen=True)
class PermissionCase:
    """A line of the table: the lowest role that may, the action, the request (its status); None where there is none."""

    lowest_role: Role | None
    act: Act | None
    send: Send | None


def other_shifter() -> User:
    return UserFactory(username="somebody", role=Role.SHIFTER)


def make_certification(owner: User | None = None, **more: Any) -> TrackerCertification:
    return CertificationFactory(user=owner or other_shifter(), **more)


def make_input(**changes: Any) -> CertificationInput:
    said = {**GOOD, "date": date(2018, 6, 2)}
    return CertificationInput.from_columns(**{**said, "reference": ReconstructionFactory(reference=True), **changes})


def get_pages(*addresses: str) -> Send:
    """The worst answer of these pages."""
    return lambda _actor, client: max(client.get(address).status_code for address in addresses)


def _certify(actor: User) -> object:
    return certify_run(
        actor, RunFactory().run_number, "express", make_input(), CertificationContext(training_of=actor.training_of)
    )


def _send_certification(_actor: User, client: Client) -> int:
    ReconstructionFactory(reference=True, run=RunFactory(run_number=314811))
    path = "/certify/315259/express/"
    opened = client.get(path)
    sent = send_form(client, opened, path, **GOOD).status_code if opened.status_code == 200 else opened.status_code
    return sent if sent in DONE else client.post(path, GOOD).status_code


def _amend_action(is_mine: bool) -> Act:
    def act(actor: User) -> object:
        row = make_certification(actor if is_mine else None)
        return amend_certification(
            actor, row, 1, make_input(comment="seen"), CertificationContext(), reason="looked again"
        )

    return act


def _change_request(is_mine: bool) -> Send:
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


def _lifecycle_action(action: Callable[..., object], is_mine: bool, **state: Any) -> Act:
    def act(actor: User) -> object:
        return action(actor, make_certification(actor if is_mine else None, **state), 1, "looked again")

    return act


def _lifecycle_request(verb: str, is_mine: bool, **state: Any) -> Send:
    def send(actor: User, client: Client) -> int:
        row = make_certification(actor if is_mine else None, **state)
        to = UserFactory(username="next", role=Role.SHIFTER).pk
        return client.post(f"/list/{row.pk}/{verb}/", {"version": 1, "reason": "why", "to": to}).status_code

    return send


def _hand_over(actor: User) -> object:
    return hand_over_certification(
        actor, make_certification(), 1, UserFactory(username="next", role=Role.SHIFTER), "why"
    )


def _stale(owner: User | None) -> TrackerCertification:
    row = make_certification(owner)
    run = row.runreconstruction.run
    run.lumisections = 1
    run.save()
    mark_stale([run])
    row.refresh_from_db()
    assert row.is_stale
    return row


def _confirm_action(is_mine: bool) -> Act:
    def act(actor: User) -> object:
        row = _stale(actor if is_mine else None)
        return confirm_facts(actor, row, row.version, serialized_differences(row))

    return act


def _confirmation_request(is_mine: bool) -> Send:
    def send(actor: User, client: Client) -> int:
        row = _stale(actor if is_mine else None)
        return client.post(
            f"/list/{row.pk}/confirm/", {"version": row.version, "seen": serialized_differences(row)}
        ).status_code

    return send


def _take_over(actor: User) -> object:
    renew_lease(form_token_of(other_shifter()))
    return take_over(actor, form_token_of(actor))


def _send_take_over(actor: User, client: Client) -> int:
    renew_lease(form_token_of(other_shifter()))
    return client.post("/drafts/take-over/", {"sheet": form_token_of(actor).signed()}).status_code


def _send_retirement(_actor: User, client: Client) -> int:
    return client.post(f"/references/{ReconstructionFactory(reference=True).pk}/retire/", {"reason": "old"}).status_code


def _undo_action(prepare: Callable[[User], object]) -> Act:
    """Undo the last change, which `prepare` made."""

    def act(actor: User) -> object:
        prepare(actor)
        return undo_change(actor, Change.objects.first(), "not so")

    return act


def _undo_request(prepare: Callable[[User], object]) -> Send:
    def send(actor: User, client: Client) -> int:
        prepare(actor)
        return client.post(f"/history/{Change.objects.first().pk}/undo/", {"reason": "not so"}).status_code

    return send


def _leader() -> User:
    return UserFactory(username="a leader", role=Role.SHIFT_LEADER)


def _changed_by_a_leader(owner: User | None) -> object:
    return amend_certification(
        _leader(),
        make_certification(owner),
        1,
        make_input(comment="seen"),
        CertificationContext(),
        reason="looked again",
    )


def _confirmed_by_a_leader(owner: User) -> object:
    row = _stale(owner)
    return confirm_facts(_leader(), row, row.version, serialized_differences(row))


def _word_edited(_actor: User, client: Client) -> int:
    row = BadReasonFactory()
    typed = {"name": "HV trip", "edition": 1}
    answer = client.post(f"/problems/reason/{row.pk}/", typed).status_code
    assert (BadReason.objects.get(pk=row.pk).name == "HV trip") == (answer in DONE)
    return answer


def _checklist_opened(_actor: User, client: Client) -> int:
    return client.get(f"/checklists/{ChecklistFactory().identifier}/edit/").status_code


def _account_in_admin(_actor: User, client: Client) -> int:
    person = UserFactory(username="climber", role=Role.GUEST)
    address = f"/admin/users/user/{person.pk}/change/"
    form = client.get(address)
    known = form.context["adminform"].form.initial if form.status_code == 200 else {}
    typed = {name: value for name, value in known.items() if value} | {"username": "climber", "role": "shifter"}
    answer = client.post(address, typed).status_code
    assert (User.objects.get(pk=person.pk).role == Role.SHIFTER) == (answer in DONE)
    return answer


def _promoted(person: User) -> None:
    person.role = Role.SHIFT_LEADER
    person.save()


def _pinned(person: User) -> None:
    person.role_pinned_for = "for ever"
    person.save()


LOOK = get_pages(
    "/", "/list/", "/list/?export=csv", "/list/?export=json", "/history/", "/history/?export=csv", "/summary/"
)
TABLE = {
    "look at lists, history, reports, and export them": PermissionCase(Role.GUEST, None, LOOK),
    "look at a certification, its run, its reference": PermissionCase(
        Role.GUEST,
        None,
        lambda actor, client: get_pages(
            f"/list/{(row := make_certification()).pk}/",
            f"/runs/{row.run_number}/",
            f"/references/{row.reference_runreconstruction_id}/",
        )(actor, client),
    ),
    "search open runs": PermissionCase(Role.SHIFTER, None, get_pages("/openruns/?runs=315259")),
    "certify": PermissionCase(Role.SHIFTER, _certify, _send_certification),
    "add a reason": PermissionCase(Role.SHIFTER, lambda actor: add_term(actor, BadReason, "HV off"), None),
    "add a problem": PermissionCase(Role.SHIFTER, lambda actor: add_term(actor, PixelProblem, "hot"), None),
    "change own": PermissionCase(Role.SHIFTER, _amend_action(True), _change_request(True)),
    "withdraw own": PermissionCase(
        Role.SHIFTER, _lifecycle_action(withdraw_certification, True), _lifecycle_request("withdraw", True)
    ),
    "restore own": PermissionCase(
        Role.SHIFTER,
        _lifecycle_action(restore_certification, True, withdrawn=True),
        _lifecycle_request("restore", True, withdrawn=True),
    ),
    "confirm own that is stale": PermissionCase(Role.SHIFTER, _confirm_action(True), _confirmation_request(True)),
    "undo a change of own": PermissionCase(
        Role.SHIFTER, _undo_action(_changed_by_a_leader), _undo_request(_changed_by_a_leader)
    ),
    "change others'": PermissionCase(Role.SHIFT_LEADER, _amend_action(False), _change_request(False)),
    "withdraw others'": PermissionCase(
        Role.SHIFT_LEADER, _lifecycle_action(withdraw_certification, False), _lifecycle_request("withdraw", False)
    ),
    "restore others'": PermissionCase(
        Role.SHIFT_LEADER,
        _lifecycle_action(restore_certification, False, withdrawn=True),
        _lifecycle_request("restore", False, withdrawn=True),
    ),
    "confirm others' that is stale": PermissionCase(
        Role.SHIFT_LEADER, _confirm_action(False), _confirmation_request(False)
    ),
    "undo a change of others'": PermissionCase(
        Role.SHIFT_LEADER,
        _undo_action(lambda _actor: _changed_by_a_leader(None)),
        _undo_request(lambda _actor: _changed_by_a_leader(None)),
    ),
    "undo that own was handed over": PermissionCase(
        Role.SHIFT_LEADER,
        _undo_action(
            lambda actor: hand_over_certification(_leader(), make_certification(actor), 1, other_shifter(), "why")
        ),
        _undo_request(
            lambda actor: hand_over_certification(_leader(), make_certification(actor), 1, other_shifter(), "why")
        ),
    ),
    "undo that a leader confirmed own": PermissionCase(
        Role.SHIFT_LEADER,
        _undo_action(_confirmed_by_a_leader),
        _undo_request(_confirmed_by_a_leader),
    ),
    "take over a form": PermissionCase(Role.SHIFT_LEADER, _take_over, _send_take_over),
    "retire a reference": PermissionCase(
        Role.SHIFT_LEADER,
        lambda actor: retire_reference(actor, ReconstructionFactory(reference=True), "old"),
        _send_retirement,
    ),
    "undo that a reference was retired": PermissionCase(
        Role.SHIFT_LEADER,
        _undo_action(lambda _actor: retire_reference(_leader(), ReconstructionFactory(reference=True), "old")),
        _undo_request(lambda _actor: retire_reference(_leader(), ReconstructionFactory(reference=True), "old")),
    ),
    "promote to reference": PermissionCase(
        Role.SHIFT_LEADER,
        lambda actor: promote_reference(actor, make_certification(), "long and clean"),
        lambda _actor, client: (
            client.post(f"/references/promote/{make_certification().pk}/", {"reason": "clean"}).status_code
        ),
    ),
    "undo that own was promoted": PermissionCase(
        Role.SHIFT_LEADER,
        _undo_action(lambda actor: promote_reference(_leader(), make_certification(actor), "long and clean")),
        _undo_request(lambda actor: promote_reference(_leader(), make_certification(actor), "long and clean")),
    ),
    "adopt a reference": PermissionCase(
        Role.SHIFT_LEADER,
        lambda actor: adopt_reference(actor, RunFactory(), "express", "first"),
        lambda _actor, client: (
            client.post(
                "/references/adopt/", {"run_number": 315259, "reconstruction": "express", "reason": "first"}
            ).status_code
        ),
    ),
    "hand over": PermissionCase(Role.SHIFT_LEADER, _hand_over, _lifecycle_request("hand-over", False)),
    "edit reasons and problems": PermissionCase(Role.SHIFT_LEADER, None, _word_edited),
    "undo that a word was added": PermissionCase(
        Role.SHIFT_LEADER,
        _undo_action(lambda _actor: PixelProblemFactory()),
        _undo_request(lambda _actor: PixelProblemFactory()),
    ),
    "edit checklists": PermissionCase(Role.SHIFT_LEADER, None, _checklist_opened),
    "full dump": PermissionCase(Role.SHIFT_LEADER, None, get_pages("/list/dump/")),
    "roles and accounts": PermissionCase(Role.ADMIN, None, _account_in_admin),
    "look at what is stored in the admin": PermissionCase(
        Role.ADMIN, None, get_pages("/admin/oms/omsrun/", "/admin/history/change/")
    ),
    "undo a role": PermissionCase(
        Role.ADMIN,
        _undo_action(lambda _actor: _promoted(other_shifter())),
        _undo_request(lambda _actor: _promoted(other_shifter())),
    ),
    "undo a change of one's own role": PermissionCase(None, _undo_action(_pinned), _undo_request(_pinned)),
}


@pytest.fixture(params=Role)
def role(request) -> Role:
    return request.param


def _is_allowed(deed: PermissionCase, role: Role) -> bool:
    return deed.lowest_role is not None and role.includes(deed.lowest_role)


@pytest.mark.parametrize("name", [name for name, deed in TABLE.items() if deed.act])
def test_permission_for_each_action_is_as_in_the_table(name, role):
    deed, actor = TABLE[name], UserFactory(username="actor", role=role)
    if _is_allowed(deed, role):
        deed.act(actor)
    else:
        with pytest.raises(PermissionDenied):
            deed.act(actor)


@pytest.mark.parametrize("name", [name for name, deed in TABLE.items() if deed.send])
def test_response_to_each_request_is_as_in_the_table(name, role, sandbox):
    deed, actor, client = TABLE[name], UserFactory(username="actor", role=role), Client()
    client.force_login(actor)
    assert deed.send(actor, client) in (DONE if _is_allowed(deed, role) else DENIED)

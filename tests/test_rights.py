"""The table of permissions, cell by cell: each role tries each action, by the action itself and over HTTP.

Guests read; each role may do what the roles before it may, so that an action has a lowest role. `is_mine`: the
certification belongs to the person who tries, else to another shifter.
"""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from certify.actions.lifecycle import hand_over_certification, restore_certification, withdraw_certification
from certify.models import BadReason, PixelProblem
from certify.references.actions import adopt_reference, promote_reference, retire_reference
from certify.vocabulary.actions import add_term
from tests.factories import (
    PixelProblemFactory,
    ReconstructionFactory,
    RunFactory,
    UserFactory,
)
from tests.permission_actions import (
    DENIED,
    DONE,
    PermissionCase,
    amend_action,
    certify,
    change_by_shift_leader,
    change_of_another_person,
    change_request,
    change_role_in_admin,
    confirm_action,
    confirm_by_shift_leader,
    confirm_nothing,
    confirmation_request,
    edit_term,
    get_pages,
    hand_over,
    last_save_request,
    lifecycle_action,
    lifecycle_request,
    make_certification,
    open_checklist,
    other_shifter,
    own_change,
    own_change_handed_over,
    pin_role,
    raise_role,
    send_certification,
    send_nothing_to_registry,
    send_retirement,
    send_take_over,
    shift_leader,
    take_over_form,
    undo_action,
    undo_request,
)
from users.models import Role

pytestmark = [pytest.mark.django_db, pytest.mark.once]
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
    "certify": PermissionCase(Role.SHIFTER, certify, send_certification),
    "add a reason": PermissionCase(Role.SHIFTER, lambda actor: add_term(actor, BadReason, "HV off"), None),
    "add a problem": PermissionCase(Role.SHIFTER, lambda actor: add_term(actor, PixelProblem, "hot"), None),
    "change own": PermissionCase(Role.SHIFTER, amend_action(True), change_request(True)),
    "withdraw own": PermissionCase(
        Role.SHIFTER, lifecycle_action(withdraw_certification, True), lifecycle_request("withdraw", True)
    ),
    "restore own": PermissionCase(
        Role.SHIFTER,
        lifecycle_action(restore_certification, True, withdrawn=True),
        lifecycle_request("restore", True, withdrawn=True),
    ),
    "confirm own that is stale": PermissionCase(Role.SHIFTER, confirm_action(True), confirmation_request(True)),
    "undo a change of own": PermissionCase(
        Role.SHIFTER, undo_action(change_by_shift_leader), undo_request(change_by_shift_leader)
    ),
    "undo one's last save": PermissionCase(Role.SHIFTER, None, last_save_request(own_change)),
    "undo one's last save of what was handed over": PermissionCase(
        Role.SHIFT_LEADER, None, last_save_request(own_change_handed_over)
    ),
    "undo as one's last save what another person changed": PermissionCase(
        None, None, last_save_request(change_of_another_person)
    ),
    "change others'": PermissionCase(Role.SHIFT_LEADER, amend_action(False), change_request(False)),
    "withdraw others'": PermissionCase(
        Role.SHIFT_LEADER, lifecycle_action(withdraw_certification, False), lifecycle_request("withdraw", False)
    ),
    "restore others'": PermissionCase(
        Role.SHIFT_LEADER,
        lifecycle_action(restore_certification, False, withdrawn=True),
        lifecycle_request("restore", False, withdrawn=True),
    ),
    "confirm others' that is stale": PermissionCase(
        Role.SHIFT_LEADER, confirm_action(False), confirmation_request(False)
    ),
    "undo a change of others'": PermissionCase(
        Role.SHIFT_LEADER,
        undo_action(lambda _actor: change_by_shift_leader(None)),
        undo_request(lambda _actor: change_by_shift_leader(None)),
    ),
    "undo that own was handed over": PermissionCase(
        Role.SHIFT_LEADER,
        undo_action(
            lambda actor: hand_over_certification(shift_leader(), make_certification(actor), 1, other_shifter(), "why")
        ),
        undo_request(
            lambda actor: hand_over_certification(shift_leader(), make_certification(actor), 1, other_shifter(), "why")
        ),
    ),
    "undo that a leader confirmed own": PermissionCase(
        Role.SHIFT_LEADER,
        undo_action(confirm_by_shift_leader),
        undo_request(confirm_by_shift_leader),
    ),
    "take over a form": PermissionCase(Role.SHIFT_LEADER, take_over_form, send_take_over),
    "retire a reference": PermissionCase(
        Role.SHIFT_LEADER,
        lambda actor: retire_reference(actor, ReconstructionFactory(reference=True), "old"),
        send_retirement,
    ),
    "undo that a reference was retired": PermissionCase(
        Role.SHIFT_LEADER,
        undo_action(lambda _actor: retire_reference(shift_leader(), ReconstructionFactory(reference=True), "old")),
        undo_request(lambda _actor: retire_reference(shift_leader(), ReconstructionFactory(reference=True), "old")),
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
        undo_action(lambda actor: promote_reference(shift_leader(), make_certification(actor), "long and clean")),
        undo_request(lambda actor: promote_reference(shift_leader(), make_certification(actor), "long and clean")),
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
    "hand over": PermissionCase(Role.SHIFT_LEADER, hand_over, lifecycle_request("hand-over", False)),
    "edit reasons and problems": PermissionCase(Role.SHIFT_LEADER, None, edit_term),
    "undo that a word was added": PermissionCase(
        Role.SHIFT_LEADER,
        undo_action(lambda _actor: PixelProblemFactory()),
        undo_request(lambda _actor: PixelProblemFactory()),
    ),
    "edit checklists": PermissionCase(Role.SHIFT_LEADER, None, open_checklist),
    "send to Run Registry": PermissionCase(Role.SHIFT_LEADER, confirm_nothing, send_nothing_to_registry),
    "look at receipts of Run Registry": PermissionCase(Role.SHIFTER, None, get_pages("/registry/")),
    "full dump": PermissionCase(Role.SHIFT_LEADER, None, get_pages("/list/dump/")),
    "roles and accounts": PermissionCase(Role.ADMIN, None, change_role_in_admin),
    "look at what is stored in the admin": PermissionCase(
        Role.ADMIN, None, get_pages("/admin/oms/omsrun/", "/admin/history/change/")
    ),
    "undo a role": PermissionCase(
        Role.ADMIN,
        undo_action(lambda _actor: raise_role(other_shifter())),
        undo_request(lambda _actor: raise_role(other_shifter())),
    ),
    "undo a change of one's own role": PermissionCase(None, undo_action(pin_role), undo_request(pin_role)),
}


@pytest.fixture(params=Role)
def role(request) -> Role:
    return request.param


def _is_allowed(case: PermissionCase, role: Role) -> bool:
    return case.lowest_role is not None and role.includes(case.lowest_role)


@pytest.mark.parametrize("name", [name for name, case in TABLE.items() if case.act])
def test_permission_for_each_action_is_as_in_the_table(name, role):
    case, actor = TABLE[name], UserFactory(username="actor", role=role)
    if _is_allowed(case, role):
        case.act(actor)
    else:
        with pytest.raises(PermissionDenied):
            case.act(actor)


@pytest.mark.parametrize("name", [name for name, case in TABLE.items() if case.send])
def test_response_to_each_request_is_as_in_the_table(name, role, sandbox):
    case, actor, client = TABLE[name], UserFactory(username="actor", role=role), Client()
    client.force_login(actor)
    assert case.send(actor, client) in (DONE if _is_allowed(case, role) else DENIED)

"""What people do while certifications are sent: a shift leader confirms, somebody writes to Run Registry by hand."""

from __future__ import annotations

import requests

from infrastructure.http.budget import Budget
from registry.flag_ranges import FlagTriplet
from registry.writes import DatasetKey, FlagEdit, StateMove, move_state, send_flag_edit
from registry_sync.actions import confirm_plan
from registry_sync.planning import make_plan
from tests.browser_form import fields_of
from tests.registry_sync.conftest import DATASET, RUN

KEY = DatasetKey(RUN, DATASET)
LAST = 1364


def confirmed(certification, shift_leader):
    plan = make_plan(certification, Budget(60))
    assert plan.refusals == ()
    return confirm_plan(shift_leader, plan)


def their_edit(first, last, status, comment, component="strip"):
    send_flag_edit(FlagEdit(KEY, component, first, last, FlagTriplet(status, comment), LAST), Budget(60))


def their_move(state_from, state_to):
    move_state(StateMove(KEY, state_from, state_to), Budget(60))


def their_hiding(sandbox):
    body = {"filter": {"run_number": {"=": RUN}, "name": {"=": DATASET}}, "reason_for_hiding": "test"}
    headers = {"email": "dc@cern.ch", "egroups": "cms-dqm-runregistry-experts"}
    address = f"{sandbox.base_url}/registry/dc_tools/hide_datasets"
    requests.delete(address, json=body, headers=headers, timeout=30).raise_for_status()


def before_each_write(monkeypatch, step):
    """Call `step(method, path)` right before each request that the sender writes with."""
    from registry import writes

    send, is_inside = writes._send, []

    def sending(method, path, body, budget):
        if not is_inside and "get_rr_lumisection_history" not in path:
            is_inside.append(True)
            step(method, path)
            is_inside.clear()
        return send(method, path, body, budget)

    monkeypatch.setattr(writes, "_send", sending)


def confirm_on_page(client, address, **values):
    return client.post(address, {**fields_of(client.get(address), "digest"), **values})

"""Switching training: by shift leaders, with a reason, recorded in history."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import PermissionDenied

from audit.models import Change
from tests.factories import CertificationFactory
from users.models import User
from users.training import TrainingUnchanged, switch_training

pytestmark = pytest.mark.django_db
PAGE = "/shiftleader/training/"


def test_shift_leader_switches_training_with_a_reason(shift_leader_client, shift_leader, shifter, guest_client):
    form_data = {"person": "shifter", "training": "on", "reason": "first week"}
    assert shift_leader_client.post(PAGE, form_data).status_code == 303
    user = User.objects.get(pk=shifter.pk)
    assert (user.in_training, user.training_by, user.training_reason) == (True, "leader", "first week")
    change = Change.objects.get(kind="training")
    assert (change.by, change.why) == (shift_leader, "first week")
    assert "In training:" in guest_client.get("/history/?kind=training").text
    shift_leader_client.post(PAGE, {"person": "shifter", "training": "off", "reason": "done"})
    assert User.objects.get(pk=shifter.pk).in_training is False


def test_missing_reason_is_an_error_and_preserves_the_input(shift_leader_client, shifter):
    answer = shift_leader_client.post(PAGE, {"person": "shifter", "training": "on", "reason": " "})
    assert answer.status_code == 422 and "Say why." in answer.text
    assert '<option value="shifter" selected>' in answer.text
    assert not User.objects.get(pk=shifter.pk).in_training


def test_switch_that_changes_nothing_is_refused(shift_leader_client, shift_leader, shifter, guest):
    answer = shift_leader_client.post(PAGE, {"person": "shifter", "training": "off", "reason": "done"})
    assert answer.status_code == 422 and "shifter is not in training already." in answer.text
    with pytest.raises(TrainingUnchanged, match="certifies nothing"):
        switch_training(shift_leader, guest, is_on=True, reason="why")
    with pytest.raises(PermissionDenied):
        switch_training(shifter, shifter, is_on=True, reason="why")


def test_only_shift_leaders_undo_the_switch(shift_leader_client, shifter_client, shift_leader, shifter):
    switch_training(shift_leader, shifter, is_on=True, reason="first week")
    undo = f"/history/{Change.objects.get(kind='training').pk}/undo/"
    assert shifter_client.post(undo, {"reason": "no"}).status_code == 403
    assert shift_leader_client.post(undo, {"reason": "wrong person"}).status_code == 303
    user = User.objects.get(pk=shifter.pk)
    assert (user.in_training, user.training_by, user.training_reason) == (False, "leader", "wrong person")


def test_part_links_shift_leaders_to_the_practice(shift_leader_client, shifter_client, shifter, shift_leader):
    switch_training(shift_leader, shifter, is_on=True, reason="first week")
    own = CertificationFactory(user=shifter, is_practice=True)
    part = shift_leader_client.get("/shiftleader/part/training/", headers={"HX-Request": "true"}).text
    assert "first week" in part and "/list/?practice=on&amp;user=shifter" in part
    listed = shift_leader_client.get("/list/?practice=on&user=shifter").text
    assert f'data-pk="{own.pk}"' in listed and "is-practice" in listed
    assert "first week" not in shifter_client.get("/shiftleader/part/training/").text


@pytest.mark.parametrize(("query", "first"), [("", "Put in training"), ("?training=off", "End the training")])
def test_likely_action_is_the_first_button(shift_leader_client, query, first):
    page = shift_leader_client.get(PAGE + query).text
    buttons = re.findall(r'<button class="button([^"]*)"[^>]*name="training" value="(on|off)">([^<]*)<', page)
    assert buttons[0][2] == first and len(buttons) == 2
    assert [bool(css) for css, _, _ in buttons] == [True, False]
    answer = shift_leader_client.post(PAGE, {"person": "shifter", "reason": "first week"})
    assert answer.status_code == 422 and "choose one." in answer.text

"""The owner sees at home what others changed of theirs, by whom and why, until acknowledged."""

import pytest

from audit.models import Notice
from certify.actions.lifecycle import hand_over_certification, withdraw_certification
from tests.audit.test_operation import last_change
from tests.factories import CertificationFactory, RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def certification(shifter, shift_leader):
    certification = CertificationFactory(user=shifter, run=RunFactory(run_number=315270))
    return withdraw_certification(shift_leader, certification, 1, "wrong run")


def test_owner_sees_actor_change_and_reason_until_acknowledged(shifter_client, certification):
    page = shifter_client.get("/").content.decode()
    assert "Changed of yours by others" in page and "by leader" in page and "Reason: wrong run" in page
    assert shifter_client.post("/history/seen/", {"change": [last_change().pk]}).status_code == 303
    assert "Changed of yours by others" not in shifter_client.get("/").content.decode()
    assert Notice.objects.get().acknowledged_at is not None


def test_notice_cannot_be_acknowledged_by_another_user(other_shifter_client, shift_leader_client, certification):
    for client in (other_shifter_client, shift_leader_client):
        assert "Changed of yours by others" not in client.get("/").content.decode()
        client.post("/history/seen/", {"change": [last_change().pk, "x", "9" * 30]})
    assert Notice.objects.get().acknowledged_at is None


def test_both_owners_are_notified_of_a_hand_over(
    shift_leader, shifter_client, other_shifter_client, other_shifter, shifter
):
    certification = CertificationFactory(user=shifter)
    hand_over_certification(shift_leader, certification, 1, other_shifter, "took the shift")
    for client in (shifter_client, other_shifter_client):
        assert "took the shift" in client.get("/").content.decode()


def test_own_changes_and_commands_create_no_notice(shifter, shifter_client):
    certification = CertificationFactory(user=shifter)
    withdraw_certification(shifter, certification, 1, "wrong run")
    certification.refresh_from_db()
    certification.comment = "repaired"
    certification.save()
    assert not Notice.objects.exists()
    assert "Changed of yours by others" not in shifter_client.get("/").content.decode()

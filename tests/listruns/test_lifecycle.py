"""Withdraw, restore and hand over a certification: permissions, reasons, conflicts."""

import pytest

from audit.models import Change, Notice
from certify.models import TrackerCertification
from tests.factories import CertificationFactory, RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def certification(shifter):
    return CertificationFactory(user=shifter, run=RunFactory(run_number=315270))


def send(client, certification, verb, **fields):
    return client.post(f"/list/{certification.pk}/{verb}/", {"version": certification.version, **fields})


def test_owner_withdraws_with_a_reason_and_restores(shifter_client, shifter, certification):
    assert b"counts nowhere" in shifter_client.get(f"/list/{certification.pk}/withdraw/").content
    answer = send(shifter_client, certification, "withdraw", reason="wrong run")
    assert (answer.status_code, answer["Location"]) == (303, f"/list/{certification.pk}/")
    certification.refresh_from_db()
    assert (certification.state, certification.withdrawn_by, certification.withdrawn_reason, certification.version) == (
        "withdrawn",
        shifter,
        "wrong run",
        2,
    )
    page = shifter_client.get(f"/list/{certification.pk}/").content.decode()
    assert "Withdrawn by shifter" in page and f"/list/{certification.pk}/restore/" in page
    assert send(shifter_client, certification, "restore", reason="right run").status_code == 303
    certification.refresh_from_db()
    assert (
        certification.state,
        certification.withdrawn_by,
        certification.withdrawn_at,
        certification.withdrawn_reason,
    ) == ("live", None, None, "")
    assert [change.kind for change in Change.objects.all()[:2]] == ["restore", "withdraw"]


@pytest.mark.parametrize("verb", ["withdraw", "hand-over"])
def test_change_of_state_requires_a_reason(shift_leader_client, other_shifter, certification, verb):
    answer = send(shift_leader_client, certification, verb, reason=" ", to=other_shifter.pk)
    assert answer.status_code == 422 and "Say why." in answer.content.decode()
    assert TrackerCertification.objects.get().version == 1


def test_only_owner_and_shift_leaders_change_the_state(
    other_shifter_client, shift_leader_client, guest_client, shift_leader, certification
):
    for verb in ("withdraw", "restore"):
        for client in (other_shifter_client, guest_client):
            assert send(client, certification, verb, reason="mine").status_code == 403
    assert send(other_shifter_client, certification, "hand-over", reason="mine", to=shift_leader.pk).status_code == 403
    assert send(shift_leader_client, certification, "withdraw", reason="wrong run").status_code == 303
    assert [notice.person for notice in Notice.objects.all()] == [certification.user]


def test_change_in_between_is_a_conflict_that_can_be_resent(shifter_client, shifter, certification):
    TrackerCertification.objects.get().save()
    row = TrackerCertification.objects.get()
    row.touch(shifter, "")
    row.save()
    answer = send(shifter_client, certification, "withdraw", reason="wrong run")
    assert answer.status_code == 409 and "wrong run" in answer.content.decode()
    assert 'name="version" value="2"' in answer.content.decode()
    assert TrackerCertification.objects.get().state == "live"


def test_second_withdrawal_is_a_conflict(shifter_client, certification):
    send(shifter_client, certification, "withdraw", reason="wrong run")
    certification.refresh_from_db()
    assert send(shifter_client, certification, "withdraw", reason="again").status_code == 409
    assert shifter_client.get(f"/list/{certification.pk}/withdraw/").status_code == 409


def test_restore_beside_a_live_certification_names_it(shifter_client, shifter, certification):
    send(shifter_client, certification, "withdraw", reason="wrong run")
    other = CertificationFactory(runreconstruction=certification.runreconstruction)
    certification.refresh_from_db()
    answer = send(shifter_client, certification, "restore", reason="right")
    assert answer.status_code == 409 and f"/list/{other.pk}/" in answer.content.decode()
    certification.refresh_from_db()
    assert certification.state == "withdrawn"


def test_hand_over_by_a_shift_leader_notifies_both_shifters(
    shift_leader_client, shifter, other_shifter, guest, certification
):
    assert send(shift_leader_client, certification, "hand-over", reason="x", to=guest.pk).status_code == 422
    assert send(shift_leader_client, certification, "hand-over", reason="x", to=shifter.pk).status_code == 422
    answer = send(shift_leader_client, certification, "hand-over", reason="took the shift", to=other_shifter.pk)
    assert answer.status_code == 303
    certification.refresh_from_db()
    assert certification.user == other_shifter
    assert {notice.person for notice in Notice.objects.all()} == {shifter, other_shifter}
    assert "Shifter:" in shift_leader_client.get(f"/list/{certification.pk}/").content.decode()

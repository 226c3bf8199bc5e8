"""Somebody was faster: what stands, what a form sent again means, and how a conflict is settled."""

import uuid

import pytest

from certify.models import TrackerCertification
from oms.models import OmsRun
from tests.browser_form import fields_of
from tests.certify.page_form import GOOD, RUN, errors_of, open_form, send_form
from tests.factories import (
    CertificationFactory,
    PixelProblemFactory,
    RunFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]


def test_owner_is_sent_to_the_update_page(shifter_client, shifter):
    made = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter)
    response = shifter_client.get(f"/certify/{RUN}/express/")
    assert (response.status_code, response.url) == (302, f"/list/{made.pk}/update/")


def test_shift_leader_is_sent_to_the_update_page_of_anybody(shift_leader_client, shifter):
    made = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter)
    response = shift_leader_client.get(f"/certify/{RUN}/express/")
    assert (response.status_code, response.url) == (302, f"/list/{made.pk}/update/")


def test_another_shifter_gets_a_conflict_that_shows_what_stands(shifter_client, other_shifter, sandbox):
    CertificationFactory(run=RunFactory(run_number=RUN), user=other_shifter, comment="hole in layer two")
    response = shifter_client.get(f"/certify/{RUN}/express/")
    assert response.status_code == 409
    assert "hole in layer two" in response.content.decode()
    assert "shifter2" in response.content.decode()
    assert sandbox.requests() == []


def test_post_to_the_bare_run_saves_the_reconstruction_that_was_shown(shifter_client, other_shifter):
    """Somebody certifies express while my express form is open: mine must not become prompt."""
    opened = open_form(shifter_client, f"/certify/{RUN}/")
    CertificationFactory(run=OmsRun.objects.get(pk=RUN), reconstruction="express", user=other_shifter)
    response = send_form(shifter_client, opened, f"/certify/{RUN}/", **GOOD, comment="my words")
    assert response.status_code == 409
    assert TrackerCertification.objects.count() == 1


def test_conflict_shows_both_versions_and_keeps_what_i_typed(shifter_client, other_shifter):
    opened = open_form(shifter_client)
    run = OmsRun.objects.get(pk=RUN)
    CertificationFactory(run=run, user=other_shifter, pixel="excluded", comment="their words")
    response = send_form(shifter_client, opened, **GOOD, comment="my words")
    text = response.content.decode()
    assert response.status_code == 409
    assert "their words" in text and "my words" in text
    assert "Only shifter2 or a shift leader can change it." in text and 'name="over"' not in text
    assert ("Pixel", "excluded", "good") in response.context["page"].differences
    assert fields_of(response)["comment"] == ["my words"]


def test_same_form_sent_twice_leads_to_the_record_it_made(shifter_client):
    opened = open_form(shifter_client)
    assert send_form(shifter_client, opened, **GOOD).status_code == 303
    assert send_form(shifter_client, opened, **GOOD).status_code == 303
    assert TrackerCertification.objects.count() == 1


def test_second_tab_with_another_key_is_a_conflict(shifter_client):
    opened = open_form(shifter_client)
    send_form(shifter_client, opened, **GOOD)
    assert send_form(shifter_client, opened, **GOOD, idempotency_key=str(uuid.uuid4())).status_code == 409


def test_back_and_other_flags_with_the_same_key_is_a_conflict_not_a_silent_loss(shifter_client):
    opened = open_form(shifter_client)
    assert send_form(shifter_client, opened, **GOOD).status_code == 303
    response = send_form(shifter_client, opened, **{**GOOD, "tracking": "excluded", "trackermap": "missing"})
    assert response.status_code == 409
    assert fields_of(response)["tracking"] == ["excluded"]
    assert TrackerCertification.objects.get().tracking == "good"


def test_conflict_can_be_settled_with_mine_by_a_shift_leader_who_says_why(shift_leader_client, shifter):
    opened = open_form(shift_leader_client)
    theirs = CertificationFactory(run=OmsRun.objects.get(pk=RUN), user=shifter, comment="their words")
    conflict = send_form(shift_leader_client, opened, **GOOD, comment="my words")
    assert conflict.status_code == 409 and f'formaction="/list/{theirs.pk}/update/"' in conflict.content.decode()
    path, mine = f"/list/{theirs.pk}/update/", {"over": str(theirs.version), "comment": "my words"}
    silent = send_form(shift_leader_client, conflict, path, **mine)
    assert silent.status_code == 422 and "reason" in errors_of(silent)
    assert send_form(shift_leader_client, conflict, path, **mine, reason="looked twice").status_code == 303
    theirs.refresh_from_db()
    assert (theirs.comment, theirs.user, theirs.version, theirs.change_reason) == (
        "my words",
        shifter,
        2,
        "looked twice",
    )


def test_conflict_with_my_own_other_tab_says_so_and_can_be_settled(shifter_client):
    opened = open_form(shifter_client)
    assert send_form(shifter_client, opened, **GOOD).status_code == 303
    conflict = send_form(shifter_client, opened, **GOOD, comment="second tab", idempotency_key=str(uuid.uuid4()))
    assert "you saved this in another tab" in conflict.content.decode()
    made = TrackerCertification.objects.get()
    sent = {"over": str(made.version), "comment": "second tab"}
    assert send_form(shifter_client, conflict, f"/list/{made.pk}/update/", **sent).status_code == 303
    made.refresh_from_db()
    assert (made.comment, made.version) == ("second tab", 2)


def test_another_shifter_in_conflict_may_only_keep_theirs(other_shifter_client, shifter):
    opened = open_form(other_shifter_client)
    theirs = CertificationFactory(run=OmsRun.objects.get(pk=RUN), user=shifter)
    conflict = send_form(other_shifter_client, opened, **GOOD)
    assert f'formaction="/list/{theirs.pk}/update/"' not in conflict.content.decode()
    sent = {"over": str(theirs.version)}
    assert send_form(other_shifter_client, conflict, f"/list/{theirs.pk}/update/", **sent).status_code == 403


def test_conflict_names_problems_of_both(shifter_client, other_shifter):
    problem = PixelProblemFactory(name="Hot modules")
    opened = open_form(shifter_client)
    theirs = CertificationFactory(run=OmsRun.objects.get(pk=RUN), user=other_shifter)
    theirs.pixel_problems.set([problem])
    conflict = send_form(shifter_client, opened, **GOOD)
    assert ("Pixel problems", "Hot modules", "") in conflict.context["page"].differences


def test_mine_over_theirs_keeps_the_dataset_that_was_shown_to_me(shifter, shift_leader_client):
    """Theirs was saved while Run Registry was out, and without a dataset."""
    mine = open_form(shift_leader_client)
    shown = mine.context["page"].dataset
    without = {"dataset": None, "is_dataset_verified": False}
    made = CertificationFactory(run=OmsRun.objects.get(pk=RUN), reconstruction="express", user=shifter, **without)
    made.refresh_from_db()

    conflict = send_form(shift_leader_client, mine, **GOOD)
    assert conflict.status_code == 409
    assert ("Dataset", "none", shown) in conflict.context["page"].differences
    path, over = f"/list/{made.pk}/update/", {"over": str(made.version)}
    refused = send_form(shift_leader_client, conflict, path, **over)
    assert refused.status_code == 422  # it is somebody else's: a reason is needed
    assert send_form(shift_leader_client, refused, path, reason="theirs had no dataset").status_code == 303
    made.refresh_from_db()
    assert (made.dataset.name, made.version, made.is_dataset_verified) == (shown, 2, True)


def test_back_after_the_save_says_so_and_keeps_the_way_through_the_search(
    shifter_client, shifter, sandbox, django_assert_max_num_queries
):
    made = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter)
    shifter_client.get(f"/openruns/?runs={RUN}+{RUN + 1}")
    sent_on = shifter_client.get(f"/certify/{RUN}/express/?runs={RUN}+{RUN + 1}")
    with django_assert_max_num_queries(12):
        text = shifter_client.get(sent_on.url).content.decode()
    assert f"Already saved at {made.updated_at:%Y-%m-%d %H:%M:%S} UTC." in text
    assert 'aria-label="Runs of the search"' in text and 'name="runs"' in text
    assert "Already saved" not in shifter_client.get(sent_on.url).content.decode()

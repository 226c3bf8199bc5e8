"""Changing a certification: permissions, preserved fields, conflicts."""

import pytest

from certify.models import TrackerCertification
from oms.models import OmsRun
from tests.browser_form import field_names, fields_of
from tests.factories import BadReasonFactory, CertificationFactory, PixelProblemFactory, RunFactory

pytestmark = pytest.mark.django_db
RUN = 315259


@pytest.fixture
def certification(shifter, sandbox):
    run = RunFactory(run_number=RUN)
    certification = CertificationFactory(run=run, user=shifter, comment="first words")
    certification.pixel_problems.set([PixelProblemFactory()])
    return certification


def _send(client, opened, pk, **changes):
    sent = {**fields_of(opened), **changes}
    return client.post(f"/list/{pk}/update/", {name: value for name, value in sent.items() if value is not None})


def test_owner_sees_the_present_values_and_changes_them(shifter_client, certification):
    opened = shifter_client.get(f"/list/{certification.pk}/update/")
    fields = fields_of(opened)
    assert opened.status_code == 200
    assert (fields["pixel"], fields["comment"], fields["version"]) == (["good"], ["first words"], ["1"])
    assert fields["pixel_problems"] == [str(certification.pixel_problems.get().pk)]
    response = _send(shifter_client, opened, certification.pk, comment="second words", pixel_problems=[])
    assert (response.status_code, response.url) == (303, f"/list/{certification.pk}/")
    certification.refresh_from_db()
    assert (certification.comment, certification.version, certification.user.username) == ("second words", 2, "shifter")
    assert not certification.pixel_problems.exists()
    assert certification.dataset.name == "/PromptReco/Collisions2018A/DQM"


def test_change_by_a_shift_leader_requires_a_reason_and_preserves_the_owner(shift_leader_client, certification):
    opened = shift_leader_client.get(f"/list/{certification.pk}/update/")
    assert "You (leader) are changing what shifter certified." in opened.content.decode()
    assert "reason" in field_names(opened)
    refused = _send(shift_leader_client, opened, certification.pk, comment="mine")
    assert refused.status_code == 422 and "reason" in refused.context["form"].errors
    assert _send(shift_leader_client, refused, certification.pk, comment="mine", reason="seen again").status_code == 303
    certification.refresh_from_db()
    assert (certification.user.username, certification.updated_by.username, certification.change_reason) == (
        "shifter",
        "leader",
        "seen again",
    )


def test_other_shifter_guest_and_anonymous_user_are_denied(
    other_shifter_client, guest_client, client, certification, sandbox
):
    denied = other_shifter_client.get(f"/list/{certification.pk}/update/")
    assert denied.status_code == 403 and "Only they or a shift leader" in denied.content.decode()
    assert other_shifter_client.post(f"/list/{certification.pk}/update/", {"comment": "x"}).status_code == 403
    assert guest_client.get(f"/list/{certification.pk}/update/").status_code == 403
    assert client.get(f"/list/{certification.pk}/update/").status_code == 302
    assert sandbox.requests() == []


def test_withdrawn_or_unknown_certification_is_404(shift_leader_client, sandbox):
    withdrawn = CertificationFactory(withdrawn=True)
    assert shift_leader_client.get(f"/list/{withdrawn.pk}/update/").status_code == 404
    assert shift_leader_client.get("/list/99999999/update/").status_code == 404


def test_change_of_an_old_version_shows_both_and_preserves_the_typed_values(
    shifter_client, shift_leader_client, certification
):
    own_form = shifter_client.get(f"/list/{certification.pk}/update/")
    other_form = shift_leader_client.get(f"/list/{certification.pk}/update/")
    sent = {"comment": "their words", "reason": "seen again"}
    assert _send(shift_leader_client, other_form, certification.pk, **sent).status_code == 303
    response = _send(shifter_client, own_form, certification.pk, comment="my words")
    assert response.status_code == 409
    assert "their words" in response.content.decode()
    assert fields_of(response)["comment"] == ["my words"]
    assert TrackerCertification.objects.get(pk=certification.pk).comment == "their words"


def test_conflict_names_the_last_editor(shifter_client, shift_leader_client, certification):
    own_form = shifter_client.get(f"/list/{certification.pk}/update/")
    other_form = shift_leader_client.get(f"/list/{certification.pk}/update/")
    _send(shift_leader_client, other_form, certification.pk, comment="theirs", reason="seen again")
    text = _send(shifter_client, own_form, certification.pk, comment="mine").content.decode()
    assert "leader changed this meanwhile" in text and "another tab" not in text


def test_overwrite_without_a_reason_can_be_corrected(shift_leader_client, shifter_client, certification):
    own_form = shift_leader_client.get(f"/list/{certification.pk}/update/")
    other_form = shifter_client.get(f"/list/{certification.pk}/update/")
    _send(shifter_client, other_form, certification.pk, comment="theirs")
    conflict = _send(shift_leader_client, own_form, certification.pk, comment="mine", reason="looked")
    assert conflict.status_code == 409
    refused = _send(shift_leader_client, conflict, certification.pk, over="2", reason="")
    assert refused.status_code == 422
    assert _send(shift_leader_client, refused, certification.pk, reason="looked").status_code == 303
    certification.refresh_from_db()
    assert (certification.comment, certification.version) == ("mine", 3)


def test_same_change_sent_twice_counts_once(shifter_client, certification):
    opened = shifter_client.get(f"/list/{certification.pk}/update/")
    for _ in range(2):
        assert _send(shifter_client, opened, certification.pk, comment="again").status_code == 303
    assert TrackerCertification.objects.get(pk=certification.pk).version == 2


@pytest.mark.parametrize("dataset", [None, "", "/Express/Invented/DQM"])
def test_change_ignores_a_dataset_in_the_request(shifter_client, certification, dataset):
    opened = shifter_client.get(f"/list/{certification.pk}/update/")
    assert _send(shifter_client, opened, certification.pk, dataset=dataset, comment="again").status_code == 303
    certification.refresh_from_db()
    assert (certification.dataset.name, certification.is_dataset_verified) == ("/PromptReco/Collisions2018A/DQM", True)


def test_entry_rules_apply_to_changes_but_checklists_do_not(shifter_client, certification):
    opened = shifter_client.get(f"/list/{certification.pk}/update/")
    refused = _send(shifter_client, opened, certification.pk, pixel="bad", comment="hole")
    assert refused.status_code == 422 and "bad_reason" in refused.context["form"].errors
    sent = {"pixel": "bad", "comment": "hole", "bad_reason": BadReasonFactory().pk, "confirm_pixel": "on"}
    assert _send(shifter_client, refused, certification.pk, **sent).status_code == 303


def test_retired_reference_stays_with_its_certification(shifter_client, certification):
    reference = certification.reference_runreconstruction
    reference.is_reference = False
    reference.save()
    opened = shifter_client.get(f"/list/{certification.pk}/update/")
    assert fields_of(opened)["reference_runreconstruction"] == [str(reference.pk)]
    assert _send(shifter_client, opened, certification.pk, comment="still").status_code == 303


@pytest.mark.parametrize("mode", ["refuse", "500", "not-found", "hang"])
def test_form_opens_with_stored_facts_while_oms_is_unreachable(shifter_client, certification, sandbox, settings, mode):
    settings.PAGE_BUDGET_S = 1
    OmsRun.objects.filter(pk=RUN).update(fetched_at=None)
    sandbox.faults("oms", mode)
    opened = shifter_client.get(f"/list/{certification.pk}/update/")
    assert opened.status_code == 200
    assert any("OMS" in notice for notice in opened.context["page"].notices)
    assert _send(shifter_client, opened, certification.pk, comment="kept").status_code == 303


def test_query_count_of_the_update_page_is_at_most_14(shifter_client, certification, django_assert_max_num_queries):
    # One for the other opinions, which are shown since flags are set, and one for the lumisections.
    with django_assert_max_num_queries(14):
        assert shifter_client.get(f"/list/{certification.pk}/update/").status_code == 200

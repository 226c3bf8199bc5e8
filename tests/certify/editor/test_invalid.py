"""Input that the certify page refuses: the field of each error, and the form preserved."""

from datetime import UTC, datetime, timedelta

import pytest

from certify.models import BadReason, TrackerCertification
from tests.browser_form import field_names, fields_of
from tests.certify.page_form import GOOD, RUN, errors_of, open_form, send_form
from tests.factories import (
    BadReasonFactory,
    ChecklistFactory,
    PixelProblemFactory,
    ReconstructionFactory,
    RunFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]


def test_bad_with_reason_comment_and_problem_is_saved(shifter_client):
    reason, problem = BadReasonFactory(), PixelProblemFactory()
    changes = {**GOOD, "pixel": "bad", "bad_reason": reason.pk, "comment": "hole", "pixel_problems": [problem.pk]}
    changes["confirm_pixel"] = "on"
    assert send_form(shifter_client, open_form(shifter_client), **changes).status_code == 303
    certification = TrackerCertification.objects.get()
    assert (certification.verdict, certification.bad_reason, list(certification.pixel_problems.all())) == (
        "bad",
        reason,
        [problem],
    )


def test_message_after_a_save_links_to_the_certification(shifter_client):
    assert send_form(shifter_client, open_form(shifter_client), **GOOD).status_code == 303
    certification = TrackerCertification.objects.get()
    text = shifter_client.get("/openruns/").text
    assert f'<a href="/list/{certification.pk}/">{certification}</a> saved: good' in text


def test_checklist_error_is_distinct_from_the_field_of_the_same_name(shifter_client, settings):
    settings.CHECKLIST_BOXES = True
    ChecklistFactory(identifier="pixel", title="Pixel")
    refused = send_form(shifter_client, open_form(shifter_client), **{**GOOD, "pixel": None})
    assert [name for _anchor, name in refused.context["editor"].error_links] == ["Pixel", "Checklist Pixel"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pixel": None}, "pixel"),
        ({"strip": None}, "strip"),
        ({"tracking": None}, "tracking"),
        ({"trackermap": None}, "trackermap"),
        ({"reference_runreconstruction": None}, "reference_runreconstruction"),
        ({"reference_runreconstruction": "99999999"}, "reference_runreconstruction"),
        ({"date": ""}, "date"),
        ({"date": "yesterday"}, "date"),
        ({"date": "2018-04-01"}, "date"),
        ({"date": "0018-05-13"}, "date"),
        ({"date": "05/13/2018"}, "date"),
        ({"date": (datetime.now(UTC) + timedelta(days=9)).date().isoformat()}, "date"),
        ({"reconstruction": None}, "reconstruction"),
        ({"pixel": "fine"}, "pixel"),
        ({"pixel": "bad"}, "bad_reason"),
        ({"strip": "bad", "comment": "x"}, "tracking"),
        ({"pixel": "excluded", "pixel_lowstat": "on"}, "pixel_lowstat"),
        ({"dataset": "/Express/Other/DQM"}, "dataset"),
        ({"bad_reason": "99999999"}, "bad_reason"),
        ({"pixel_problems": ["99999999"]}, "pixel_problems"),
        ({"pixel_problems": ["9" * 30]}, "pixel_problems"),
        ({"bad_reason": "9" * 30}, "bad_reason"),
        ({"reference_runreconstruction": "9" * 30}, "reference_runreconstruction"),
        ({"comment": "nul\x00"}, "comment"),
    ],
    ids=str,
)
def test_invalid_entry_is_refused_beside_its_field_and_the_form_is_preserved(shifter_client, changes, field):
    sent = {**GOOD, "comment": "a long comment that must be preserved", **changes}
    response = send_form(shifter_client, open_form(shifter_client), **sent)
    assert response.status_code == 422
    assert field in errors_of(response)
    assert not TrackerCertification.objects.exists()
    form = fields_of(response)
    assert form["comment"][0].replace("\x00", "") == sent["comment"].replace("\x00", "")
    assert form["ticket"][0]


def test_reference_of_another_run_type_is_refused(shifter_client, references):
    sent = {**GOOD, "reference_runreconstruction": references["cosmics"].pk}
    response = send_form(shifter_client, open_form(shifter_client), **sent)
    assert response.status_code == 422
    assert "Choose a reference of the same type." in errors_of(response)["reference_runreconstruction"][0]


def test_checklist_has_to_be_ticked(shifter_client):
    ChecklistFactory(identifier="general")
    opened = open_form(shifter_client)
    assert "checklist_general" in field_names(opened)
    refused = send_form(shifter_client, opened, **GOOD)
    assert refused.status_code == 422 and "checklist_general" in errors_of(refused)
    assert send_form(shifter_client, opened, **GOOD, checklist_general="on").status_code == 303


def test_reconstruction_other_than_the_one_shown_is_refused(shifter_client):
    response = send_form(shifter_client, open_form(shifter_client), **GOOD, reconstruction="prompt")
    assert response.status_code == 422
    assert not TrackerCertification.objects.exists()


@pytest.mark.parametrize("ticket", [None, "", "forged"])
def test_form_without_a_valid_context_is_shown_again_with_its_input(shifter_client, ticket):
    opened = open_form(shifter_client)
    sent = {**GOOD, "ticket": ticket, "comment": "preserved", "dataset": "/Express/MadeUp/DQM"}
    refused = send_form(shifter_client, opened, **sent)
    assert refused.status_code == 422 and not TrackerCertification.objects.exists()
    assert "opened anew" in refused.content.decode()
    assert (fields_of(refused)["comment"], fields_of(refused)["pixel"]) == (["preserved"], ["good"])
    assert send_form(shifter_client, refused).status_code == 303
    certification = TrackerCertification.objects.get()
    assert (certification.dataset.name, certification.is_dataset_verified) == ("/Express/Collisions2018/DQM", True)


def test_context_of_another_run_is_refused(shifter_client):
    opened = open_form(shifter_client, "/certify/315264/express/")
    response = send_form(shifter_client, opened, **GOOD)
    assert response.status_code == 422 and not TrackerCertification.objects.exists()


def test_dataset_named_by_run_registry_cannot_be_left_out(shifter_client):
    response = send_form(shifter_client, open_form(shifter_client), **GOOD, dataset="")
    assert response.status_code == 422 and "dataset" in errors_of(response)


def test_reference_has_to_be_a_reference_run_and_not_the_run_itself(shifter_client, references):
    plain = ReconstructionFactory(run=RunFactory(run_number=314575))
    response = send_form(shifter_client, open_form(shifter_client), **GOOD, reference_runreconstruction=plain.pk)
    assert response.status_code == 422 and "reference_runreconstruction" in errors_of(response)
    own = references["collisions"]
    opened = open_form(shifter_client, "/certify/314811/express/")
    assert str(own.pk) not in [option.value for option in opened.context["page"].references]
    sent = {**GOOD, "reference_runreconstruction": own.pk}
    response = send_form(shifter_client, opened, "/certify/314811/express/", **sent)
    assert "not its own reference" in str(errors_of(response))


def test_reason_without_comment_is_refused_with_the_reason_as_comment(shifter_client):
    reason = BadReasonFactory(name="HV off")
    response = send_form(shifter_client, open_form(shifter_client), **{**GOOD, "pixel": "bad", "bad_reason": reason.pk})
    assert response.status_code == 422
    assert fields_of(response)["comment"] == ["HV off"]


@pytest.mark.parametrize("typed", ["HV off:", " HV off : "])
def test_comment_that_ends_after_the_reason_is_saved_without_the_colon(shifter_client, typed):
    bad = {**GOOD, "strip": "bad", "tracking": "bad", "bad_reason": BadReasonFactory(name="HV off").pk}
    response = send_form(shifter_client, open_form(shifter_client), **bad, comment=typed)
    assert (response.status_code, fields_of(response)["comment"]) == (422, [typed])
    response = send_form(shifter_client, response, confirm_where="on", confirm_pixel="on")
    assert response.status_code == 303, errors_of(response)
    assert TrackerCertification.objects.get().comment == "HV off"


def test_search_that_is_too_long_for_an_address_is_dropped(shifter_client):
    response = send_form(shifter_client, open_form(shifter_client), **GOOD, runs="315259," * 5000)
    assert response.status_code == 303 and len(response.url) < 10_000


def test_refused_form_can_be_corrected_and_saved(shifter_client):
    refused = send_form(shifter_client, open_form(shifter_client), **{**GOOD, "pixel": None})
    assert send_form(shifter_client, refused, **GOOD).status_code == 303


def test_guest_and_anonymous_user_cannot_certify_and_no_request_is_sent(guest_client, client, sandbox):
    assert guest_client.get(f"/certify/{RUN}/express/").status_code == 403
    assert guest_client.post(f"/certify/{RUN}/express/", GOOD).status_code == 403
    anonymous = client.get(f"/certify/{RUN}/express/")
    assert anonymous.status_code == 302 and anonymous.url.startswith("/accounts/login/?next=/certify/")
    assert sandbox.requests() == []


def test_added_reason_is_selected_and_the_form_is_preserved(shifter_client):
    sent = {"pixel": "bad", "comment": "half typed", "new_reason": " HV  off ", "add_reason": "1"}
    response = send_form(shifter_client, open_form(shifter_client), **sent)
    assert response.status_code == 200
    reason = BadReason.objects.get()
    form = fields_of(response)
    assert reason.name == "HV off"
    assert (form["bad_reason"], form["comment"], form["pixel"]) == ([str(reason.pk)], ["half typed"], ["bad"])
    assert not TrackerCertification.objects.exists()


def test_existing_reason_is_selected_and_not_duplicated(shifter_client):
    reason = BadReasonFactory(name="HV off")
    response = send_form(shifter_client, open_form(shifter_client), new_reason="hv off", add_reason="1")
    assert fields_of(response)["bad_reason"] == [str(reason.pk)]
    assert BadReason.objects.count() == 1


def test_retired_reason_cannot_be_added_again(shifter_client):
    BadReasonFactory(name="Old one", is_retired=True)
    response = send_form(shifter_client, open_form(shifter_client), new_reason="old one", add_reason="1")
    assert response.status_code == 422
    assert "retired" in str(response.context["editor"].new_term_forms["reason"].errors)


@pytest.mark.parametrize("name", ["", "x" * 51], ids=["empty", "too long"])
def test_reason_with_an_invalid_name_gets_an_error(shifter_client, name):
    response = send_form(
        shifter_client, open_form(shifter_client), new_reason=name, add_reason="1", comment="preserved"
    )
    assert response.status_code == 422
    assert response.context["editor"].new_term_forms["reason"].errors["new_reason"]
    assert fields_of(response)["comment"] == ["preserved"]


def test_adding_a_reason_shows_no_errors_of_other_fields(shifter_client, sandbox):
    sandbox.faults("oms", "refuse")
    for name, status in (("HV off", 200), ("", 422)):
        response = send_form(shifter_client, open_form(shifter_client), new_reason=name, add_reason="1")
        assert response.status_code == status
        assert "Not saved" not in response.content.decode()


def test_first_submit_button_saves_the_form(shifter_client):
    """Enter in a field activates the first submit button of the form."""
    text = open_form(shifter_client).content.decode()
    form = text[text.index("<main") :]
    assert form.index('name="then" value="list" hidden') < form.index('name="add_reason"')


def test_form_of_another_reconstruction_than_the_address_is_opened_again(shifter_client):
    opened = open_form(shifter_client, f"/certify/{RUN}/prompt/")
    response = send_form(shifter_client, opened, f"/certify/{RUN}/express/", **GOOD)
    assert response.status_code == 422
    assert response.context["editor"].form_context.reconstruction == "express"
    assert not TrackerCertification.objects.exists()


def test_problems_are_unfolded_beside_a_bad_component(shifter_client):
    opened = open_form(shifter_client)
    assert "data-why open" not in opened.content.decode()
    refused = send_form(shifter_client, opened, **GOOD | {"pixel": "bad"})
    assert "data-why open" in refused.content.decode()

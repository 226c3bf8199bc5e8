"""Live checks: the rules of entry while the form is filled in; nothing is saved."""

import json

import pytest

from certify.models import TrackerCertification
from tests.browser_form import field_names
from tests.certify.page_form import BY_HAND, GOOD, RUN, open_form, send_form
from tests.factories import CertificationFactory, ChecklistFactory, RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]


def _live_check(client, opened, path=f"/certify/{RUN}/express/", **changes):
    response = send_form(client, opened, path, hints="1", **changes)
    assert response.status_code == 200
    return response


def _sentences(response):
    return [sentence for _anchor, sentence in response.context["open_issues"]]


def test_empty_form_shows_no_issues(shifter_client):
    ChecklistFactory(identifier="general")
    response = _live_check(shifter_client, open_form(shifter_client))
    assert _sentences(response) == [] and not field_names(response)
    assert "<html" not in response.content.decode()


def test_live_checks_apply_the_rules(shifter_client):
    opened = open_form(shifter_client)
    response = _live_check(shifter_client, opened, strip="bad", tracking="good", pixel="excluded")
    assert field_names(response) == {"confirm_pixel"}
    assert len(_sentences(response)) == 4
    assert "Tracking cannot be good while Strip is bad." in response.content.decode()
    assert 'hx-swap-oob="innerHTML:#confirmations-tracking,' in response.content.decode()


def test_page_contains_each_target_of_the_fragment(shifter_client):
    page = open_form(shifter_client).content.decode()
    for place, *_rest in _live_check(shifter_client, open_form(shifter_client)).context["places"]:
        assert f'id="confirmations-{place}"' in page
    assert 'id="live-checks"' in page


def test_confirmations_are_open_issues_until_they_are_ticked(shifter_client):
    changes = GOOD | {"pixel": "excluded"}
    sentence = "To confirm: Tracking is good while Pixel is bad or excluded."
    response = _live_check(shifter_client, open_form(shifter_client), **changes)
    assert response.context["open_issues"] == [("confirm_pixel", sentence)]
    assert response.content.decode().count("Tracking is good while Pixel is excluded.") == 1
    response = _live_check(shifter_client, open_form(shifter_client), **changes, confirm_pixel="on")
    assert response.context["open_issues"] == []


def test_missing_facts_are_shown_before_saving(shifter_client, sandbox):
    sandbox.faults("oms", "refuse")
    path = "/certify/999999/express/"
    opened = open_form(shifter_client, path)
    named = [anchor for anchor, _sentence in _live_check(shifter_client, opened, path).context["open_issues"]]
    assert named[:2] == ["id_run-run_type", "id_run-lumisections"]
    assert opened.content.decode().count("needed for collisions") == 2 * 3
    collisions = _live_check(shifter_client, opened, path, **{"run-run_type": "collisions"}).context["open_issues"]
    assert [anchor for anchor, _sentence in collisions[:4]] == [
        "id_run-lumisections",
        "id_run-energy",
        "id_run-recorded_lumi",
        "id_fill-fill_number",
    ]
    cosmics = send_form(shifter_client, opened, path, **{"run-run_type": "cosmics"})
    assert "needed for collisions" not in cosmics.content.decode()


def test_typed_facts_are_checked_while_others_are_missing(shifter_client):
    opened = open_form(shifter_client, "/certify/999999/express/")
    typed = {"run-run_type": "cosmics", "run-recorded_lumi": "3", "run-recorded_lumi_unit": "pb^{-1}"}
    response = _live_check(shifter_client, opened, "/certify/999999/express/", **typed)
    assert "confirm_lumi" in field_names(response)
    no_unit = {**BY_HAND, "run-run_type": "cosmics", "run-recorded_lumi_unit": "furlong"}
    response = _live_check(shifter_client, opened, "/certify/999999/express/", **no_unit)
    assert "confirm_lumi" not in field_names(response)


def test_reason_of_a_change_and_unreadable_ranges_are_open_issues_until_given(shift_leader_client, shifter):
    certification = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter)
    path = f"/list/{certification.pk}/update/"
    opened = open_form(shift_leader_client, path)
    unreadable = _live_check(shift_leader_client, opened, path, strip_ranges="310-").context["open_issues"]
    assert unreadable == [
        ("id_strip_ranges", "“310-” is no range of lumisections. Write ranges as 310-330, 352."),
        ("id_reason", "Say why you change somebody else's certification."),
    ]
    assert _sentences(_live_check(shift_leader_client, opened, path, reason="seen in TOB L3")) == []


def test_live_checks_write_nothing_and_make_no_request(shifter_client, sandbox, django_assert_max_num_queries):
    opened = open_form(shifter_client)
    sandbox.clear()
    with django_assert_max_num_queries(9) as captured:
        _live_check(shifter_client, opened, **GOOD)
    assert not [
        query for query in captured.captured_queries if query["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")
    ]
    assert sandbox.requests() == []
    assert not TrackerCertification.objects.exists()


def test_form_without_its_context_gets_no_live_checks(shifter_client):
    response = send_form(shifter_client, open_form(shifter_client), hints="1", ticket="")
    assert response.status_code == 204


def test_live_checks_of_a_change_require_permission(shifter_client, other_shifter_client, shifter):
    certification = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter)
    path = f"/list/{certification.pk}/update/"
    opened = open_form(shifter_client, path)
    assert field_names(_live_check(shifter_client, opened, path, pixel="excluded")) == {"confirm_pixel"}
    assert send_form(other_shifter_client, opened, path, hints="1").status_code == 403
    certification.refresh_from_db()
    assert (certification.version, certification.pixel) == (1, "good")


def test_counterpart_is_compared_while_the_form_is_filled_in(shifter_client):
    CertificationFactory(run=RunFactory(run_number=RUN), reconstruction="express", strip="bad")
    path = f"/certify/{RUN}/prompt/"
    opened = open_form(shifter_client, path)
    assert field_names(_live_check(shifter_client, opened, path, strip="good")) == set()  # nobody has judged yet
    response = _live_check(shifter_client, opened, path, strip="good", pixel="good", tracking="good")
    assert "Express differs: Strip bad, here good." in response.content.decode()
    assert field_names(response) == {"confirm_counterpart"}


def _invalid_inputs(response):
    return json.loads(response["HX-Trigger"])["remaining_errors"]


def test_live_checks_name_the_fields_with_errors(shifter_client):
    """static/js/form_errors.js removes the errors of all other fields."""
    opened = open_form(shifter_client)
    assert {"choice-pixel", "choice-strip", "choice-trackermap"} <= set(
        _invalid_inputs(_live_check(shifter_client, opened))
    )
    changes = GOOD | {"pixel": "bad"}
    assert _invalid_inputs(_live_check(shifter_client, opened, **changes)) == [
        "id_bad_reason",
        "id_comment",
        "confirm_pixel",
    ]
    assert _invalid_inputs(_live_check(shifter_client, opened, **GOOD)) == []
    assert _invalid_inputs(_live_check(shifter_client, opened, **GOOD, date="")) == ["id_date"]

"""Bad lumisections on the certify page: errors and price beside the field, ranges that are offered."""

import pytest

from certify.models import TrackerCertification
from oms.models import OmsRun
from tests.certify.actions.test_ranges import NO_PIXEL, store_rows
from tests.certify.page_form import GOOD, RUN, errors_of, open_form, send_form
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]
PROMPT = f"/certify/{RUN}/prompt/"


def _live_check(client, path=f"/certify/{RUN}/express/", **changes):
    response = send_form(client, open_form(client, path), path, hints="1", **changes)
    assert response.status_code == 200
    return response


def _notes(response):
    return {note.component: note for note in response.context["ranges_notes"]}


def _offers(response):
    return [(row.component, row.label, row.ranges) for *_rest, offers in response.context["places"] for row in offers]


def test_price_is_shown_before_the_flag_is_set(shifter_client):
    store_rows(RUN)
    response = _live_check(shifter_client, strip_ranges="10-19")
    price = _notes(response)["strip"].price
    assert price.startswith("out: 10 LS, 5.000 /pb of ") and "; whole run bad: " in price
    assert _notes(response)["pixel"] == ("pixel", (), "", False)
    assert 'hx-swap-oob="innerHTML:#ranges-note-strip"' in response.content.decode()


def test_price_and_offer_name_the_lumisections_that_were_off(shifter_client):
    run = RunFactory(run_number=RUN, components=["PIXEL", "TRACKER"])
    store_rows(RUN, last=40, bits=NO_PIXEL)
    notes = _notes(_live_check(shifter_client, pixel_ranges="31-40", strip_ranges="31-40"))
    assert "; 10 of them off anyway" in notes["pixel"].price
    assert "off anyway" not in notes["strip"].price
    CertificationFactory(run=run, reconstruction="express", pixel_ranges=[[31, 40]], comment="FPIX trip")
    ReconstructionFactory(run=RunFactory(run_number=314812), reconstruction="prompt", reference=True)
    offered = _live_check(shifter_client, PROMPT, **GOOD, pixel_ranges="31-32").content.decode()
    assert "Express has 33-40 bad, 8 of them off anyway; not confirmed here yet." in offered


def test_price_of_several_components_names_their_sum(shifter_client):
    store_rows(RUN)
    response = _live_check(shifter_client, **GOOD, strip_ranges="10-19", tracking_ranges="10-19,25")
    assert _notes(response)["strip"].price.endswith(". All components: 11 LS, 5.500 /pb")
    assert "All components" not in _notes(response)["tracking"].price


def test_component_that_does_not_count_costs_nothing(shifter_client):
    path = "/certify/314768/express/"
    response = _live_check(shifter_client, path, pixel_ranges="3-4", **{"run-run_type": "cosmics"})
    assert _notes(response)["pixel"].price == "Pixel does not count for cosmics: nothing is out."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("310-", "“310-” is no range of lumisections. Write ranges as 310-330, 352."),
        ("20-10", "“20-10” ends before it begins. Write 10-20."),
        ("310-9000", "310-9000 goes beyond the last lumisection, "),
        ("7," * 5001, "The text has 10002 characters. Write ranges with at most 10000."),
    ],
)
def test_refused_ranges_say_so_beside_the_field_and_stay(shifter_client, text, sentence):
    changes = {**GOOD, "strip_ranges": text, "comment": "noise"}
    live = _notes(_live_check(shifter_client, **changes))["strip"]
    assert live.errors[0].startswith(sentence)
    assert not live.may_remove
    assert "confirm_ranges_most" not in _live_check(shifter_client, **changes).content.decode()
    refused = send_form(shifter_client, open_form(shifter_client), **changes)
    page = refused.content.decode()
    assert (refused.status_code, list(errors_of(refused))) == (422, ["strip_ranges"])
    assert f'value="{text}"' in page and 'id="id_strip_ranges_error"' in page and sentence in page
    assert 'id="ranges-strip" data-ranges-place data-shown>' in page
    assert 'id="ranges-pixel" data-ranges-place>' in page


def test_ranges_of_a_bad_component_are_refused_with_one_action(shifter_client):
    changes = {**GOOD, "strip": "bad", "tracking": "bad", "strip_ranges": "10-19", "comment": "noise"}
    response = _live_check(shifter_client, **changes)
    assert _notes(response)["strip"].may_remove
    assert 'data-ranges-remove="strip"' in response.content.decode()
    assert (
        "need a reason or a comment" not in _live_check(shifter_client, **{**changes, "comment": ""}).content.decode()
    )
    assert _offers(response) == []  # nothing of what is refused


def test_strip_offers_its_ranges_to_tracking_before_and_in_the_question(shifter_client):
    offer = [("tracking", "same for Tracking", "10-19")]
    before = _live_check(shifter_client, strip_ranges="10-19, 30", tracking_ranges="30")
    assert _offers(before) == offer
    assert "Strip: 10-19 bad." in before.content.decode()
    flagged = _live_check(shifter_client, tracking="good", strip_ranges="10-19, 30", tracking_ranges="30")
    assert "Strip: 10-19 bad." in flagged.content.decode()  # nothing is asked before Strip has a flag
    asked = _live_check(shifter_client, **GOOD, strip_ranges="10-19, 30", tracking_ranges="30")
    assert _offers(asked) == offer
    assert "Tracking is good in 10-19, where Strip is bad." in asked.content.decode()
    assert "Strip: 10-19 bad." not in asked.content.decode()
    assert _offers(_live_check(shifter_client, **GOOD, strip_ranges="10-19", tracking_ranges="5-25")) == []


def test_refused_ranges_of_strip_are_neither_offered_nor_asked_about(shifter_client):
    for flags in ({}, GOOD):
        response = _live_check(shifter_client, **flags, strip_ranges="10-9000")
        assert _notes(response)["strip"].errors[0].startswith("10-9000 goes beyond the last lumisection, ")
        assert _offers(response) == []
        assert "confirm_range_tracking" not in response.content.decode()
    excluded = GOOD | {"strip": "excluded", "strip_ranges": "10-19"}
    assert "confirm_range_tracking" not in _live_check(shifter_client, **excluded).content.decode()


def test_express_offers_its_ranges_to_prompt_once_all_flags_are_set(shifter_client):
    run = RunFactory(run_number=RUN)
    CertificationFactory(run=run, reconstruction="express", pixel_ranges=[[11, 13]], comment="FPIX trip")
    ReconstructionFactory(run=RunFactory(run_number=314812), reconstruction="prompt", reference=True)
    sentence = "Express has 11-13 bad; not confirmed here yet."
    two_flags = {"pixel": "good", "strip": "good"}
    assert _offers(_live_check(shifter_client, PROMPT, **two_flags)) == []
    offered = _live_check(shifter_client, PROMPT, **GOOD)
    assert _offers(offered) == [("pixel", "take from Express", "11-13")]
    assert sentence in offered.content.decode()
    assert _offers(_live_check(shifter_client, PROMPT, **GOOD, pixel_ranges="11-13")) == []
    assert _offers(_live_check(shifter_client, PROMPT, **GOOD | {"pixel": "bad"})) == []
    page = open_form(shifter_client, PROMPT).content.decode()
    assert "Express has 11-13" not in page
    refused = send_form(shifter_client, open_form(shifter_client, PROMPT), PROMPT, **GOOD)
    assert sentence in refused.content.decode()  # text to type, without JavaScript
    assert TrackerCertification.objects.count() == 1


def test_equal_ranges_of_express_and_strip_are_offered_to_tracking_once(shifter_client):
    run = RunFactory(run_number=RUN)
    ranges = {"strip_ranges": [[11, 13]], "tracking_ranges": [[11, 13]]}
    CertificationFactory(run=run, reconstruction="express", **ranges, comment="TOB trip")
    ReconstructionFactory(run=RunFactory(run_number=314812), reconstruction="prompt", reference=True)
    offered = _offers(_live_check(shifter_client, PROMPT, **GOOD, strip_ranges="11-13"))
    assert offered == [("tracking", "take from Express", "11-13")]
    other = _offers(_live_check(shifter_client, PROMPT, **GOOD, strip_ranges="11-14"))
    assert [label for _component, label, _ranges in other] == ["same for Tracking", "take from Express"]


def test_saved_message_says_what_is_out(shifter_client):
    store_rows(RUN)
    changes = {**GOOD, "strip_ranges": "10-19", "tracking_ranges": "10-19", "comment": "noise"}
    saved = send_form(shifter_client, open_form(shifter_client), **changes)
    assert saved.status_code in (302, 303)
    assert ": good, 10 of " in shifter_client.get("/").content.decode()


def test_change_of_a_certification_opens_with_its_ranges(shifter, shifter_client):
    row = CertificationFactory(user=shifter, strip_ranges=[[10, 19]], comment="noise")
    page = shifter_client.get(f"/list/{row.pk}/update/").content.decode()
    assert 'value="10-19"' in page and 'id="ranges-strip" data-ranges-place data-shown>' in page
    assert "out: 10 LS" in page and 'data-ranges-offer="tracking"' in page
    assert '<details class="disclosure why" id="why" data-why open>' in page


def test_conflict_shows_the_typed_ranges_and_what_is_offered(shifter_client, other_shifter):
    opened = open_form(shifter_client)
    CertificationFactory(run=OmsRun.objects.get(pk=RUN), user=other_shifter, strip_ranges=[[1, 3]], comment="trip")
    typed = {**GOOD, "strip_ranges": "10-19", "confirm_range_tracking": "on", "comment": "noise"}
    conflict = send_form(shifter_client, opened, **typed)
    page = conflict.content.decode()
    assert conflict.status_code == 409
    assert 'value="10-19"' in page and "out: 10 LS" in page and 'data-ranges-offer="tracking"' in page
    assert ("Strip bad lumisections", "1-3", "10-19") in conflict.context["page"].differences
    equal = send_form(shifter_client, opened, **typed | {"strip_ranges": " 1 – 3"})
    assert equal.status_code == 409
    assert "bad lumisections" not in str(equal.context["page"].differences)
    damaged = send_form(shifter_client, opened, **typed | {"strip_ranges": "1-"})
    assert (damaged.status_code, list(errors_of(damaged))) == (422, ["strip_ranges"])


@pytest.mark.parametrize(("components", "tracks"), [(["PIXEL", "TRACKER"], "1-40"), (["TRACKER"], "")])
def test_timeline_names_where_each_component_is_off(shifter_client, components, tracks):
    RunFactory(run_number=RUN, components=components)
    store_rows(RUN, last=40, bits=NO_PIXEL)
    page = shifter_client.get(f"/certify/{RUN}/express/lumisections/", HTTP_HX_REQUEST="true").content.decode()
    assert f'data-off-strip="" data-off-tracking="{tracks}"' in page
    assert f'data-off-pixel="{tracks}"' in page  # a detector that was not in the run was not off

"""Confirmations on the certify and update pages: required once, shown beside their fields, stored."""

import json
import re

import pytest

from certify.actions.certify import amend_certification, certify_run
from certify.actions.input import CertificationContext, CertificationInput
from certify.errors import EntryInvalid
from certify.models import TrackerCertification
from certify.models.choices import ConfirmationCode
from tests.browser_form import field_names, fields_of
from tests.certify.page_form import BY_HAND, GOOD, RUN, open_form, send_form
from tests.factories import (
    BadReasonFactory,
    CertificationFactory,
    ChecklistFactory,
    ReconstructionFactory,
    RunFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]
PLAIN = [315259, 315264, 315265, 315267, 315270, 315339, 315357, 315363, 315490, 315543, 315555, 315556]
BOX = re.compile(r"confirm_\w+")


def _boxes(response):
    return {name for name in field_names(response) if BOX.fullmatch(name)}


def _ticked(response, *boxes):
    """The given checkboxes, or all of them, with the values of the page."""
    values = dict(re.findall(r'name="(confirm_\w+)" id="\w+" value="([\w-]+)"', response.content.decode()))
    return {name: values[name] for name in boxes or _boxes(response)}


@pytest.mark.parametrize("reconstruction", ["express", "prompt", "rereco", "rerecoul"])
def test_all_good_flags_on_ordinary_runs_require_no_confirmation(shifter_client, reconstruction):
    for run in PLAIN:
        path = f"/certify/{run}/{reconstruction}/"
        opened = open_form(shifter_client, path)
        assert not _boxes(opened)
        assert send_form(shifter_client, opened, path, **GOOD).status_code == 303, (run, reconstruction)
    assert {tuple(certification.confirmed) for certification in TrackerCertification.objects.all()} == {()}


def test_confirmation_is_required_and_stored_when_ticked(shifter_client):
    changes = {**GOOD, "pixel": "excluded"}
    response = send_form(shifter_client, open_form(shifter_client), **changes)
    assert response.status_code == 422 and _boxes(response) == {"confirm_pixel"}
    text = response.content.decode()
    assert "Tracking is good while Pixel is excluded." in text
    assert '<a href="#confirm_pixel">Tracking is good while Pixel is bad or excluded</a>' in text
    assert 'id="confirm_pixel"' in text
    assert text.index('id="choice-tracking"') < text.index('id="confirm_pixel"') < text.index('id="choice-trackermap"')
    assert not TrackerCertification.objects.exists()
    assert send_form(shifter_client, response, **_ticked(response)).status_code == 303
    assert TrackerCertification.objects.get().confirmed == ["pixel"]


def test_confirmation_ticked_before_the_first_save_is_accepted(shifter_client):
    changes = {**GOOD, "pixel": "excluded", "confirm_pixel": "on"}
    assert send_form(shifter_client, open_form(shifter_client), **changes).status_code == 303


def test_confirmation_is_void_when_its_sentence_changes(shifter_client):
    response = send_form(shifter_client, open_form(shifter_client), **{**GOOD, "pixel": "excluded"})
    other_flags = {"pixel": "bad", "bad_reason": str(BadReasonFactory().pk), "comment": "HV", **_ticked(response)}
    again = send_form(shifter_client, response, **other_flags)
    assert again.status_code == 422 and "Tracking is good while Pixel is bad." in again.content.decode()
    assert _boxes(again) == {"confirm_pixel"} and "confirm_pixel" not in fields_of(again)
    assert send_form(shifter_client, again, **_ticked(again)).status_code == 303


def test_comment_that_repeats_the_reason_asks_where_and_is_saved_once_confirmed(shifter_client):
    reason = BadReasonFactory(name="HV trip")
    changes = {**GOOD, "strip": "bad", "tracking": "bad", "bad_reason": str(reason.pk)}
    empty = send_form(shifter_client, open_form(shifter_client), **changes)
    assert empty.status_code == 422 and _boxes(empty) == {"confirm_where"}
    assert fields_of(empty)["comment"] == ["HV trip"]
    response = send_form(shifter_client, open_form(shifter_client), **changes, comment=" hv trip. ")
    assert response.status_code == 422 and _boxes(response) == {"confirm_where"}
    assert "Add the lumisections or the place, unless the whole run is bad." in response.text
    assert response.text.index('id="id_comment"') < response.text.index('id="confirm_where"')
    assert send_form(shifter_client, empty, **_ticked(empty)).status_code == 303
    certification = TrackerCertification.objects.get()
    assert (certification.confirmed, certification.comment) == (["where"], "HV trip")


@pytest.mark.parametrize("comment", ["HV trip, lumisections 310-330", "TIB layer 2", "HV"])
def test_comment_that_says_more_than_the_reason_asks_nothing(shifter_client, comment):
    reason = BadReasonFactory(name="HV trip")
    changes = {**GOOD, "strip": "bad", "tracking": "bad", "bad_reason": str(reason.pk), "comment": comment}
    assert send_form(shifter_client, open_form(shifter_client), **changes).status_code == 303


def test_reason_without_a_bad_component_asks_nothing(shifter_client):
    reason = BadReasonFactory(name="Short run")
    low = {"strip": "bad", "strip_lowstat": "on", "tracking": "excluded"}
    changes = {**GOOD, **low, "bad_reason": str(reason.pk), "comment": "Short run"}
    assert send_form(shifter_client, open_form(shifter_client), **changes).status_code == 303


def test_only_required_confirmations_are_stored(shifter_client):
    everything = {f"confirm_{code}": "on" for code in ConfirmationCode.values}
    assert send_form(shifter_client, open_form(shifter_client), **GOOD, **everything).status_code == 303
    assert TrackerCertification.objects.get().confirmed == []


def test_all_errors_and_confirmations_are_shown_at_once(shifter_client):
    ChecklistFactory(identifier="general")
    CertificationFactory(run=RunFactory(run_number=RUN), reconstruction="prompt")
    newer = ReconstructionFactory(run=RunFactory(run_number=316100), reference=True)
    changes = {**GOOD, "strip": "excluded", "pixel": "bad", "reference_runreconstruction": newer.pk}
    response = send_form(shifter_client, open_form(shifter_client), **changes)
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"bad_reason", "comment", "checklist_general"}
    assert _boxes(response) == {"confirm_strip_lowstat", "confirm_pixel", "confirm_ref_newer", "confirm_counterpart"}
    partial = {"bad_reason": BadReasonFactory().pk, "comment": "hole", "checklist_general": "on", "confirm_pixel": "on"}
    again = send_form(shifter_client, response, **partial)
    assert again.status_code == 422 and not again.context["form"].errors
    assert "confirm_pixel" in fields_of(again) and "confirm_counterpart" not in fields_of(again)
    assert send_form(shifter_client, again, **_ticked(again)).status_code == 303
    certification = TrackerCertification.objects.get(runreconstruction__reconstruction="express")
    assert certification.confirmed == ["strip_lowstat", "pixel", "ref_newer", "counterpart"]


def test_invalid_flag_still_requires_confirmations(shifter_client):
    changes = {**GOOD, "strip": "bad", "pixel": "excluded"}
    response = send_form(shifter_client, open_form(shifter_client), **changes)
    assert "tracking" in response.context["form"].errors
    assert _boxes(response) == {"confirm_pixel"}


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"run-energy": "6.8"}, ["6.8 GeV (0.0068 TeV)"]),
        ({"run-energy": "3.5"}, ["3.5 GeV (0.0035 TeV)"]),
        ({"run-recorded_lumi": "7.9", "run-recorded_lumi_unit": "fb^{-1}"}, ["7.9 1/fb is 7900.000 /pb"]),
        (
            {"run-recorded_lumi": "1600000", "run-recorded_lumi_unit": "nb^{-1}"},
            ["1600000 1/nb is 1600.000 /pb"],
        ),
        (
            {"run-recorded_lumi": "5000", "run-delivered_lumi": "4", "run-delivered_lumi_unit": "pb^{-1}"},
            ["5.000 /pb, is more than 5 % above the delivered 4.000 /pb"],
        ),
    ],
)
def test_unusual_typed_value_is_saved_only_once_confirmed(shifter_client, changes, parts):
    path = "/certify/999999/express/"
    sent = {**GOOD, **BY_HAND, **changes, "confirm_ref_old": "on"}
    refused = send_form(shifter_client, open_form(shifter_client, path), path, **sent)
    assert refused.status_code == 422 and "confirm_typed_odd" in _boxes(refused)
    text = refused.content.decode()
    assert all(part in text for part in parts)
    assert text.index('id="confirmations-recorded_lumi"') < text.index('id="confirm_typed_odd"')
    assert not TrackerCertification.objects.exists()
    assert send_form(shifter_client, refused, path, **_ticked(refused, "confirm_typed_odd")).status_code == 303
    assert TrackerCertification.objects.get().confirmed == ["ref_old", "typed_odd"]


def test_invalid_luminosity_requires_no_confirmation(shifter_client):
    opened = open_form(shifter_client, "/certify/999999/express/")
    invalid = {**GOOD, **BY_HAND, "run-recorded_lumi": "much"}
    assert _boxes(send_form(shifter_client, opened, "/certify/999999/express/", **invalid)) == {"confirm_ref_old"}
    zero = {**GOOD, **BY_HAND, "run-recorded_lumi": "0"}
    response = send_form(shifter_client, opened, "/certify/999999/express/", **zero)
    assert _boxes(response) == {"confirm_ref_old", "confirm_lumi"}


def test_ticked_confirmations_are_preserved_when_a_reason_is_added(shifter_client):
    sent = {**GOOD, "pixel": "excluded", "confirm_pixel": "on", "add_reason": "1", "new_reason": "HV off"}
    response = send_form(shifter_client, open_form(shifter_client), **sent)
    assert response.status_code == 200 and fields_of(response)["confirm_pixel"]
    assert "Not saved" not in response.content.decode()


def _decision(**changes):
    return CertificationInput.from_columns(**{**GOOD, "date": RunFactory.start_time.date(), **changes})


def test_action_requires_confirmations(shifter):
    run, reference = RunFactory(), ReconstructionFactory(reference=True)
    decision = _decision(reference=reference, pixel="excluded")
    with pytest.raises(EntryInvalid) as caught:
        certify_run(shifter, run.run_number, "express", decision, CertificationContext())
    assert [issue.field for issue in caught.value.issues] == ["confirm_pixel"]
    certification = certify_run(
        shifter,
        run.run_number,
        "express",
        _decision(reference=reference, pixel="excluded", confirmed=["pixel"]),
        CertificationContext(),
    )
    with pytest.raises(EntryInvalid):
        amend_certification(shifter, certification, 1, decision, CertificationContext())
    again = amend_certification(
        shifter, certification, 1, _decision(reference=reference, confirmed=["pixel"]), CertificationContext()
    )
    assert again.confirmed == []


def test_change_requires_confirmation_again_and_box_is_unticked(shifter_client, shifter):
    run = RunFactory(run_number=RUN)
    certification = CertificationFactory(run=run, user=shifter, pixel="excluded", confirmed=["pixel"])
    path = f"/list/{certification.pk}/update/"
    opened = open_form(shifter_client, path)
    assert _boxes(opened) == {"confirm_pixel"} and "confirm_pixel" not in fields_of(opened)
    response = send_form(shifter_client, opened, path, comment="looked again")
    assert response.status_code == 422 and response.context["editor"].form["comment"].value() == "looked again"
    assert send_form(shifter_client, opened, path, comment="looked again", confirm_pixel="on").status_code == 303
    certification.refresh_from_db()
    assert (certification.confirmed, certification.comment, certification.version) == (["pixel"], "looked again", 2)


def test_confirmations_are_shown_with_the_certification(shifter_client):
    certification = CertificationFactory(pixel="excluded", confirmed=["pixel", "of_old"])
    text = shifter_client.get(f"/list/{certification.pk}/").content.decode()
    assert "Tracking is good while Pixel is bad or excluded." in text and "of_old" in text
    (row,) = json.loads(shifter_client.get("/list/?state=live&export=json").getvalue())
    assert row["confirmed"] == ["pixel", "of_old"]


def test_counterpart_is_shown_and_requires_confirmation(shifter_client, other_shifter):
    run = RunFactory(run_number=RUN, lumisections=183, recorded_lumi=14.3)
    CertificationFactory(run=run, user=other_shifter, reconstruction="express", pixel="bad", pixel_lowstat=True)
    opened = open_form(shifter_client, f"/certify/{RUN}/prompt/")
    assert opened.context["page"].comparison is None  # not before the flags are set
    response = send_form(shifter_client, opened, f"/certify/{RUN}/prompt/", **GOOD)
    assert response.status_code == 422 and _boxes(response) == {"confirm_counterpart"}
    comparison = response.context["page"].comparison
    assert comparison.rows[0][:3] == ("Pixel", "bad, low", "good")
    assert comparison.twin.people == "shifter2" and "Express is certified" in response.content.decode()
    assert "Express differs: Pixel bad, low, here good" in response.content.decode()


def test_rereco_and_withdrawn_certifications_have_no_counterpart(shifter_client):
    run = RunFactory(run_number=RUN)
    CertificationFactory(run=run, reconstruction="express", withdrawn=True)
    CertificationFactory(run=run, reconstruction="prompt", pixel="bad")
    for reconstruction in ("rereco", "rerecoul"):
        assert open_form(shifter_client, f"/certify/{RUN}/{reconstruction}/").context["page"].comparison is None
    TrackerCertification.objects.filter(runreconstruction__reconstruction="prompt").delete()
    assert open_form(shifter_client, f"/certify/{RUN}/prompt/").context["page"].comparison is None

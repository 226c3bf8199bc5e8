"""What is asked on the certify and update pages: once, all at once, beside its field; kept with the certification."""

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
    """The boxes ticked, each sending what the page has in it."""
    values = dict(re.findall(r'name="(confirm_\w+)" id="\w+" value="([\w-]+)"', response.content.decode()))
    return {name: values[name] for name in boxes or _boxes(response)}


@pytest.mark.parametrize("reconstruction", ["express", "prompt", "rereco", "rerecoul"])
def test_all_good_on_the_plain_runs_needs_no_confirmation(shifter_client, reconstruction):
    for run in PLAIN:
        path = f"/certify/{run}/{reconstruction}/"
        opened = open_form(shifter_client, path)
        assert not _boxes(opened)
        assert send_form(shifter_client, opened, path, **GOOD).status_code == 303, (run, reconstruction)
    assert {tuple(one.confirmed) for one in TrackerCertification.objects.all()} == {()}


def test_question_is_asked_once_with_its_box_and_saved_when_ticked(shifter_client):
    said = {**GOOD, "pixel": "excluded"}
    asked = send_form(shifter_client, open_form(shifter_client), **said)
    assert asked.status_code == 422 and _boxes(asked) == {"confirm_pixel"}
    text = asked.content.decode()
    assert "Tracking is good while Pixel is excluded." in text
    assert 'href="#confirm_pixel"' in text and 'id="confirm_pixel"' in text
    assert text.index('id="choice-tracking"') < text.index('id="confirm_pixel"') < text.index('id="choice-trackermap"')
    assert not TrackerCertification.objects.exists()
    assert send_form(shifter_client, asked, **_ticked(asked)).status_code == 303
    assert TrackerCertification.objects.get().confirmed == ["pixel"]


def test_box_ticked_before_the_first_save_needs_no_second(shifter_client):
    said = {**GOOD, "pixel": "excluded", "confirm_pixel": "on"}
    assert send_form(shifter_client, open_form(shifter_client), **said).status_code == 303


def test_tick_counts_for_the_sentence_that_it_was_put_to(shifter_client):
    asked = send_form(shifter_client, open_form(shifter_client), **{**GOOD, "pixel": "excluded"})
    otherwise = {"pixel": "bad", "bad_reason": str(BadReasonFactory().pk), "comment": "HV", **_ticked(asked)}
    again = send_form(shifter_client, asked, **otherwise)
    assert again.status_code == 422 and "Tracking is good while Pixel is bad." in again.content.decode()
    assert _boxes(again) == {"confirm_pixel"} and "confirm_pixel" not in fields_of(again)
    assert send_form(shifter_client, again, **_ticked(again)).status_code == 303


def test_only_what_is_asked_is_kept_as_confirmed(shifter_client):
    everything = {f"confirm_{code}": "on" for code in ConfirmationCode.values}
    assert send_form(shifter_client, open_form(shifter_client), **GOOD, **everything).status_code == 303
    assert TrackerCertification.objects.get().confirmed == []


def test_all_questions_and_refusals_come_at_once(shifter_client):
    ChecklistFactory(identifier="general")
    CertificationFactory(run=RunFactory(run_number=RUN), reconstruction="prompt")
    newer = ReconstructionFactory(run=RunFactory(run_number=316100), reference=True)
    said = {**GOOD, "strip": "excluded", "pixel": "bad", "reference_runreconstruction": newer.pk}
    asked = send_form(shifter_client, open_form(shifter_client), **said)
    assert asked.status_code == 422
    assert set(asked.context["form"].errors) == {"bad_reason", "comment", "checklist_general"}
    assert _boxes(asked) == {"confirm_strip_lowstat", "confirm_pixel", "confirm_ref_newer", "confirm_counterpart"}
    half = {"bad_reason": BadReasonFactory().pk, "comment": "hole", "checklist_general": "on", "confirm_pixel": "on"}
    again = send_form(shifter_client, asked, **half)
    assert again.status_code == 422 and not again.context["form"].errors
    assert "confirm_pixel" in fields_of(again) and "confirm_counterpart" not in fields_of(again)
    assert send_form(shifter_client, again, **_ticked(again)).status_code == 303
    made = TrackerCertification.objects.get(runreconstruction__reconstruction="express")
    assert made.confirmed == ["strip_lowstat", "pixel", "ref_newer", "counterpart"]


def test_refused_flag_still_raises_its_questions(shifter_client):
    said = {**GOOD, "strip": "bad", "pixel": "excluded"}
    asked = send_form(shifter_client, open_form(shifter_client), **said)
    assert "tracking" in asked.context["form"].errors
    assert _boxes(asked) == {"confirm_pixel"}


def test_luminosity_that_is_typed_wrongly_is_refused_and_not_asked(shifter_client):
    opened = open_form(shifter_client, "/certify/999999/express/")
    wrong = {**GOOD, **BY_HAND, "run-recorded_lumi": "much"}
    assert _boxes(send_form(shifter_client, opened, "/certify/999999/express/", **wrong)) == {"confirm_ref_old"}
    none = {**GOOD, **BY_HAND, "run-recorded_lumi": "0"}
    asked = send_form(shifter_client, opened, "/certify/999999/express/", **none)
    assert _boxes(asked) == {"confirm_ref_old", "confirm_lumi"}


def test_ticks_outlive_a_reason_that_is_added(shifter_client):
    sent = {**GOOD, "pixel": "excluded", "confirm_pixel": "on", "add_reason": "1", "new_reason": "HV off"}
    response = send_form(shifter_client, open_form(shifter_client), **sent)
    assert response.status_code == 200 and fields_of(response)["confirm_pixel"]
    assert "Not saved" not in response.content.decode()


def _decision(**changes):
    return CertificationInput.from_columns(**{**GOOD, "date": RunFactory.start_time.date(), **changes})


def test_action_holds_the_questions_itself(shifter):
    run, reference = RunFactory(), ReconstructionFactory(reference=True)
    decision = _decision(reference=reference, pixel="excluded")
    with pytest.raises(EntryInvalid) as caught:
        certify_run(shifter, run.run_number, "express", decision, CertificationContext())
    assert [one.field for one in caught.value.issues] == ["confirm_pixel"]
    made = certify_run(
        shifter,
        run.run_number,
        "express",
        _decision(reference=reference, pixel="excluded", confirmed=["pixel"]),
        CertificationContext(),
    )
    with pytest.raises(EntryInvalid):
        amend_certification(shifter, made, 1, decision, CertificationContext())
    again = amend_certification(
        shifter, made, 1, _decision(reference=reference, confirmed=["pixel"]), CertificationContext()
    )
    assert again.confirmed == []


def test_change_asks_again_and_ticks_nothing_for_anybody(shifter_client, shifter):
    run = RunFactory(run_number=RUN)
    made = CertificationFactory(run=run, user=shifter, pixel="excluded", confirmed=["pixel"])
    path = f"/list/{made.pk}/update/"
    opened = open_form(shifter_client, path)
    assert _boxes(opened) == {"confirm_pixel"} and "confirm_pixel" not in fields_of(opened)
    asked = send_form(shifter_client, opened, path, comment="looked again")
    assert asked.status_code == 422 and asked.context["editor"].form["comment"].value() == "looked again"
    assert send_form(shifter_client, opened, path, comment="looked again", confirm_pixel="on").status_code == 303
    made.refresh_from_db()
    assert (made.confirmed, made.comment, made.version) == (["pixel"], "looked again", 2)


def test_confirmations_are_shown_with_the_certification(shifter_client):
    made = CertificationFactory(pixel="excluded", confirmed=["pixel", "of_old"])
    text = shifter_client.get(f"/list/{made.pk}/").content.decode()
    assert "Tracking is good while Pixel is bad or excluded." in text and "of_old" in text
    (row,) = json.loads(shifter_client.get("/list/?state=live&export=json").getvalue())
    assert row["confirmed"] == ["pixel", "of_old"]


def test_counterpart_stands_beside_what_is_said(shifter_client, other_shifter):
    run = RunFactory(run_number=RUN, lumisections=183, recorded_lumi=14.3)
    CertificationFactory(run=run, user=other_shifter, reconstruction="express", pixel="bad", pixel_lowstat=True)
    opened = open_form(shifter_client, f"/certify/{RUN}/prompt/")
    comparison = opened.context["page"].comparison
    assert comparison.rows[0][:3] == ("Pixel", "bad, low", "not said")
    assert comparison.twin.editor_name == "shifter2" and "Express is certified" in opened.content.decode()
    asked = send_form(shifter_client, opened, f"/certify/{RUN}/prompt/", **GOOD)
    assert asked.status_code == 422 and _boxes(asked) == {"confirm_counterpart"}
    assert "Express says otherwise: Pixel bad, low, here good" in asked.content.decode()


def test_no_counterpart_for_a_rereco_and_none_that_is_withdrawn(shifter_client):
    run = RunFactory(run_number=RUN)
    CertificationFactory(run=run, reconstruction="express", withdrawn=True)
    CertificationFactory(run=run, reconstruction="prompt", pixel="bad")
    for reconstruction in ("rereco", "rerecoul"):
        assert open_form(shifter_client, f"/certify/{RUN}/{reconstruction}/").context["page"].comparison is None
    TrackerCertification.objects.filter(runreconstruction__reconstruction="prompt").delete()
    assert open_form(shifter_client, f"/certify/{RUN}/prompt/").context["page"].comparison is None

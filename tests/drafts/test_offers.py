"""Which draft is offered: one for each form, the newest, with its flags; none that equals what is saved."""

import re

import pytest
from django.http import QueryDict

from certify.models import RunReconstruction, TrackerCertification
from drafts.actions import save_draft
from drafts.form_token import FormToken
from oms.models import OmsRun
from tests.browser_form import fields_of
from tests.certify.page_form import GOOD, RUN, open_form, send_form
from tests.factories import BadReasonFactory, CertificationFactory, PixelProblemFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]
FORM = f"/certify/{RUN}/express/"


def keep(person, typed) -> FormToken:
    """Save a draft of another tab."""
    data = QueryDict(mutable=True)
    data.update(typed)
    form_token = FormToken(person.pk, RUN, "express", FORM)
    save_draft(form_token, data)
    return form_token


def offers(response) -> list[str]:
    """The texts of the offers on a page."""
    found = re.findall(r'<div class="notice certify-notice draft-offer".*?</span>', response.text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", text).split()) for text in found]


def test_newest_draft_of_a_form_is_offered_with_its_flags(shifter_client, shifter):
    keep(shifter, {"pixel": "good", "comment": "first"})
    newest = keep(shifter, {"pixel": "good", "strip": "bad", "comment": "second"})
    opened = open_form(shifter_client)
    (offer,) = offers(opened)
    assert offer.endswith(" UTC): P ✓ S ✕ T –")
    assert f"draft={newest.key}" in opened.text
    restored = shifter_client.get(f"{FORM}?draft={newest.key}")
    assert fields_of(restored)["comment"] == ["second"]
    assert [one for one in offers(restored) if "P ✓ S – T –" in one]  # the older one is the newest that is left
    assert "P\u00a0✓ S\u00a0✕ T\u00a0–" in shifter_client.get("/").text


def test_summary_has_bad_lumisections_unless_the_whole_run_is_bad(shifter_client, shifter):
    ranges = {"strip_ranges": " 310-330, 352 ", "pixel_ranges": "1-4", "tracking_ranges": "7, " * 20}
    keep(shifter, {"pixel": "bad", "tracking": "good", "comment": "mine", **ranges})
    (offer,) = offers(open_form(shifter_client))
    assert "P ✕ S – 310-330, 352 T ✓ 7, 7," in offer and offer.endswith("…")


def saved(client, **changes) -> TrackerCertification:
    opened = open_form(client)
    answer = send_form(client, opened, **{**GOOD, **changes})
    assert answer.status_code == 303
    return TrackerCertification.objects.get()


@pytest.mark.parametrize("is_bad", [False, True])
def test_draft_that_equals_what_is_saved_is_not_offered(shifter_client, shifter, is_bad):
    changes = {"comment": "TIB\r\nlayer 2 "}
    if is_bad:
        changes |= {"pixel": "bad", "tracking": "bad", "bad_reason": str(BadReasonFactory().pk)}
        changes |= {"pixel_problems": str(PixelProblemFactory().pk)}
    opened = {name: values[0] for name, values in fields_of(open_form(shifter_client)).items()}
    certification = saved(shifter_client, **changes)
    keep(shifter, {**opened, **GOOD, **changes})
    page = shifter_client.get(f"/list/{certification.pk}/update/")
    assert offers(page) == []
    assert "Your drafts, not saved" not in shifter_client.get("/").text
    keep(shifter, {**opened, **GOOD, **changes, "comment": "more"})
    assert len(offers(shifter_client.get(f"/list/{certification.pk}/update/"))) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"pixel_lowstat": "on"},
        {"trackermap": "missing"},
        {"strip_problems": "1"},
        {"date": "2026-01-01"},
        {"run-energy": "6400", "shown-run-energy": "6500"},
    ],
)
def test_draft_that_differs_in_one_field_is_offered(shifter_client, shifter, changes):
    opened = {name: values[0] for name, values in fields_of(open_form(shifter_client)).items()}
    certification = saved(shifter_client)
    keep(shifter, {**opened, **GOOD, **changes})
    assert len(offers(shifter_client.get(f"/list/{certification.pk}/update/"))) == 1


def test_equal_certification_of_another_person_hides_the_draft_and_practice_of_another_does_not(
    shifter_client, shifter, other_shifter
):
    opened = {name: values[0] for name, values in fields_of(open_form(shifter_client)).items()}
    keep(shifter, {**opened, **GOOD})
    reference = int(opened["reference_runreconstruction"])
    values = {"run": OmsRun.objects.get(pk=RUN), "date": opened["date"], "user": other_shifter}
    values["reference_runreconstruction"] = RunReconstruction.objects.get(pk=reference)
    practice = CertificationFactory(**values, is_practice=True)
    assert len(offers(open_form(shifter_client))) == 1
    practice.delete()
    CertificationFactory(**values)
    assert "Your drafts, not saved" not in shifter_client.get("/").text


def test_own_practice_from_an_earlier_training_hides_no_draft(shifter_client, shifter):
    opened = {name: values[0] for name, values in fields_of(open_form(shifter_client)).items()}
    keep(shifter, {**opened, **GOOD})
    reference = RunReconstruction.objects.get(pk=int(opened["reference_runreconstruction"]))
    run = OmsRun.objects.get(pk=RUN)
    CertificationFactory(
        run=run, date=opened["date"], user=shifter, reference_runreconstruction=reference, is_practice=True
    )
    assert len(offers(open_form(shifter_client))) == 1
    assert "Your drafts, not saved" in shifter_client.get("/").text


def test_home_offers_an_older_draft_where_the_newest_is_saved(shifter_client, shifter):
    opened = {name: values[0] for name, values in fields_of(open_form(shifter_client)).items()}
    keep(shifter, {**opened, **GOOD, "comment": "TIB layer 2 off"})
    saved(shifter_client)
    keep(shifter, {**opened, **GOOD})
    assert "Your drafts, not saved" in shifter_client.get("/").text

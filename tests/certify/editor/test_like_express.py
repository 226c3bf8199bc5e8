"""The page of a prompt whose express is good: "all like express" takes over, and the mark is shown everywhere."""

import csv
import json

import pytest

from audit.models import Change
from certify.models import TrackerCertification
from oms.models import OmsRun
from tests.browser_form import fields_of
from tests.certify.page_form import GOOD, open_form, send_form
from tests.factories import BadReasonFactory, CertificationFactory, PixelProblemFactory, ReconstructionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]
RUN, PATH = 315259, "/certify/315259/prompt/"
BUTTON = 'name="like_express" value="take"'
MARK = "like express"


@pytest.fixture
def express(shifter_client, other_shifter, references):
    """A good express certification of the run on its facts, by another shifter."""
    open_form(shifter_client, "/certify/315259/express/")  # stores the facts of OMS
    return CertificationFactory(
        run=OmsRun.objects.get(pk=RUN),
        user=other_shifter,
        comment="Two modules of BPix L1 off",
        reference_runreconstruction=references["collisions"],
    )


def take_over(client):
    return send_form(client, open_form(client, PATH), PATH, like_express="take")


def test_it_takes_over_flags_and_comment_but_not_the_tracker_map(shifter_client, express):
    taken = take_over(shifter_client)
    assert taken.status_code == 200 and not TrackerCertification.objects.filter(
        runreconstruction__reconstruction="prompt"
    )
    sent = fields_of(taken)
    assert [sent[name] for name in ("pixel", "strip", "tracking")] == [["good"]] * 3
    assert (sent["comment"], sent["like_express"]) == ([express.comment], ["taken"])
    assert "trackermap" not in sent
    assert BUTTON not in taken.text


def test_a_typed_comment_stays_and_reason_problems_and_ranges_are_removed(shifter_client, express):
    typed = {"comment": "Seen in TIB too", "pixel": "bad", "bad_reason": str(BadReasonFactory().pk)}
    typed["pixel_problems"] = str(PixelProblemFactory().pk)
    typed["strip_ranges"] = "10-19"
    taken = send_form(shifter_client, open_form(shifter_client, PATH), PATH, like_express="take", **typed)
    sent = fields_of(taken)
    assert sent["comment"] == [f"Seen in TIB too\n{express.comment}"]
    assert sent["pixel"] == ["good"] and sent.get("bad_reason", [""]) == [""] and "pixel_problems" not in sent
    assert sent["strip_ranges"] == [""] and "out: 10 LS" not in taken.text and "data-ranges-offer" not in taken.text
    assert send_form(shifter_client, taken, PATH, trackermap="exists").status_code == 303
    assert TrackerCertification.objects.get(runreconstruction__reconstruction="prompt").like_express


def test_it_takes_over_the_kind_of_the_reference(shifter_client, express, references):
    prompt_reference = ReconstructionFactory(run=references["collisions"].run, reconstruction="prompt", reference=True)
    ReconstructionFactory(run=references["cosmics"].run, reconstruction="prompt", reference=True)
    assert fields_of(take_over(shifter_client))["reference_runreconstruction"] == [str(prompt_reference.pk)]


def test_saved_it_is_stored_and_shown_as_like_express(shifter_client, express):
    saved = send_form(shifter_client, take_over(shifter_client), PATH, trackermap="exists")
    assert saved.status_code == 303
    made = TrackerCertification.objects.get(runreconstruction__reconstruction="prompt")
    assert made.like_express and made.verdict == "good"
    assert MARK in shifter_client.get(f"/list/{made.pk}/").text
    assert MARK in shifter_client.get("/list/?state=live").text
    assert MARK in shifter_client.get("/").text
    assert MARK in shifter_client.get(f"/summary/?date={made.date}&user=shifter").text
    assert MARK in shifter_client.get(f"/shiftleader/part/certifications/?from={made.date}&to={made.date}").text
    exported = json.loads(shifter_client.get("/list/?state=live&export=json").getvalue())
    assert {row["reconstruction"]: row["like_express"] for row in exported} == {"prompt": True, "express": False}
    [header, *rows] = csv.reader(shifter_client.get("/list/?state=live&export=csv").getvalue().decode().splitlines())
    assert sorted(row[header.index("like_express")] for row in rows) == ["False", "True"]
    assert MARK in str(Change.objects.order_by("-pk")[0].lines).lower()


def test_with_a_flag_changed_it_is_judged(shifter_client, express):
    changed = {"trackermap": "exists", "pixel": "excluded", "confirm_pixel": "on", "confirm_counterpart": "on"}
    assert send_form(shifter_client, take_over(shifter_client), PATH, **changed).status_code == 303
    assert not TrackerCertification.objects.get(runreconstruction__reconstruction="prompt").like_express


def test_judged_alike_without_taking_over_it_is_not_like_express(shifter_client, express):
    assert send_form(shifter_client, open_form(shifter_client, PATH), PATH, **GOOD).status_code == 303
    assert not TrackerCertification.objects.get(runreconstruction__reconstruction="prompt").like_express


def test_a_claim_without_a_good_express_is_not_stored(shifter_client, express):
    TrackerCertification.objects.filter(pk=express.pk).update(pixel_lowstat=True)
    claimed = send_form(shifter_client, open_form(shifter_client, PATH), PATH, **GOOD, like_express="taken")
    assert claimed.status_code == 422  # low statistics differ: a question
    confirmed = {"like_express": "taken", "confirm_counterpart": "on"}
    assert send_form(shifter_client, claimed, PATH, **confirmed).status_code == 303
    assert not TrackerCertification.objects.get(runreconstruction__reconstruction="prompt").like_express


@pytest.mark.parametrize(
    "values",
    [{"strip": "bad"}, {"tracking_lowstat": True}, {"lumisections": 5}, {"run_type": "cosmics"}, {"recorded_lumi": 99}],
)
def test_it_is_not_offered_where_express_is_not_good_or_a_fact_differs(shifter_client, express, values):
    TrackerCertification.objects.filter(pk=express.pk).update(**values)
    opened = open_form(shifter_client, PATH)
    assert BUTTON not in opened.text
    pressed = fields_of(send_form(shifter_client, opened, PATH, like_express="take"))
    assert "pixel" not in pressed and "like_express" not in pressed


def test_it_is_offered_for_a_prompt_only(shifter_client, express):
    assert BUTTON in open_form(shifter_client, PATH).text
    assert BUTTON not in open_form(shifter_client, "/certify/315259/rereco/").text


def test_it_stays_while_the_flags_stay_and_ends_with_them(shifter_client, express):
    send_form(shifter_client, take_over(shifter_client), PATH, trackermap="exists")
    made = TrackerCertification.objects.get(runreconstruction__reconstruction="prompt")
    update = f"/list/{made.pk}/update/"
    send_form(shifter_client, open_form(shifter_client, update), update, comment="Seen again.")
    made.refresh_from_db()
    assert (made.version, made.like_express) == (2, True)
    flags = {"pixel": "excluded", "confirm_pixel": "on", "confirm_counterpart": "on"}
    send_form(shifter_client, open_form(shifter_client, update), update, **flags)
    made.refresh_from_db()
    assert (made.version, made.like_express) == (3, False)


def test_pages_of_a_prompt_need_no_query_more_for_it(shifter_client, express, django_assert_max_num_queries):
    open_form(shifter_client, PATH)
    with django_assert_max_num_queries(12):
        open_form(shifter_client, PATH)

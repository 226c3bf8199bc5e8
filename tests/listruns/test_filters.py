import re
from datetime import date

import pytest

from certify.models.choices import Flag, TrackerMap
from tests.factories import (
    BadReasonFactory,
    CertificationFactory,
    DatasetFactory,
    PixelProblemFactory,
    ReconstructionFactory,
    RunFactory,
    StripProblemFactory,
    TrackingProblemFactory,
)
from tests.listruns.list_page import ROW, rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def certification(other_shifter):
    """A certification that each filter below finds, beside another that none of them finds."""
    reference = ReconstructionFactory(run=RunFactory(run_number=314811), reconstruction="prompt")
    certification = CertificationFactory(
        run=RunFactory(run_number=315270, cosmics=True),
        reconstruction="prompt",
        user=other_shifter,
        dataset=DatasetFactory(name="/PromptReco/Cosmics2018A/DQM"),
        reference_runreconstruction=reference,
        pixel=Flag.EXCLUDED,
        strip=Flag.BAD,
        tracking=Flag.BAD,
        tracking_lowstat=True,
        trackermap=TrackerMap.MISSING,
        bad_reason=BadReasonFactory(name="HV off"),
        comment="High voltage off in TIB",
        date=date(2018, 5, 3),
    )
    certification.pixel_problems.add(PixelProblemFactory(name="a"), PixelProblemFactory(name="b"))
    certification.strip_problems.add(StripProblemFactory(name="c"))
    certification.tracking_problems.add(TrackingProblemFactory(name="d"))
    CertificationFactory(run=RunFactory(run_number=315300), date=date(2018, 5, 10))
    return certification


@pytest.mark.parametrize(
    "query",
    [
        {"runs_min": 315260, "runs_max": 315270},
        {"runs_max": 315299},
        {"date_max": "2018-05-03"},
        {"date_min": "2018-05-03", "date_max": "2018-05-09"},
        {"reconstruction": "prompt"},
        {"reconstruction": ["prompt", "rereco"]},
        {"user": "shifter2"},
        {"run_type": "cosmics"},
        {"verdict": ["bad", "undecided"]},
        {"dataset": "cosmics2018a"},
        {"reference": 314811},
        {"pixel": "excluded"},
        {"strip": ["bad", "excluded"]},
        {"tracking": "bad"},
        {"lowstat": "on"},
        {"trackermap": "missing"},
        {"comment": "high VOLTAGE"},
    ],
)
def test_each_filter_finds_its_certifications(shifter_client, certification, query):
    assert rows(shifter_client, **query) == [certification.pk]


@pytest.mark.parametrize("name", ["pixel_problems", "strip_problems", "tracking_problems"])
def test_problems_find_a_row_once(shifter_client, certification, name):
    chosen = [problem.pk for problem in getattr(certification, name).all()]
    answer = shifter_client.get("/list/", {name: chosen})
    assert answer.context["page"].total == 1
    assert rows(shifter_client, **{name: chosen}) == [certification.pk]


def test_reason_finds_its_rows_and_is_shown_by_name(shifter_client, certification):
    answer = shifter_client.get("/list/", {"bad_reason": certification.bad_reason_id})
    assert [chip.text for chip in answer.context["page"].panel.active] == ["Reason HV off"]
    assert rows(shifter_client, bad_reason=certification.bad_reason_id) == [certification.pk]


def test_filters_are_combined(shifter_client, certification):
    assert rows(shifter_client, runs_min=315270, tracking="bad") == [certification.pk]
    assert rows(shifter_client, runs_min=315271, tracking="bad") == []


def test_withdrawn_certifications_are_listed_only_on_request(shifter_client, certification):
    withdrawn = CertificationFactory(withdrawn=True)
    assert withdrawn.pk not in rows(shifter_client, state="live")
    assert withdrawn.pk not in rows(shifter_client, runs_min=1)
    assert rows(shifter_client, state="withdrawn") == [withdrawn.pk]
    assert len(rows(shifter_client, state="any")) == 3


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("runs_min", "x", "Type a run number of up to seven digits."),
        ("runs_min", "316187, 316199-316201", "These are 4 runs. Type one here; a search takes at most 100."),
        ("runs_max", "99999999999999999999", "Type a run number of up to seven digits."),
        ("reference", "-4", "Type a run number of up to seven digits."),
        ("date_min", "03/05/2018", "“03/05/2018” is not written as year-month-day. Give the day as 2018-05-01."),
        ("date_max", "2018-02-30", "There is no day 2018-02-30. Give the day as 2018-05-01."),
        ("user", "nobody", "Nobody has this account name."),
        ("reconstruction", "expres", "There is no expres here."),
        ("verdict", "so-so", "There is no so-so here."),
        ("pixel", "fine", "There is no fine here."),
        ("state", "gone", "There is no state gone."),
        ("bad_reason", "x", "is not offered here. Choose another."),
        ("pixel_problems", "x", "is not offered here. Choose another."),
        ("pixel_problems", "9" * 30, "is not offered here. Choose another."),
        ("strip_problems", "-1", "is not offered here. Choose another."),
        ("bad_reason", "9" * 30, "is not offered here. Choose another."),
    ],
)
def test_invalid_value_shows_a_field_error_and_no_rows(shifter_client, certification, name, value, sentence):
    answer = shifter_client.get("/list/", {name: value})
    assert sentence in " ".join(answer.context["page"].filters.form.errors[name])
    assert f'id="id_{name}_error"' in answer.content.decode()
    assert answer.status_code == 422
    assert ROW.findall(answer.content.decode()) == []


@pytest.mark.parametrize(("name", "first", "last"), [("runs", 315270, 315260), ("date", "2018-05-03", "2018-05-01")])
def test_reversed_range_shows_an_error_at_its_end(shifter_client, certification, name, first, last):
    answer = shifter_client.get("/list/", {f"{name}_min": first, f"{name}_max": last})
    assert list(answer.context["page"].filters.form.errors) == [f"{name}_max"]


def test_each_active_filter_can_be_removed(shifter_client, certification):
    answer = shifter_client.get("/list/", {"runs_min": 315270, "tracking": "bad"})
    left = {chip.text: chip.query for chip in answer.context["page"].panel.active}
    assert left == {"First run 315270": "tracking=bad", "Tracking bad": "runs_min=315270"}


def test_removing_the_last_filter_shows_all_live_certifications(shifter_client, certification):
    (chip,) = shifter_client.get("/list/?tracking=bad").context["page"].panel.active
    assert chip.query == "state=live"


def test_form_shows_the_active_filters(shifter_client, certification):
    problem = certification.pixel_problems.first()
    query = {"user": "shifter2", "reconstruction": "prompt", "pixel_problems": problem.pk, "runs_min": 315270}
    html = shifter_client.get("/list/", query).content.decode().split("<dialog")[0]
    assert '<option value="shifter2" selected>' in html
    assert f'<option value="{problem.pk}" selected>' in html
    assert '<input type="checkbox" name="reconstruction" value="prompt" checked>' in html
    assert 'name="runs_min" value="315270"' in html
    assert len(re.findall(r'value="[^"]+" selected>', html)) == 2
    assert html.count(" checked>") == 1

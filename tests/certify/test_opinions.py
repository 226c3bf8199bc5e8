"""Opinions of others: not on the certify page before all flags are set, then beside it, and on the certification."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from certify.models import TrackerCertification
from certify.ranges.models import LumisectionRequest
from certify.ranges.reading import read_requested_lumisections
from certify.ranges.requests import FRESH_FOR, leave_requests
from infrastructure.http.budget import Budget
from registry.models import StoredFlagRanges
from tests.certify.page_form import GOOD, RUN, open_form, send_form
from tests.factories import CertificationFactory, FillFactory, RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]
FLAGS = {"pixel": "good", "strip": "good", "tracking": "good"}
PROMPT = f"/certify/{RUN}/prompt/"
MORNING = datetime(2018, 5, 1, 2, 51, 7, tzinfo=UTC)


def opinions_of(response):
    html = response.content.decode()
    text = re.search(
        r'<div class="(?:panel-foot )?opinions".*?</div>|<div hx-swap-oob="innerHTML:#other-op.*?</div>', html, re.S
    )
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text.group())).strip() if text else ""


@pytest.fixture
def fill(other_shifter):
    """A fill in which 315257 and 315258 are certified before the run, 315264 after it, and express of the run."""
    fill = FillFactory(fill_number=6615)
    with time_machine.travel(MORNING, tick=False):
        for number in (315257, 315258, 315264):
            run = RunFactory(run_number=number, fill=fill)
            CertificationFactory(run=run, reconstruction="prompt", user=other_shifter)
        run = RunFactory(run_number=RUN, fill=fill)
        CertificationFactory(run=run, reconstruction="express", user=other_shifter, strip="bad", tracking="bad")
    return fill


def test_new_form_contains_no_opinion(shifter_client, fill, other_shifter):
    response = open_form(shifter_client, PROMPT)
    html = response.content.decode()
    assert opinions_of(response) == "Other opinions appear here once all flags are set."
    assert response.context["page"].comparison is None
    assert other_shifter.display_name not in html and "is-different" not in html and "not flagged" not in html
    assert response.context["page"].editor.form_context.registry_flags["/PromptReco/Collisions2018A/DQM"]


def test_opinion_names_who_certified_and_who_changed_it(shifter_client, fill, other_shifter, shift_leader):
    rows = TrackerCertification.objects.filter(runreconstruction__reconstruction="express")
    opened = open_form(shifter_client, PROMPT)
    name = other_shifter.display_name
    for changed_by, people in ((other_shifter, name), (shift_leader, f"{name}, changed by leader")):
        rows.update(updated_by=changed_by)
        response = send_form(shifter_client, opened, PROMPT, hints="1", **FLAGS)
        assert f"UTC, {people} {RUN} express" in opinions_of(response)
        assert f">{people}, 2018-05-01 02:51 UTC" in response.text


@pytest.mark.parametrize("missing", ["pixel", "strip", "tracking"])
def test_no_opinion_while_a_flag_is_missing(shifter_client, fill, missing):
    opened = open_form(shifter_client, PROMPT)
    response = send_form(shifter_client, opened, PROMPT, hints="1", **FLAGS | {missing: None})
    assert opinions_of(response) == "Other opinions appear here once all flags are set."
    assert "Express" not in response.content.decode()


def test_opinions_appear_with_the_last_flag(shifter_client, fill, other_shifter):
    opened = open_form(shifter_client, PROMPT)
    response = send_form(shifter_client, opened, PROMPT, hints="1", **FLAGS)
    text = opinions_of(response)
    name = other_shifter.display_name
    assert text.startswith(f"Last run of this fill: Good 2018-05-01 02:51 UTC, {name} 315258 prompt")
    assert f"Express: Bad 2018-05-01 02:51 UTC, {name} {RUN} express" in text
    assert "Run Registry: Pixel " in text
    assert "Express differs: Strip bad, here good" in response.content.decode()


def test_comment_of_another_reconstruction_is_shown_with_the_last_flag(shifter_client, fill):
    TrackerCertification.objects.filter(runreconstruction__run=RUN).update(comment="ring 2 of TEC+ noisy")
    TrackerCertification.objects.exclude(runreconstruction__run=RUN).update(comment="about another run")
    opened = open_form(shifter_client, PROMPT)
    before = send_form(shifter_client, opened, PROMPT, hints="1", **FLAGS | {"strip": None})
    assert "ring 2" not in opened.content.decode() and "ring 2" not in before.content.decode()
    response = send_form(shifter_client, opened, PROMPT, hints="1", **FLAGS)
    assert f"{RUN} express Comment: ring 2 of TEC+ noisy" in opinions_of(response)
    assert "about another run" not in response.content.decode()


def test_time_of_today_has_no_day(shifter_client, fill):
    with time_machine.travel(MORNING.replace(hour=9), tick=False):
        opened = open_form(shifter_client, PROMPT)
        assert "Last run of this fill: Good 02:51 UTC, " in opinions_of(
            send_form(shifter_client, opened, PROMPT, hints="1", **FLAGS)
        )


def test_next_run_of_the_fill_is_named_without_an_earlier_one(shifter_client, fill, other_shifter):
    TrackerCertification.objects.filter(runreconstruction__run__in=(315257, 315258)).update(
        state="withdrawn", withdrawn_by=other_shifter, withdrawn_at=MORNING, withdrawn_reason="again"
    )
    opened = open_form(shifter_client, PROMPT)
    text = opinions_of(send_form(shifter_client, opened, PROMPT, hints="1", **FLAGS))
    assert text.startswith("Next run of this fill: Good 2018-05-01 02:51 UTC")
    assert "315264 prompt" in text


def test_practice_is_no_opinion(shifter_client, other_shifter):
    run = RunFactory(run_number=RUN, fill=FillFactory(fill_number=6615))
    CertificationFactory(run=run, reconstruction="express", user=other_shifter, is_practice=True)
    opened = open_form(shifter_client, PROMPT)
    assert "Express" not in opinions_of(send_form(shifter_client, opened, PROMPT, hints="1", **FLAGS))


def test_flag_that_differs_from_run_registry_is_marked(shifter_client):
    opened = open_form(shifter_client)
    response = send_form(shifter_client, opened, hints="1", **FLAGS | {"pixel": "excluded"})
    assert re.search(r'Pixel <strong class="is-different">good</strong>,\s+Strip good', response.content.decode())


def test_tracking_of_an_open_dataset_is_not_flagged_and_not_marked(shifter_client):
    opened = open_form(shifter_client)
    response = send_form(shifter_client, opened, hints="1", **FLAGS)
    assert opinions_of(response).endswith("Run Registry: Pixel good, Strip good, Tracking not flagged")
    assert "is-different" not in response.content.decode()


class TestBadLumisections:
    """Tracking of this dataset is bad in 634 to 663 in Run Registry; the last lumisection of the run is 655."""

    PATH, DATASET = "/certify/315270/rereco/", "/ReReco/Run2018A_17Sep2018/DQM"

    def opinions(self, client, ranges, opened=None, **changes):
        opened = opened or open_form(client, self.PATH)
        form = FLAGS | {"tracking_ranges": ranges, "comment": "few tracks"} | changes
        return send_form(client, opened, self.PATH, hints="1", **form)

    def read(self):
        leave_requests([(315270, self.DATASET)])
        assert read_requested_lumisections(Budget(20)).problems == []

    def test_lumisections_that_are_not_read_are_requested(self, shifter_client):
        response = self.opinions(shifter_client, "634-655")
        assert "Tracking mixed, 30 of 663 bad (its lumisections are not read yet)" in opinions_of(response)
        assert "is-different" not in response.text
        assert list(LumisectionRequest.objects.values_list("run_number", "registry_name")) == [(315270, self.DATASET)]

    @pytest.mark.parametrize(
        ("ranges", "text", "is_different"),
        [
            ("634-655", "(equal)", False),
            ("630-655", "(differs in 630-633)", True),
            ("1", "(differs in 1, 634-655)", True),
        ],
    )
    def test_lumisections_that_differ_are_named(self, shifter_client, ranges, text, is_different):
        self.read()
        response = self.opinions(shifter_client, ranges)
        assert f"Tracking mixed, 30 of 663 bad {text}; lumisections of " in opinions_of(response)
        assert ('<strong class="is-different">differs in ' in response.text) == is_different
        assert not LumisectionRequest.objects.exists()

    def test_nothing_is_written_while_the_request_waits(self, shifter_client):
        opened = open_form(shifter_client, self.PATH)
        self.opinions(shifter_client, "634-655", opened)
        with CaptureQueriesContext(connection) as captured:
            self.opinions(shifter_client, "634-656", opened)
        assert [query["sql"] for query in captured if query["sql"].startswith(("INSERT", "UPDATE"))] == []

    @pytest.mark.parametrize("name", [DATASET, f"{DATASET}\n"])
    def test_lumisections_that_were_read_long_ago_are_read_again_by_their_name(self, shifter_client, name):
        self.read()
        old = {"damage": "Damaged.", "dataset_name": name, "read_at": timezone.now() - 2 * FRESH_FOR}
        StoredFlagRanges.objects.update(**old)
        assert "(Damaged)" in opinions_of(self.opinions(shifter_client, "634-655"))
        assert list(LumisectionRequest.objects.values_list("run_number", "registry_name")) == [(315270, name)]

    def test_damaged_lumisections_are_named(self, shifter_client):
        self.read()
        StoredFlagRanges.objects.update(ranges={}, damage="Run Registry's ranges of this dataset are damaged: a gap.")
        text = opinions_of(self.opinions(shifter_client, "634-655"))
        assert text.endswith("(Run Registry&#x27;s ranges of this dataset are damaged: a gap)")

    def test_flag_of_the_whole_run_is_compared_up_to_its_last_lumisection(self, shifter_client):
        self.read()
        there = "663 LS there, 8 of them after the last lumisection of OMS"
        differing = opinions_of(self.opinions(shifter_client, ""))
        assert f"Tracking mixed, 30 of 663 bad (differs in 634-655; {there}); lumisections of " in differing
        StoredFlagRanges.objects.update(ranges={"tracking": [[1, 655, "GOOD"], [656, 663, "BAD"]]})
        assert f"Tracking mixed, 30 of 663 bad (equal; {there})" in opinions_of(self.opinions(shifter_client, ""))
        StoredFlagRanges.objects.update(ranges={"tracking": [[1, 655, "BAD"]]})
        assert opinions_of(self.opinions(shifter_client, "")).endswith("Tracking mixed, 30 of 663 bad")

    def test_they_cost_one_more_query(self, shifter_client):
        self.read()
        opened = open_form(shifter_client, self.PATH)
        for tracking, ranges, expected in (("excluded", "", 1), ("good", "634-655", 1)):
            with CaptureQueriesContext(connection) as captured:
                self.opinions(shifter_client, ranges, opened, tracking=tracking)
            assert sum(StoredFlagRanges._meta.db_table in query["sql"] for query in captured) == expected

    def test_certification_shows_them(self, shifter_client):
        self.read()
        opened = open_form(shifter_client, self.PATH)
        response = self.opinions(shifter_client, "630-655", opened, trackermap="exists")
        codes = dict(re.findall(r'name="(confirm_\w+)"[^>]*value="([^"]+)"', response.text))
        form = GOOD | {"tracking_ranges": "630-655", "comment": "few tracks"} | codes
        assert send_form(shifter_client, opened, self.PATH, **form).status_code == 303
        made = TrackerCertification.objects.get()
        assert "(differs in 630-633)" in opinions_of(shifter_client.get(f"/list/{made.pk}/"))


def test_refused_form_shows_opinions_without_javascript(shifter_client, fill):
    opened = open_form(shifter_client, PROMPT)
    response = send_form(shifter_client, opened, PROMPT, **GOOD | {"trackermap": None})
    assert response.status_code == 422
    assert "Last run of this fill: Good" in opinions_of(response)


def test_setting_shows_opinions_from_the_start(shifter_client, fill, settings):
    settings.SHOW_OPINIONS_FIRST = True
    response = open_form(shifter_client, PROMPT)
    assert "Last run of this fill: Good" in opinions_of(response)
    assert response.context["page"].comparison is not None


def test_certification_shows_opinions_and_the_flags_of_run_registry_when_it_was_saved(shifter_client, fill):
    opened = open_form(shifter_client, PROMPT)
    response = send_form(shifter_client, opened, PROMPT, hints="1", **GOOD | {"pixel": "excluded"})
    codes = dict(re.findall(r'name="(confirm_\w+)"[^>]*value="([^"]+)"', response.content.decode()))
    saved = send_form(shifter_client, opened, PROMPT, **GOOD | {"pixel": "excluded"} | codes)
    assert saved.status_code == 303, saved.context and saved.context["editor"].error_links
    made = TrackerCertification.objects.get(runreconstruction__run=RUN, runreconstruction__reconstruction="prompt")
    assert set(made.facts["registry"]["flags"]) == {"pixel", "strip", "tracking"}
    text = opinions_of(shifter_client.get(f"/list/{made.pk}/"))
    assert "Last run of this fill: Good" in text and "Express: Bad" in text
    assert "Run Registry when it was certified: Pixel " in text


def test_opinions_cost_one_query(shifter_client, fill, django_assert_max_num_queries):
    opened = open_form(shifter_client, PROMPT)
    send_form(shifter_client, opened, PROMPT, hints="1", **FLAGS)
    with django_assert_max_num_queries(11):
        send_form(shifter_client, opened, PROMPT, hints="1", **FLAGS)


def test_forms_opened_before_flags_were_in_the_context_are_accepted(shifter_client):
    opened = open_form(shifter_client)
    older = replace(opened.context["page"].editor.form_context, registry_flags={})
    response = send_form(shifter_client, opened, hints="1", ticket=older.signed(), **FLAGS)
    assert "Run Registry: Pixel" not in opinions_of(response)

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from certify.models.choices import Flag
from certify.review.actions import answer_question
from drafts.models import Draft
from golden.actions import make_file
from golden.models import GoldenFile
from golden.verifications import record_verification
from infrastructure.http.results import Found
from openruns.searches import save_search
from registry.dataset_cache import cache_datasets
from registry.parsing import RegistryDataset
from tests.audit.past_history import sql
from tests.factories import CertificationFactory, QuestionFactory, ReconstructionFactory, RunFactory
from tests.golden.stored import certification, policy

pytestmark = pytest.mark.django_db
TODAY = date(2018, 6, 1)


@pytest.fixture(autouse=True)
def _on_that_day(time_machine):
    time_machine.move_to(datetime(2018, 6, 1, 4, 0, tzinfo=UTC), tick=False)


def page(client):
    return client.get("/").context["page"]


def test_shifter_sees_only_own_certifications_of_today(shifter_client, shifter, other_shifter):
    CertificationFactory(user=shifter, date=TODAY)
    CertificationFactory(user=shifter, date=TODAY, strip=Flag.BAD)
    CertificationFactory(user=other_shifter, date=TODAY)
    CertificationFactory(user=shifter, date=date(2018, 5, 31))
    shown = page(shifter_client)
    assert shown.mine.verdicts == [("good", 1), ("bad", 1)]
    assert shown.team is None
    assert {row.user for row in shown.latest_certifications} == {shifter}
    assert [(tally.day.day, tally.total) for tally in shown.days] == [(1, 2), (31, 1)]


def test_shift_leader_also_sees_certifications_of_all_shifters(shift_leader_client, shift_leader, shifter):
    CertificationFactory(user=shift_leader, date=TODAY)
    CertificationFactory(user=shifter, date=TODAY)
    assert (page(shift_leader_client).mine.total, page(shift_leader_client).team.total) == (1, 2)


def test_latest_certifications_of_other_days_name_their_days(shifter_client, shifter, time_machine):
    for day in (23, 27):
        time_machine.move_to(datetime(2018, 4, day, 12, tzinfo=UTC), tick=False)
        CertificationFactory(user=shifter, date=date(2018, 4, day))
    assert page(shifter_client).days_of_latest == "today, and back to 2018-04-23"
    time_machine.move_to(datetime(2018, 6, 1, 4, tzinfo=UTC), tick=False)
    html = shifter_client.get("/").text
    assert "The last 2: 2018-04-23 to 2018-04-27" in html and ">2018-04-27 12:00</time>" in html


def test_the_day_of_a_single_certification_has_no_number(shifter_client, shifter, time_machine):
    time_machine.move_to(datetime(2018, 4, 23, 12, tzinfo=UTC), tick=False)
    CertificationFactory(user=shifter, date=date(2018, 4, 23))
    time_machine.move_to(datetime(2018, 6, 1, 4, tzinfo=UTC), tick=False)
    assert "The last: 2018-04-23<" in shifter_client.get("/").text


def test_days_are_not_named_while_all_is_of_today(shifter_client, shifter):
    CertificationFactory(user=shifter, date=TODAY)
    assert "home-days" not in shifter_client.get("/").text


def test_home_tells_that_what_is_open_is_being_read(shifter_client, sandbox):
    assert "Reading from Run Registry what is open." in shifter_client.get("/").text
    assert sandbox.requests() == []


def test_withdrawn_certifications_are_not_counted(shifter_client, shifter):
    CertificationFactory(user=shifter, date=TODAY, withdrawn=True)
    shown = page(shifter_client)
    assert (shown.mine.total, shown.latest_certifications, shown.days) == (0, [], [])


def test_guest_sees_how_to_get_a_role_and_no_search(guest_client):
    html = guest_client.get("/").content.decode()
    assert "you need the role Shifter" in html
    assert 'name="runs"' not in html


def test_unfinished_searches_are_offered_again(shifter_client, shifter):
    save_search(shifter, "315270-315271", [315271, 315270])
    save_search(shifter, "316187,316199-316200", [316200, 316199, 316187])
    html = shifter_client.get("/").text
    assert 'href="/openruns/?runs=316187%2C316199-316200"' in html and 'href="/openruns/?runs=315270-315271"' in html


def test_query_count_of_home_is_independent_of_row_count(shift_leader_client, shift_leader, django_assert_num_queries):
    for _ in range(12):
        CertificationFactory(user=shift_leader, date=TODAY)
    with django_assert_num_queries(11):
        shift_leader_client.get("/")


def test_home_of_leaders_leads_to_the_newest_golden_json(shift_leader_client, shifter_client):
    assert "no file yet" in shift_leader_client.get("/").text
    certification(315300)
    file = make_file(None, policy(), timezone.now())
    sql("UPDATE golden_goldenfile SET sha256 = 'x'")
    record_verification(None, GoldenFile.objects.get())
    page = shift_leader_client.get("/").text
    assert f'<a href="/golden/{file.pk}/">tracker2018 v1</a>' in page and '<span class="flag is-bad">differs' in page
    assert f"/golden/{file.pk}/" not in shifter_client.get("/").text


def _draft(person, **more):
    at = timezone.now() - timedelta(minutes=5)
    values = {
        "run_number": 315270,
        "reconstruction": "express",
        "key": "a" * 32,
        "typed": "comment=mine",
        "saved_at": at,
    }
    return Draft.objects.create(user=person, **values | more)


def test_draft_of_a_run_certified_since_is_marked_and_can_be_discarded(shifter_client, shifter, other_shifter):
    run = RunFactory(run_number=315270)
    _draft(shifter)
    certification = CertificationFactory(run=run, user=other_shifter)
    _draft(shifter, run_number=315271, key="b" * 32)
    since = {row.entry.run_number: row.since for row in page(shifter_client).drafts}
    assert since == {315270: certification, 315271: None}
    html = " ".join(shifter_client.get("/").text.split())
    assert "certified since by shifter2" in html and html.count(">Discard<") == 1
    form_token = re.search(r'name="sheet" value="([^"]+)"', html)[1]
    answer = shifter_client.post("/drafts/discard/", {"sheet": form_token, "draft": "a" * 32}, follow=True)
    assert answer.redirect_chain == [("/", 302)] and "The draft is discarded." in answer.text
    assert [draft.run_number for draft in Draft.objects.all()] == [315271]


def test_draft_of_a_run_certified_since_by_the_same_user_names_you(shifter_client, shifter):
    _draft(shifter)
    CertificationFactory(run=RunFactory(run_number=315270), user=shifter)
    assert "certified since by you:" in shifter_client.get("/").text


def test_draft_typed_after_the_certification_is_not_marked(shifter_client, shifter):
    CertificationFactory(run=RunFactory(run_number=315270), user=shifter)
    _draft(shifter, saved_at=timezone.now() + timedelta(minutes=1))
    assert [draft.since for draft in page(shifter_client).drafts] == [None]
    assert ">Discard<" not in shifter_client.get("/").text


def _open_in_registry(*runs):
    """The stored result of a search: an open express dataset of each run."""
    name = "/Express/Collisions2018/DQM"
    found = [RegistryDataset(run, name, "express", "OPEN", "Collisions18", "OPEN") for run in runs]
    cache_datasets(Found(found, timezone.now()), runs)


def test_home_shows_the_next_run_of_the_last_search_without_a_request(shifter_client, shifter, sandbox):
    save_search(shifter, "315270-315271", [315271, 315270])
    _open_in_registry(315270, 315271)
    CertificationFactory(run=RunFactory(run_number=315271))
    [shown] = page(shifter_client).searches
    assert (shown.left, shown.certified, shown.total, shown.next_step.run_number) == (1, 1, 2, 315270)
    assert shown.next_url == "/certify/315270/express/?dataset=%2FExpress%2FCollisions2018%2FDQM&runs=315270-315271"
    html = " ".join(shifter_client.get("/").text.split())
    assert "Next: 315270 express" in html and "1 of 2</span>" in html
    CertificationFactory(run=RunFactory(run_number=315270))
    assert page(shifter_client).searches == []
    assert sandbox.requests() == []


def test_no_next_run_for_a_search_without_stored_results(shifter_client, shifter):
    save_search(shifter, "315270-315271", [315271, 315270])
    html = " ".join(shifter_client.get("/").text.split())
    assert "0 certified</span>" in html and "Next: " not in html


def test_answers_have_their_own_list_without_undo(shift_leader_client, shift_leader, shifter):
    question = QuestionFactory(certification=CertificationFactory(user=shifter), asked_by=shift_leader)
    answer_question(shifter, question, "HV trip.")
    html = shift_leader_client.get("/").text
    assert "Answers to your questions" in html and "Changed of yours by others" not in html
    assert question.text in html and "HV trip." in html and "/undo/" not in html
    change = re.search(r'name="change" value="([0-9]+)"', html)[1]
    assert shift_leader_client.post("/history/seen/", {"change": change}).status_code == 303
    assert "Answers to your questions" not in shift_leader_client.get("/").text


def test_a_new_system_says_what_to_do_first(shifter_client, shift_leader_client, guest_client):
    assert "Ask a shift leader to adopt one under References." in shifter_client.get("/").text
    assert 'href="/references/adopt/">Adopt a reference run</a>' in shift_leader_client.get("/").text
    ReconstructionFactory(reference=True)
    for client in (shifter_client, shift_leader_client, guest_client):
        assert "No reference run exists yet" not in client.get("/").text

"""`?as_of=`: the list, its exports and the page of a certification show the version at that time."""

import csv
import io
import json

import pytest

from certify.actions.lifecycle import withdraw_certification
from certify.models import TrackerCertification
from tests.factories import BadReasonFactory, CertificationFactory, PixelProblemFactory, RunFactory
from users.models import User

pytestmark = pytest.mark.django_db
BEFORE, MADE, CHANGED, GONE = (f"2018-06-0{day}T12:00:00Z" for day in (1, 2, 3, 4))


@pytest.fixture
def certification(shifter, time_machine):
    """Certified good on 2 June, changed to bad on 3 June, withdrawn on 4 June (10:00 UTC each)."""
    time_machine.move_to("2018-06-02T10:00:00Z", tick=False)
    certification = CertificationFactory(user=shifter, run=RunFactory(run_number=315270), comment="one")
    certification.pixel_problems.add(PixelProblemFactory(name="hot"))
    time_machine.move_to("2018-06-03T10:00:00Z", tick=False)
    certification.strip, certification.bad_reason, certification.comment = "bad", BadReasonFactory(name="HV off"), "two"
    certification.save()
    certification.pixel_problems.clear()
    time_machine.move_to("2018-06-04T10:00:00Z", tick=False)
    return withdraw_certification(shifter, certification, 1, "wrong run")


@pytest.fixture
def rows(guest_client, certification):
    def rows(query):
        answer = guest_client.get(f"/list/?{query}")
        assert answer.status_code == 200
        return [row.record for row in answer.context["page"].table.paginated_rows]

    return rows


def test_list_shows_the_versions_at_that_time(rows):
    assert rows(f"as_of={BEFORE}") == []
    (then,) = rows(f"as_of={MADE}")
    assert (then.strip, then.verdict_word, then.comment, then.run_number) == ("good", "good", "one", 315270)
    (then,) = rows(f"as_of={CHANGED}")
    assert (then.strip, then.verdict_word, then.comment) == ("bad", "bad", "two")
    assert rows(f"as_of={GONE}") == []
    assert [row.state for row in rows(f"as_of={GONE}&state=withdrawn")] == ["withdrawn"]


@pytest.mark.parametrize(
    ("filters", "then"),
    [
        ("verdict=good", MADE),
        ("strip=bad&verdict=bad", CHANGED),
        ("runs_min=315270&runs_max=315270&user=shifter", MADE),
        ("comment=two", CHANGED),
        ("reconstruction=express&date_min=2018-06-01&date_max=2018-06-01&sort=-run", MADE),
        ("pixel_problems={problem}", MADE),
        ("bad_reason={reason}", CHANGED),
        ("dataset=PromptReco&lowstat=", MADE),
    ],
)
def test_filters_apply_to_the_versions_at_that_time(rows, filters, then):
    from certify.models import BadReason, PixelProblem

    query = filters.format(problem=PixelProblem.objects.get().pk, reason=BadReason.objects.get().pk)
    other = MADE if then == CHANGED else CHANGED
    assert len(rows(f"as_of={then}&{query}")) == 1
    if not filters.startswith(("runs", "reconstruction", "dataset")):
        assert rows(f"as_of={other}&{query}") == []


def test_no_earlier_version_is_stale(rows):
    assert rows(f"as_of={MADE}&stale=on") == []


def test_exports_have_the_versions_at_that_time(guest_client, certification):
    lines = b"".join(guest_client.get(f"/list/?as_of={MADE}&export=csv").streaming_content).decode()
    (row,) = csv.DictReader(io.StringIO(lines))
    assert (row["id"], row["strip"], row["verdict"], row["pixel_problems"]) == (
        str(certification.pk),
        "good",
        "good",
        "hot",
    )
    lines = b"".join(guest_client.get(f"/list/?as_of={CHANGED}&export=json").streaming_content)
    (row,) = json.loads(lines)
    assert (row["strip"], row["pixel_problems"], row["state"], row["bad_reason"]) == ("bad", [], "live", "HV off")


def test_ranges_are_those_of_that_time(guest_client, shifter, time_machine):
    time_machine.move_to("2018-06-02T10:00:00Z", tick=False)
    facts = {"lumis": {"strip": 2.7, "all": 2.7}, "digest": None}
    certification = CertificationFactory(user=shifter, strip_ranges=[[310, 330]], ranges_facts=facts)
    time_machine.move_to("2018-06-03T10:00:00Z", tick=False)
    certification.strip_ranges, certification.ranges_facts = [[5, 9]], {}
    certification.save()
    for moment, ranges, out in (
        (MADE, "310-330", "21 of 617 LS and 2.700 /pb out"),
        (CHANGED, "5-9", "5 of 617 LS out"),
    ):
        lines = b"".join(guest_client.get(f"/list/?as_of={moment}&export=csv").streaming_content).decode()
        (row,) = csv.DictReader(io.StringIO(lines))
        assert row["strip_ranges"] == ranges
        assert out in guest_client.get(f"/list/?as_of={moment}&ranges=on").text
        page = guest_client.get(f"/list/{certification.pk}/?as_of={moment}").text
        assert out in page and ranges in page


def test_page_of_an_earlier_time_is_marked_and_read_only(shifter_client, certification):
    page = shifter_client.get(f"/list/{certification.pk}/?as_of={CHANGED}").content.decode()
    assert "As of 2018-06-03 12:00:00 UTC" in page and "HV off" in page
    for verb in ("update", "withdraw", "restore", "hand-over"):
        assert f"/list/{certification.pk}/{verb}/" not in page
    assert "wrong run" not in page
    page = shifter_client.get(f"/list/{certification.pk}/?as_of={MADE}").content.decode()
    assert "hot" in page and "HV off" not in page
    assert shifter_client.get(f"/list/{certification.pk}/?as_of={BEFORE}").status_code == 404


def test_links_of_the_page_have_the_same_time(guest_client, certification):
    page = guest_client.get(f"/list/?as_of={MADE}").content.decode()
    assert f'href="/list/{certification.pk}/?as_of={MADE}"' in page
    assert f'name="as_of" value="{MADE}"' in page
    assert "as_of=2018-06-02T12%3A00%3A00Z&amp;export=csv" in page


@pytest.mark.parametrize("moment", ["2018-06-02T14:00:00+02:00", "2018-06-02T14:00%2B02:00", "2018-06-02T12:00"])
def test_common_time_formats_are_accepted(rows, moment):
    assert len(rows(f"as_of={moment}")) == 1


@pytest.mark.parametrize("moment", ["yesterday", "2018-13-01", "0001-01-01T00:00:00+23:00"])
def test_invalid_as_of_is_an_error(guest_client, certification, moment):
    answer = guest_client.get("/list/", {"as_of": moment})
    assert answer.status_code == 400 and "Give a time such as 2026-05-01T12:00Z." in answer.content.decode()
    assert guest_client.get(f"/list/{certification.pk}/", {"as_of": moment}).status_code == 400


def test_query_count_of_the_list_at_an_earlier_time(guest_client, certification, django_assert_max_num_queries):
    owner = User.objects.get(username="shifter")
    for _ in range(30):
        CertificationFactory(user=owner)
    assert TrackerCertification.history.count() > 30
    with django_assert_max_num_queries(12):
        guest_client.get("/list/?as_of=2018-07-01T00:00Z")


def test_certification_created_later_shows_a_message(guest_client, certification):
    answer = guest_client.get(f"/list/{certification.pk}/?as_of={BEFORE}")
    assert answer.status_code == 404
    assert "315270 express was certified later, at 2018-06-02 10:00:00 UTC" in answer.content.decode()
    assert "There is no page at" in guest_client.get(f"/list/999999/?as_of={BEFORE}").content.decode()


def test_no_undo_on_pages_of_an_earlier_time(shift_leader_client, certification):
    assert "/undo/" in shift_leader_client.get(f"/list/{certification.pk}/").content.decode()
    assert "/undo/" not in shift_leader_client.get(f"/list/{certification.pk}/?as_of={CHANGED}").content.decode()


def test_page_shows_the_flags_of_run_registry_when_it_was_certified(guest_client, time_machine):
    time_machine.move_to("2018-06-02T10:00:00Z", tick=False)
    facts = {"registry": {"flags": {"pixel": "bad", "strip": "good"}}}
    certification = CertificationFactory(facts=facts)
    text = guest_client.get(f"/list/{certification.pk}/?as_of={MADE}").text
    assert 'when it was certified:</span> Pixel <strong class="is-different">bad</strong>, Strip good' in text

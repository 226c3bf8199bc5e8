"""/references/: the table of reference runs with filters, order, pages, export and number of queries."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certify.models import RunReconstruction
from certify.references.actions import retire_reference
from tests.factories import CertificationFactory, FillFactory, ReconstructionFactory, RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]


def reference(number, reconstruction="prompt", **run):
    run = RunFactory(run_number=number, **run)
    return ReconstructionFactory(run=run, reconstruction=reconstruction, reference=True)


def rows(client, query=""):
    response = client.get(f"/references/?{query}")
    assert response.status_code == 200
    return [row.record for row in response.context["page"].table.paginated_rows]


def numbers(client, query=""):
    return [row.run_id for row in rows(client, query)]


def test_row_shows_the_facts_and_the_number_of_certifications(guest_client):
    fill = FillFactory(fill_number=6570, peak_pileup=40.6, bunches_colliding=1214)
    certification = CertificationFactory(
        reference_runreconstruction=reference(314811, fill=fill, era=None, b_field=3.8)
    )
    CertificationFactory(withdrawn=True, reference_runreconstruction=certification.reference_runreconstruction)
    page = " ".join(guest_client.get("/references/").content.decode().split())
    row = page[page.index("<tbody>") : page.index("</tbody>")]
    for text in (">314811<", ">prompt<", "collisions", "2018A", "6570", "3.8", "40.6", "1214", "2018-06-01 06:00"):
        assert text in row, text
    assert f'href="/references/{certification.reference_runreconstruction_id}/#resting">1<' in row
    assert "2018-06-01</td>" in row


def test_old_address_redirects_permanently(client):
    response = client.get("/reference/")
    assert (response.status_code, response["Location"]) == (301, "/references/")


@pytest.fixture
def references():
    return [
        reference(314575, era="2018A", b_field=3.8, fill=FillFactory(fill_number=6560, peak_pileup=20)),
        reference(314768, "express", b_field=0.0, fill=FillFactory(fill_number=6561, peak_pileup=40, era="2018B")),
        reference(314811, cosmics=True, era="2018B"),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [314811, 314768, 314575]),
        ("sort=run", [314575, 314768, 314811]),
        ("sort=pile_up", [314575, 314768, 314811]),  # unknown values come last
        ("sort=-pile_up", [314768, 314575, 314811]),  # in both directions
        ("runs_min=314600", [314811, 314768]),
        ("runs_max=314768", [314768, 314575]),
        ("fill=6561", [314768]),
        ("reconstruction=express", [314768]),
        ("run_type=cosmics", [314811]),
        ("era=8b", [314811]),
        ("b_field=3.8", [314811, 314575]),
        ("b_field=0", [314768]),
        ("state=retired", []),
    ],
)
def test_address_filters_and_sorts(guest_client, references, query, expected):
    assert numbers(guest_client, query) == expected


def test_every_column_sorts_in_both_directions(guest_client, references, sandbox):
    columns = guest_client.get("/references/").context["page"].table.columns
    for name in columns.names():
        for query in (f"sort={name}", f"sort=-{name}"):
            assert len(numbers(guest_client, query)) == 3


@pytest.mark.parametrize("query", ["runs_min=x", "fill=1.5", "state=none", "runs_min=9&runs_max=3", "b_field=nan"])
def test_invalid_filter_shows_an_error_and_no_rows(guest_client, references, query):
    response = guest_client.get(f"/references/?{query}")
    assert response.status_code == 422
    page = response.content.decode()
    assert "field-error" in page and "314811" not in page


def test_retired_references_are_shown_by_the_state_filter(guest_client, shift_leader, references):
    retire_reference(shift_leader, references[0], "too old", references[1])
    assert numbers(guest_client) == [314811, 314768]
    assert numbers(guest_client, "state=retired") == [314575]
    assert numbers(guest_client, "state=any") == [314811, 314768, 314575]


def test_page_links_preserve_filters_and_order(guest_client):
    for number in range(30):
        reference(314000 + number)
    query = "reconstruction=prompt&sort=run"
    assert numbers(guest_client, f"{query}&page=2") == list(range(314025, 314030))
    page = guest_client.get(f"/references/?{query}").content.decode()
    assert f"{query.replace('&', '&amp;')}&amp;page=2" in page
    assert len(numbers(guest_client, f"{query}&per_page=50&page=99")) == 30
    for parameters in ("per_page=-1&page=7", "per_page=1000", "page=-1", "page=x"):
        assert len(numbers(guest_client, f"{query}&{parameters}")) in (5, 25)


@pytest.mark.parametrize(("count", "is_offered"), [(25, False), (26, True)])
def test_page_sizes_are_offered_when_there_are_more_rows_than_the_smallest(guest_client, count, is_offered):
    for number in range(count):
        reference(314000 + number)
    assert ("per_page=50" in guest_client.get("/references/").content.decode()) is is_offered


@pytest.mark.parametrize(
    ("query", "is_open"), [("", False), ("sort=run", False), ("runs=314575", True), ("runs=314575-76", True)]
)
def test_filters_are_folded_unless_one_is_set(guest_client, query, is_open):
    page = guest_client.get(f"/references/?{query}").content.decode()
    assert ('<details class="panel filters" open>' in page) is is_open


def test_references_of_a_pasted_list(guest_client, references):
    assert numbers(guest_client, "runs=['314575', '314811']&sort=run") == [314575, 314811]


def test_export_has_the_filtered_rows_in_their_order(guest_client, references):
    references[0].reference_reason = "=first"
    references[0].save()
    CertificationFactory(reference_runreconstruction=references[0])
    response = guest_client.get("/references/?sort=run&b_field=3.8&export=csv")
    lines = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert [line["run_number"] for line in lines] == ["314575", "314811"]
    first = lines[0]
    assert (first["fill_number"], first["peak_pileup"], first["b_field_t"]) == ("6560", "20.0", "3.8")
    assert (first["certifications_resting_on_it"], first["last_used"]) == ("1", "2018-06-01")
    assert first["reference_reason"] == "'=first" and lines[1]["peak_pileup"] == ""


def test_reference_that_became_bad_is_marked(guest_client):
    bad_reference = reference(314811)
    CertificationFactory(runreconstruction=bad_reference, strip="bad")
    assert "bad by now" in guest_client.get("/references/").content.decode()


@pytest.mark.parametrize("count", [3, 60])
def test_page_needs_few_queries_at_any_number_of_references(guest_client, count, sandbox):
    for number in range(count):
        CertificationFactory(reference_runreconstruction=reference(314000 + number))
    with CaptureQueriesContext(connection) as queries:
        assert len(numbers(guest_client, "per_page=50")) == min(count, 50)
    assert len(queries) <= 5, [query["sql"] for query in queries]
    assert RunReconstruction.objects.filter(is_reference=True).count() == count

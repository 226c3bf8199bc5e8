from datetime import UTC, date, datetime

import pytest

from certify.models import TrackerCertification
from certify.models.choices import Flag
from infrastructure.csv_export import escape_cell
from listruns.export_rows import CHUNK
from tests.factories import (
    BadReasonFactory,
    CertificationFactory,
    PixelProblemFactory,
    ReconstructionFactory,
    RunFactory,
)
from tests.listruns.list_page import create_certifications, exported_csv, exported_json, keys, rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def certification(shifter):
    certification = CertificationFactory(
        run=RunFactory(run_number=315270),
        user=shifter,
        pixel=Flag.BAD,
        pixel_lowstat=True,
        strip=Flag.BAD,
        bad_reason=BadReasonFactory(name="HV off"),
        comment="a, b\nc",
    )
    certification.pixel_problems.add(PixelProblemFactory(name="hot ROC"), PixelProblemFactory(name="dead FED"))
    return certification


def test_json_has_all_fields_of_a_certification(shifter_client, certification):
    (row,) = exported_json(shifter_client, runs_min=315270)
    assert (
        row.items()
        >= {
            "id": certification.pk,
            "run_number": 315270,
            "reconstruction": "express",
            "run_type": "collisions",
            "dataset": "/PromptReco/Collisions2018A/DQM",
            "reference_run_number": certification.reference_runreconstruction.run_id,
            "reference_reconstruction": "express",
            "fill_number": certification.runreconstruction.run.fill_number,
            "lumisections": 617,
            "recorded_lumi_per_pb": 78.15,
            "pixel": "bad",
            "pixel_lowstat": True,
            "pixel_problems": ["dead FED", "hot ROC"],
            "strip": "bad",
            "strip_lowstat": False,
            "verdict": "bad",
            "bad_reason": "HV off",
            "comment": "a, b\nc",
            "date": "2018-06-01",
            "user": "shifter",
            "state": "live",
            "version": 1,
        }.items()
    )


def test_csv_has_the_same_fields(shifter_client, certification):
    (row,) = exported_csv(shifter_client, runs_min=315270)
    (same,) = exported_json(shifter_client, runs_min=315270)
    assert list(row) == list(same)
    assert row["run_number"] == "315270"
    assert row["comment"] == "a, b\nc"
    assert row["pixel_problems"] == "dead FED; hot ROC"
    assert (row["pixel_lowstat"], row["withdrawn_by"]) == ("True", "")


@pytest.mark.parametrize(("flag", "out", "lumi"), [("good", 22, 2.75), ("bad", 0, 0.0)])
def test_export_has_the_ranges_and_what_is_out(shifter_client, flag, out, lumi):
    CertificationFactory(
        run=RunFactory(run_number=315270),
        strip_ranges=[[310, 330], [352, 352]],
        tracking=flag,
        ranges_facts={"lumis": {"strip": 2.75, "all": 2.75}},
    )
    (row,) = exported_json(shifter_client, runs_min=315270)
    assert (row["strip_ranges"], row["pixel_ranges"]) == ([[310, 330], [352, 352]], [])
    assert (row["lumisections_out"], row["lumi_out_per_pb"]) == (out, lumi)
    (row,) = exported_csv(shifter_client, runs_min=315270)
    assert (row["strip_ranges"], row["pixel_ranges"]) == ("310-330, 352", "")
    assert (row["lumisections_out"], row["lumi_out_per_pb"]) == (f"{out}", f"{lumi}")


@pytest.mark.parametrize("facts", [{}, {"lumis": {"strip": 2.5, "all": 2.5}, "unknown_lumis": {"strip": 1, "all": 1}}])
def test_luminosity_out_is_empty_where_oms_did_not_give_it_of_all(shifter_client, facts):
    CertificationFactory(run=RunFactory(run_number=315270), strip_ranges=[[310, 330]], ranges_facts=facts)
    (row,) = exported_csv(shifter_client, runs_min=315270)
    assert (row["lumisections_out"], row["lumi_out_per_pb"]) == ("21", "")


def test_luminosity_out_is_without_the_noise_of_a_sum(shifter_client):
    facts = {"lumis": {"strip": 3.268259999999998, "all": 3.268259999999998}}
    CertificationFactory(run=RunFactory(run_number=315270), strip_ranges=[[310, 330]], ranges_facts=facts)
    assert exported_json(shifter_client, runs_min=315270)[0]["lumi_out_per_pb"] == 3.26826
    assert exported_csv(shifter_client, runs_min=315270)[0]["lumi_out_per_pb"] == "3.26826"


def test_export_has_exactly_the_filtered_rows_of_all_pages(shifter_client, shifter):
    create_certifications(60, shifter, ReconstructionFactory(), date=date(2018, 6, 1))
    CertificationFactory(run=RunFactory(run_number=315270))
    query = {"runs_min": 400010, "runs_max": 400049}
    shown = {key for page in (1, 2) for key in rows(shifter_client, **query, page=page)}
    assert len(shown) == 40
    assert {row["id"] for row in exported_json(shifter_client, **query)} == shown
    assert {int(row["id"]) for row in exported_csv(shifter_client, **query)} == shown


def test_link_on_the_default_page_exports_what_it_shows(shifter_client, shifter, time_machine):
    time_machine.move_to(datetime(2018, 6, 1, 4, 0, tzinfo=UTC), tick=False)
    own = CertificationFactory(user=shifter)
    CertificationFactory()
    answer = shifter_client.get("/list/")
    assert keys(answer) == [own.pk]
    exported = shifter_client.get(f"/list/?{answer.context['page'].exports['CSV']}").getvalue().decode()
    assert exported.count("\r\n") == 2
    assert [row["id"] for row in exported_json(shifter_client)] == [own.pk]


def test_withdrawn_certification_has_user_time_and_reason(shifter_client, shifter):
    CertificationFactory(user=shifter, withdrawn=True)
    (row,) = exported_json(shifter_client, state="withdrawn")
    assert (row["state"], row["withdrawn_by"], row["withdrawn_reason"]) == ("withdrawn", "shifter", "wrong run")
    assert row["withdrawn_at_utc"] == "2018-06-02T06:00:00Z"


def test_empty_export_is_an_empty_list_and_a_header(shifter_client):
    assert exported_json(shifter_client) == []
    assert shifter_client.get("/list/?export=csv").getvalue().startswith(b"id,run_number,reconstruction,")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_formula_in_a_text_is_escaped(shifter_client, text):
    CertificationFactory(run=RunFactory(run_number=315270), comment=text)
    answer = shifter_client.get("/list/?runs_min=315270&export=csv").getvalue().decode()
    assert f"'{text}" in answer
    assert exported_json(shifter_client, runs_min=315270)[0]["comment"] == text


def test_negative_number_stays_a_number():
    assert escape_cell(-3) == -3


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("export=xml", "give csv or json"),
        ("export=json&runs_min=x", "runs_min: Type a run number"),
        ("export=csv&run_min=315270", "run_min means nothing here"),
    ],
)
def test_invalid_export_is_refused_with_a_message(shifter_client, query, sentence):
    answer = shifter_client.get(f"/list/?{query}")
    assert answer.status_code == 400
    assert sentence in answer.content.decode()


@pytest.mark.parametrize("file_format", ["csv", "json"])
def test_query_count_of_an_export_by_chunk(shifter_client, shifter, file_format, django_assert_max_num_queries):
    create_certifications(600, shifter, ReconstructionFactory(), date=date(2018, 6, 1))
    problem, through = PixelProblemFactory(), TrackerCertification.pixel_problems.through
    through.objects.bulk_create(
        through(trackercertification=row, pixelproblem=problem) for row in TrackerCertification.objects.all()
    )
    with django_assert_max_num_queries(2 + 1 + 2 * 2) as queries:
        shifter_client.get(f"/list/?state=live&export={file_format}").getvalue()
    whole_rows = [sql["sql"] for sql in queries if '"comment"' in sql["sql"]]
    assert len(whole_rows) == 2
    assert all(0 < sql.partition("IN (")[2].partition(")")[0].count(",") < CHUNK for sql in whole_rows)


def test_export_is_in_order_across_chunks(shifter_client, shifter):
    create_certifications(CHUNK + 100, shifter, ReconstructionFactory(), date=date(2018, 6, 1))
    numbers = [row["run_number"] for row in exported_json(shifter_client, state="live", sort="-run")]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == CHUNK + 100


def test_file_is_named_by_its_time(shifter_client, time_machine):
    time_machine.move_to(datetime(2018, 6, 1, 14, 2, tzinfo=UTC))
    answer = shifter_client.get("/list/?export=csv")
    assert answer["Content-Disposition"] == 'attachment; filename="certifications-2018-06-01-1402.csv"'


def test_file_is_sorted_as_the_page_is(shifter_client):
    for number, day in ((315270, 2), (315260, 3), (315280, 1)):
        CertificationFactory(run=RunFactory(run_number=number), date=date(2018, 6, day))
    exported = [row["run_number"] for row in exported_json(shifter_client, state="live", sort="run")]
    assert exported == [315260, 315270, 315280]
    assert [row["run_number"] for row in exported_json(shifter_client, state="live")] == [315260, 315270, 315280]
    assert [row["run_number"] for row in exported_json(shifter_client, state="live", sort="-run")] == exported[::-1]
    assert [row["run_number"] for row in exported_json(shifter_client, state="live", sort="nonsense")] == exported


def test_export_links_have_the_order_of_the_page(shifter_client, certification):
    page = shifter_client.get("/list/?state=live&sort=-run").context["page"]
    assert page.exports["CSV"] == "state=live&sort=-run&export=csv"

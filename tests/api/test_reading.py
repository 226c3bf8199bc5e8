"""What the API returns, and what it refuses."""

import gzip
import hashlib
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from api.paging import encode_cursor
from certify.actions.lifecycle import withdraw_certification
from certify.models import TrackerCertification
from certify.models.choices import Flag
from oms.lumisections.models import LumisectionReading, LumisectionSegment
from tests.api.golden_rows import stored_golden_file
from tests.factories import CertificationFactory, PixelProblemFactory, RunFactory
from tests.listruns.list_page import exported_json
from tests.many import many_certifications

pytestmark = pytest.mark.django_db
CERTIFICATIONS = "/api/v1/certifications/"
RUN = 315270


@pytest.fixture
def certification(shifter):
    certification = CertificationFactory(
        run=RunFactory(run_number=RUN), user=shifter, strip_ranges=[[310, 330], [352, 352]], tracking=Flag.BAD
    )
    certification.pixel_problems.add(PixelProblemFactory(name="hot ROC"))
    return certification


def _items(client, address, **query):
    answer = client.get(address, query)
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def _refusal(answer, status: int) -> str:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")
    return answer.json()["error"]


def test_certification_has_the_values_of_the_export_and_its_facts(shifter_client, certification):
    (item,) = _items(shifter_client, CERTIFICATIONS)
    (exported,) = exported_json(shifter_client, state="live")
    del exported["is_practice"]
    assert item == exported | {"facts": certification.facts}
    assert item["strip_ranges"] == [[310, 330], [352, 352]]
    assert (item["pixel_problems"], item["verdict"]) == (["hot ROC"], "bad")
    assert shifter_client.get(f"{CERTIFICATIONS}{certification.pk}/").json() == item


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"runs": f"{RUN}-{RUN + 5}"}, 1),
        ({"verdict": "good"}, 0),
        ({"user": "shifter", "verdict": ["bad", "good"]}, 1),
        ({"state": "any"}, 2),
        ({"state": "withdrawn"}, 1),
        ({"ranges": "true"}, 1),
        ({"as_of": "2018-01-01T00:00Z"}, 0),
        ({"as_of": "2999-01-01T00:00Z"}, 1),
    ],
)
def test_filters_are_those_of_the_list(shifter_client, certification, query, count):
    CertificationFactory(withdrawn=True)
    assert len(_items(shifter_client, CERTIFICATIONS, **query)) == count


def test_practice_is_never_returned(shifter_client, certification):
    practice = CertificationFactory(is_practice=True, user=certification.user)
    assert [row["id"] for row in _items(shifter_client, CERTIFICATIONS, state="any")] == [certification.pk]
    assert shifter_client.get(f"{CERTIFICATIONS}{practice.pk}/").status_code == 404
    assert shifter_client.get(f"{CERTIFICATIONS}{practice.pk}/versions/").status_code == 404
    assert "practice means nothing here" in _refusal(shifter_client.get(CERTIFICATIONS, {"practice": "on"}), 400)


def test_versions_are_all_of_them_with_the_problems_of_each(shifter_client, shift_leader, certification):
    withdraw_certification(shift_leader, certification, certification.version, "wrong run")
    first, *_, last = shifter_client.get(f"{CERTIFICATIONS}{certification.pk}/versions/").json()["items"]
    assert (first["state"], first["pixel_problems"]) == ("live", [])
    assert (last["state"], last["pixel_problems"], last["version"]) == ("withdrawn", ["hot ROC"], 2)


def test_pages_are_stable_while_rows_are_added(shifter_client):
    rows = many_certifications(5)
    first = shifter_client.get(CERTIFICATIONS, {"limit": 3, "verdict": "good"}).json()
    added = CertificationFactory()
    second = shifter_client.get(first["next"]).json()
    assert parse_qs(urlsplit(first["next"]).query)["verdict"] == ["good"]
    keys = [row["id"] for row in first["items"] + second["items"]]
    assert keys == [*sorted(row.pk for row in rows), added.pk]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("run_min=1", "run_min means nothing here"),
        ("runs_min=x", "runs_min: Type a run number"),
        ("comment=%00", "comment: "),
        ("limit=501", "limit: "),
        ("limit=x", "limit: "),
        ("cursor=abc", "cursor: It cannot be read"),
        (f"cursor={encode_cursor(10**30)}", "cursor: It cannot be read"),
        ("cursor=%ff%00", "cursor: It cannot be read"),
        ("as_of=yesterday", "as_of cannot be read"),
        ("verdict=superb", "verdict: There is no superb here"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(shifter_client, query, sentence):
    assert sentence in _refusal(shifter_client.get(f"{CERTIFICATIONS}?{query}"), 400)


def test_runs_have_no_other_filters(shifter_client):
    assert "verdict means nothing here" in _refusal(shifter_client.get("/api/v1/runs/?verdict=bad"), 400)


@pytest.mark.parametrize("path", ["nowhere/", f"runs/{'9' * 60}/", "certifications/0/", "certifications/-1/", "%00/"])
def test_what_does_not_exist_is_a_sentence(shifter_client, path):
    assert _refusal(shifter_client.get(f"/api/v1/{path}", headers={"Accept": "text/html"}), 404)


def test_address_without_its_slash_redirects(shifter_client):
    answer = shifter_client.get("/api/v1/runs?runs=1")
    assert (answer.status_code, answer["Location"]) == (301, "/api/v1/runs/?runs=1")


def test_too_many_parameters_are_a_sentence(shifter_client, settings):
    query = "&".join(f"a{number}=" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
    assert _refusal(shifter_client.get(f"{CERTIFICATIONS}?{query}"), 400)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_nothing_can_be_changed(shifter_client, certification, method):
    answer = getattr(shifter_client, method)(f"{CERTIFICATIONS}{certification.pk}/")
    assert _refusal(answer, 405) == "The API is read-only. Send GET or HEAD."


def test_unchanged_answer_is_304(shifter_client, certification):
    etag = shifter_client.get(CERTIFICATIONS)["ETag"]
    same = shifter_client.get(CERTIFICATIONS, headers={"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    certification.comment = "changed"
    certification.save()
    assert shifter_client.get(CERTIFICATIONS, headers={"If-None-Match": etag}).status_code == 200


def test_answer_is_compressed_on_demand_and_not_shared(shifter_client, certification):
    plain = shifter_client.get(CERTIFICATIONS)
    packed = shifter_client.get(CERTIFICATIONS, headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert plain["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie", "Accept-Encoding"} <= set(plain["Vary"].split(", "))


def test_head_is_answered_without_content(shifter_client, certification):
    answer = shifter_client.head(CERTIFICATIONS)
    assert (answer.status_code, answer.content) == (200, b"") and answer["ETag"]


def test_query_count_of_a_page_does_not_depend_on_its_size(shifter_client, django_assert_num_queries):
    rows = many_certifications(30)
    problem, through = PixelProblemFactory(), TrackerCertification.pixel_problems.through
    through.objects.bulk_create(through(trackercertification=row, pixelproblem=problem) for row in rows)
    for limit in (2, 30):
        with django_assert_num_queries(2 + 1 + 1 + 1):  # session and person, keys, rows, problems of one component
            assert len(_items(shifter_client, CERTIFICATIONS, limit=limit)) == limit


def test_run_has_units_in_its_names(shifter_client):
    run = RunFactory(run_number=RUN, typed={"energy": {"by": "shifter", "at": "2018-06-01T06:00:00Z"}})
    (item,) = _items(shifter_client, "/api/v1/runs/", runs=str(RUN))
    assert (item["energy_gev"], item["recorded_lumi_per_pb"]) == (run.energy, run.recorded_lumi)
    assert item["typed"] == ["energy"]
    assert shifter_client.get(f"/api/v1/runs/{RUN}/").json() == item


def test_segments_are_those_that_were_read_last(shifter_client, django_assert_num_queries):
    now = timezone.now()
    before, last = now - timedelta(hours=2), now - timedelta(hours=1)
    for read_at, valid_until in ((before, last), (last, None)):
        reading = LumisectionReading.objects.create(
            run_number=RUN, read_at=read_at, checked_at=now, valid_until=valid_until, digest="d", last=9, last_active=8
        )
        LumisectionSegment.objects.create(
            reading=reading, first=1, last=8, bpix=True, recorded_lumi=2.5 if valid_until is None else 1
        )
    with django_assert_num_queries(5):
        (item,) = _items(shifter_client, "/api/v1/segments/", runs_min=RUN)
    (segment,) = item["segments"]
    assert (item["run_number"], item["last"], segment["first"], segment["last"]) == (RUN, 9, 1, 8)
    assert (segment["bpix"], segment["fpix"], segment["recorded_lumi_per_pb"]) == (True, None, 2.5)
    for hours, known in ((1.5, [1]), (0.5, [2.5]), (2.5, [])):
        as_of = (now - timedelta(hours=hours)).isoformat()
        items = _items(shifter_client, "/api/v1/segments/", runs=str(RUN), as_of=as_of)
        assert [item["segments"][0]["recorded_lumi_per_pb"] for item in items] == known
    assert shifter_client.get("/api/v1/runs/", {"as_of": as_of}).status_code == 400


def test_references_name_their_uses(shifter_client, certification, django_assert_num_queries):
    reference = certification.reference_runreconstruction
    reference.is_reference, reference.reference_since = True, timezone.now()
    reference.save()
    with django_assert_num_queries(4):
        (item,) = _items(shifter_client, "/api/v1/references/", runs_max=reference.run_id)
    assert (item["run_number"], item["reconstruction"]) == (reference.run_id, reference.reconstruction)
    assert (item["is_current"], item["use_count"], item["last_used"]) == (True, 1, str(certification.date))


def test_golden_file_has_its_policy_manifest_and_bytes(shifter_client, django_assert_num_queries):
    stored = stored_golden_file()
    (policy,) = _items(shifter_client, "/api/v1/policies/")
    assert (policy["name"], policy["version"], policy["logic"]) == ("tracker2018", 1, stored.policy_version.logic)
    with django_assert_num_queries(4):
        (item,) = _items(shifter_client, "/api/v1/golden/")
    assert (item["name"], item["policy"], item["policy_version"]) == ("TrackerOnly.json", "tracker2018", 1)
    details = shifter_client.get(f"/api/v1/golden/{stored.pk}/").json()
    assert details == item | {"manifest": {"counts": {"runs": 1}}}
    content = shifter_client.get(f"/api/v1/golden/{stored.pk}/file.json").content
    assert hashlib.sha256(content).hexdigest() == item["sha256"]
    assert "runs means nothing here" in _refusal(shifter_client.get("/api/v1/golden/?runs=1"), 400)


def test_error_of_ours_is_json_too(shifter_client, certification, monkeypatch):
    shifter_client.raise_request_exception = False
    monkeypatch.setattr("api.endpoints.reading.certification_items", lambda _rows: 1 / 0)
    sentence = _refusal(shifter_client.get(CERTIFICATIONS), 500)
    assert sentence.startswith("An error of CertHelper")


def test_description_is_public_and_of_openapi_3_1(client):
    answer = client.get("/api/v1/openapi.json")
    document = json.loads(answer.content)
    assert document["openapi"] == "3.1.0"
    names = {row["name"] for row in document["paths"]["/api/v1/certifications/"]["get"]["parameters"]}
    assert {"runs", "verdict", "state", "pixel", "cursor", "limit", "as_of"} <= names and "practice" not in names

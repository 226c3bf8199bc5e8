"""The certify page over real HTTP to the sandbox: what opens, the number of requests, and what is saved."""

import gzip
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from certify.actions.lifecycle import withdraw_certification
from certify.models import TrackerCertification
from oms.models import OmsRun
from registry import dataset_cache
from tests.certify.page_form import GOOD, RUN, open_form, send_form
from tests.factories import (
    CertificationFactory,
    FillFactory,
    RunFactory,
)
from tests.many import many_certifications
from tests.proof import scaled

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]


def test_run_without_reconstruction_opens_its_first_uncertified_dataset(shifter_client):
    response = open_form(shifter_client, f"/certify/{RUN}/")
    assert response.context["page"].editor.form_context.reconstruction == "express"
    assert response.context["page"].dataset == "/Express/Collisions2018/DQM"


def test_run_without_reconstruction_opens_prompt_when_express_is_certified(shifter_client):
    CertificationFactory(run=RunFactory(run_number=RUN), reconstruction="express")
    response = open_form(shifter_client, f"/certify/{RUN}/")
    assert response.context["page"].dataset == "/PromptReco/Collisions2018A/DQM"


def test_run_without_reconstruction_prefers_datasets_open_in_run_registry(shifter_client):
    """Of 315322 express, prompt and both rerecos are open; of 315259 the rerecos are COMPLETED and come last."""
    run = RunFactory(run_number=RUN)
    CertificationFactory(run=run, reconstruction="express")
    CertificationFactory(run=run, reconstruction="prompt")
    page = open_form(shifter_client, f"/certify/{RUN}/").context["page"]
    assert page.registry_state == "COMPLETED"
    assert any("COMPLETED" in notice for notice in page.notices)


def test_rereco_never_opens_the_ul_dataset(shifter_client):
    assert (
        open_form(shifter_client, "/certify/315257/rereco/").context["page"].dataset == "/ReReco/Run2018A_17Sep2018/DQM"
    )
    assert (
        open_form(shifter_client, "/certify/315257/rerecoul/").context["page"].dataset == "/ReReco/Run2018A_UL2019/DQM"
    )


def test_pinned_dataset_determines_the_reconstruction(shifter_client):
    page = open_form(shifter_client, f"/certify/{RUN}/?dataset=/PromptReco/Collisions2018A/DQM").context["page"]
    assert page.editor.form_context.reconstruction == "prompt"


@pytest.mark.parametrize(
    "path",
    [
        "/certify/315259/banana/",
        "/certify/315259/?dataset=/PromptReco/Collisions2031X/DQM",
        "/certify/315259/express/?dataset=/PromptReco/Collisions2018A/DQM",
        "/certify/315259/?dataset=made%20up",
        "/certify/99/",
    ],
)
def test_unknown_run_reconstruction_or_dataset_is_404_and_writes_nothing(shifter_client, path):
    before = OmsRun.objects.count()
    response = shifter_client.get(path)
    assert response.status_code == 404
    assert b"There is no" in response.content or b"dataset" in response.content
    assert OmsRun.objects.count() - before <= 1


def test_run_with_all_datasets_certified_redirects_to_open_runs(shifter_client):
    run = RunFactory(run_number=315262)
    CertificationFactory(run=run, reconstruction="express")
    response = shifter_client.get("/certify/315262/", follow=True)
    assert response.redirect_chain[0][0] == "/openruns/"
    assert "All datasets of run 315262 are certified." in response.content.decode()


def test_page_shows_the_facts_of_oms_with_units(shifter_client):
    text = open_form(shifter_client, "/certify/315270/express/").content.decode()
    assert "78.150 /pb" in text
    assert "fill 6616" in text
    assert "655" in text
    assert "2018-04-27 06:43:28" in text


def test_luminosities_of_the_page_have_one_power(shifter_client):
    text = open_form(shifter_client, "/certify/315721/express/").text
    powers = set(re.findall(r"× (10\S+) cm⁻² s⁻¹", text))
    assert powers == {"10³⁴"} and "<dt>End</dt><dd>&lt;0.001 × 10³⁴" in text


def test_the_luminosity_of_the_fill_is_not_shown_and_decides_no_unit(shifter_client):
    fill = FillFactory(delivered_lumi=251.4, recorded_lumi=239.8, init_lumi=0.0003, peak_lumi=0.0004)
    run = RunFactory(fill=fill, recorded_lumi=2.6e-7, delivered_lumi=3e-7, init_lumi=0.0003, end_lumi=0.0001)
    text = open_form(shifter_client, f"/certify/{run.pk}/express/").text
    assert "<dd>0.260 /µb</dd>" in text and "<dd>0.300 /µb</dd>" in text
    assert set(re.findall(r"× (10\S+) cm⁻² s⁻¹", text)) == {"10³¹"}


def test_opening_a_new_run_costs_two_oms_calls_in_sequence_and_one_of_run_registry(shifter_client, sandbox):
    open_form(shifter_client)
    oms, registry = sandbox.requests("oms"), sandbox.requests("registry")
    assert [request["path"].rsplit("/", 1)[-1].split("?")[0] for request in oms] == ["runs", "fills"]
    assert len(registry) == 1
    open_form(shifter_client)
    assert len(sandbox.requests("oms")) == 2


def test_opening_from_a_search_makes_no_request(shifter_client, sandbox):
    shifter_client.get(f"/openruns/?runs={RUN}")
    sandbox.clear()
    open_form(shifter_client, f"/certify/{RUN}/express/?dataset=/Express/Collisions2018/DQM&runs={RUN}")
    assert sandbox.requests() == []


def test_opening_a_searched_run_makes_no_request_for_two_minutes(shifter_client, sandbox):
    shifter_client.get(f"/openruns/?runs={RUN}")
    sandbox.clear()
    open_form(shifter_client)
    assert sandbox.requests() == []
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=3)):
        open_form(shifter_client)
        assert [request["service"] for request in sandbox.requests()] == ["registry"]
    open_form(shifter_client, f"/certify/{RUN}/")
    assert [request["service"] for request in sandbox.requests()] == ["registry", "registry"]


def test_reference_of_the_other_type_is_not_offered_and_the_best_is_proposed(shifter_client, references):
    field = open_form(shifter_client).context["form"]["reference_runreconstruction"]
    assert [key for key, _label in field.field.choices] == [references["collisions"].pk]
    assert field.value() == references["collisions"].pk


def test_good_certification_is_saved_with_its_facts(shifter_client, shifter, references, sandbox):
    opened = open_form(shifter_client)
    sandbox.clear()
    response = send_form(shifter_client, opened, **GOOD)
    assert (response.status_code, response.url) == (303, "/list/")
    certification = TrackerCertification.objects.get()
    assert (certification.user, certification.run_number, certification.reconstruction, certification.verdict) == (
        shifter,
        RUN,
        "express",
        "good",
    )
    assert certification.reference_runreconstruction == references["collisions"]
    assert certification.dataset.name == "/Express/Collisions2018/DQM"
    assert certification.is_dataset_verified and certification.external_info_complete
    assert certification.facts["registry"]["state"] == "OPEN"
    assert certification.facts["registry"]["class"] == "Collisions18"
    assert certification.facts["run"]["fill_number"] == 6615
    assert certification.date == datetime.now(UTC).date()
    assert sandbox.requests() == []


def test_save_and_next_redirects_to_the_next_open_dataset_of_the_search(shifter_client):
    shifter_client.get("/openruns/?runs=315259,315264")
    path = "/certify/315264/prompt/?dataset=/PromptReco/Collisions2018A/DQM&runs=315259,315264"
    response = send_form(shifter_client, open_form(shifter_client, path), path, **GOOD, then="next")
    assert response.status_code == 303
    assert response.url.startswith("/certify/315259/express/?dataset=%2FExpress%2FCollisions2018%2FDQM&runs=315259")


def search_of(client, runs: str, age: timedelta) -> None:
    """Search the runs and set the age of the answer."""
    client.get(f"/openruns/?runs={runs}")
    for number, entry in dataset_cache.cached_datasets(map(int, runs.split(","))).items():
        dataset_cache.cache_datasets(replace(entry, asked_at=entry.asked_at - age), [number])


def test_search_is_cached_for_a_shift_and_an_old_state_is_requested_again(shifter_client, sandbox):
    search_of(shifter_client, "315259,315264", timedelta(hours=7))
    sandbox.clear()
    path = "/certify/315264/prompt/?dataset=/PromptReco/Collisions2018A/DQM&runs=315259,315264"
    page = open_form(shifter_client, path)
    assert len(sandbox.requests("registry")) == 1
    assert "0 of 4 done" in page.text
    response = send_form(shifter_client, page, path, **GOOD, then="next")
    assert response.url.startswith("/certify/315259/express/?dataset=")


def test_datasets_requested_by_the_page_are_cached(shifter_client, sandbox):
    search_of(shifter_client, str(RUN), timedelta(minutes=16))
    sandbox.clear()
    for _ in range(2):
        open_form(shifter_client, f"/certify/{RUN}/express/?runs={RUN}")
    assert len(sandbox.requests("registry")) == 1


def test_save_from_a_search_redirects_to_the_search(shifter_client):
    shifter_client.get("/openruns/?runs=315259")
    path = f"/certify/{RUN}/express/?runs=315259"
    response = send_form(shifter_client, open_form(shifter_client, path), path, **GOOD)
    assert response.url == "/openruns/?runs=315259"


def test_public_list_of_references_has_its_documented_format(client):
    certification = CertificationFactory(run=RunFactory(run_number=RUN), reconstruction="prompt")
    CertificationFactory(withdrawn=True)
    CertificationFactory(is_practice=True)
    response = client.get("/certify/allRunsRefRuns/")
    assert response["Content-Type"] == "application/json"
    assert json.loads(response.getvalue()) == [
        {
            "run_number": RUN,
            "run_reconstruction_type": "prompt",
            "reference_run_number": certification.reference_runreconstruction.run_id,
            "reference_run_reconstruction_type": "express",
            "dataset": "/PromptReco/Collisions2018A/DQM",
        }
    ]


def test_public_list_of_references_supports_head_requests(client, db):
    answer = client.head("/certify/allRunsRefRuns/")
    assert (answer.status_code, answer.content) == (200, b"")


def test_public_list_of_references_without_any_is_empty(client, db):
    assert client.get("/certify/allRunsRefRuns/").getvalue() == b"[]"


def test_public_list_of_references_is_read_in_chunks(client, monkeypatch, django_assert_num_queries):
    rows = many_certifications(6)
    whole = client.get("/certify/allRunsRefRuns/").getvalue()
    assert whole == json.dumps(json.loads(whole)).encode() and len(json.loads(whole)) == 6
    last = rows[-1].pk
    monkeypatch.setattr("certify.editor.reference_list.CHUNK", 4)
    with django_assert_num_queries(1 + 1 + last // 4 + 1):  # the tag, the last key, the chunks
        assert client.get("/certify/allRunsRefRuns/").getvalue() == whole


def test_unchanged_public_list_of_references_is_304_and_compressed(client, shift_leader, django_assert_num_queries):
    certification, address = CertificationFactory(), "/certify/allRunsRefRuns/"
    whole = client.get(address)
    etag = whole["ETag"]
    with django_assert_num_queries(1):
        assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.getvalue()) == whole.getvalue()
    assert client.get(address, headers={"If-None-Match": packed["ETag"]}).status_code == 304
    withdraw_certification(shift_leader, certification, certification.version, "wrong run")
    changed = client.get(address, headers={"If-None-Match": etag})
    assert (changed.status_code, changed.getvalue()) == (200, b"[]")


@pytest.mark.parametrize("count", [100, scaled(1000, 10_000)])
def test_certify_page_needs_at_most_12_queries_at_any_number_of_certifications(
    shifter_client, count, django_assert_max_num_queries
):
    many_certifications(count)
    open_form(shifter_client)
    with django_assert_max_num_queries(12):
        open_form(shifter_client)


def test_class_and_dataset_name_are_shown_where_they_disagree_with_the_run_type(shifter_client):
    RunFactory(run_number=RUN, cosmics=True)
    notices = open_form(shifter_client).context["page"].notices
    assert [notice for notice in notices if "class Collisions18 says collisions" in notice]
    assert [notice for notice in notices if "dataset name /Express/Collisions2018/DQM says collisions" in notice]


def test_maximum_comment_length_is_within_the_request_limit(shifter_client, settings):
    match = re.search(r'<textarea[^>]*name="comment"[^>]*maxlength="(\d+)"', open_form(shifter_client).content.decode())
    assert match and 4 * int(match[1]) < settings.DATA_UPLOAD_MAX_MEMORY_SIZE

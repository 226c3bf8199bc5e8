"""Run types that the HLT key does not decide, and certifications that were made by the earlier rule."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from certify.facts.run_type import apply_dataset_names, certified_by_earlier_rule
from certify.facts.staleness import mark_stale
from certify.models import Dataset, TrackerCertification
from infrastructure.http.budget import Budget
from oms import mirror
from oms.models import OmsRun
from registry.parsing import parse_dataset
from tests.factories import CertificationFactory, RunFactory
from tests.infrastructure.http.local_server import Answer, stand_in
from tests.oms.rows import answer, fill_row, run_row
from tests.registry.test_parsing import row

__all__ = ["stand_in"]
pytestmark = pytest.mark.django_db
RUN = 315270
CIRCULATING = "/cdaq/circulating/2018/v1.0/HLT/V1"
PHYSICS = "/cdaq/physics/Run2018/2e34/v1.0.0/HLT/V1"
EXPRESS_COSMICS, EXPRESS_COLLISIONS = "/Express/Cosmics18/DQM", "/Express/Collisions2018/DQM"


def datasets(*names):
    return [parse_dataset(row(RUN, name)) for name in names]


def undecided_run(**parts):
    return RunFactory(run_number=RUN, run_type="unknown", hlt_key=PHYSICS, stable_beam=False, **parts)


@pytest.mark.parametrize(
    ("names", "run_type"),
    [
        ([EXPRESS_COSMICS], "cosmics"),
        ([EXPRESS_COLLISIONS, "/PromptReco/Collisions2018A/DQM"], "collisions"),
        ([EXPRESS_COSMICS, "/Express/Commissioning2018/DQM"], "cosmics"),
        ([EXPRESS_COSMICS, EXPRESS_COLLISIONS], "unknown"),
        (["/Express/Commissioning2018/DQM"], "unknown"),
        ([], "unknown"),
    ],
)
def test_name_of_the_dataset_decides_where_the_key_does_not(names, run_type):
    run = undecided_run()
    apply_dataset_names([run], datasets(*names))
    assert (run.run_type, OmsRun.objects.get().run_type) == (run_type, run_type)


@pytest.mark.parametrize("run_type", ["cosmics", "collisions"])
def test_decided_and_typed_run_types_stay(run_type, django_assert_num_queries):
    run = RunFactory(run_number=RUN, run_type=run_type, typed={"run_type": {"by": "shifter", "at": ""}})
    with django_assert_num_queries(0):
        apply_dataset_names([run], datasets(EXPRESS_COSMICS, "/PromptReco/Cosmics18/DQM"))
    assert OmsRun.objects.get().run_type == run_type


def test_run_type_by_name_outlives_another_answer_of_oms_that_decides_none(stand_in, django_assert_max_num_queries):
    apply_dataset_names([undecided_run()], datasets(EXPRESS_COSMICS))
    OmsRun.objects.update(fetched_at=None)
    stand_in.answer_with(Answer(answer(run_row(hlt_key=CIRCULATING, stable_beam=False))), "/oms/runs")
    stand_in.answer_with(Answer(answer(fill_row())), "/oms/fills")
    assert mirror.run_for_page(RUN, Budget(5)).run.run_type == "cosmics"
    OmsRun.objects.update(fetched_at=None)
    stand_in.answer_with(Answer(answer(run_row(hlt_key=PHYSICS, stable_beam=True))), "/oms/runs")
    assert mirror.run_for_page(RUN, Budget(5)).run.run_type == "collisions"


def test_entries_of_oms_and_a_typed_run_type_stored_meanwhile_stay():
    """The run was read before another request stored an odd value of OMS, or a person typed the run type."""
    read_before, problem = undecided_run(), {"energy": {"value": "x", "unit": "GeV", "problem": "not a number"}}
    OmsRun.objects.update(reported=problem)
    apply_dataset_names([read_before], datasets(EXPRESS_COSMICS))
    by_name = {"value": "cosmics", "unit": "", "dataset": EXPRESS_COSMICS}
    assert OmsRun.objects.get().reported == read_before.reported == problem | {"run_type": by_name}
    typed = {"run_type": {"by": "shifter", "at": "2018-05-01T00:00:00Z"}}
    OmsRun.objects.update(run_type="collisions", typed=typed, reported={})
    read_before.run_type = "unknown"
    apply_dataset_names([read_before], datasets(EXPRESS_COSMICS))
    assert (read_before.run_type, read_before.typed, OmsRun.objects.get().run_type) == (
        "collisions",
        typed,
        "collisions",
    )


def _is_a_query_blocked():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite allows one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_entries_that_a_concurrent_refresh_stores_stay():
    run, problem = undecided_run(), {"energy": {"value": "x", "unit": "GeV", "problem": "not a number"}}

    def apply():
        try:
            apply_dataset_names([run], datasets(EXPRESS_COSMICS))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as executor:
        with transaction.atomic():
            OmsRun.objects.filter(pk=RUN).update(reported=problem)
            applied = executor.submit(apply)
            while not applied.done() and not _is_a_query_blocked():
                pass
        applied.result(10)
    assert set(OmsRun.objects.get().reported) == {"energy", "run_type"}


def by_earlier_rule(**parts):
    """A certification made while a run without stable beam was cosmics whatever its key."""
    parts = {"hlt_key": CIRCULATING, "stable_beam": False} | parts
    run = RunFactory(run_type="cosmics", **parts)
    return CertificationFactory(run=run, run_type="cosmics")


@pytest.mark.parametrize("now", ["unknown", "collisions"])
def test_certification_by_the_earlier_rule_keeps_its_type_and_is_listed(now):
    certification = by_earlier_rule()
    run = certification.runreconstruction.run
    run.run_type = now
    run.save()
    mark_stale([run])
    certification.refresh_from_db()
    assert (certification.run_type, certification.stale) == ("cosmics", [])
    assert list(certified_by_earlier_rule()) == [certification]


def test_certifications_by_the_earlier_rule_cost_no_query_each(django_assert_num_queries):
    runs = [by_earlier_rule().runreconstruction.run for _ in range(5)]
    OmsRun.objects.update(run_type="unknown")
    runs = list(OmsRun.objects.filter(pk__in=[run.pk for run in runs]))
    with django_assert_num_queries(1):
        mark_stale(runs)
    assert not TrackerCertification.objects.stale().exists()


def test_stable_beam_that_comes_later_makes_it_stale():
    """This is a changed fact, not a changed rule."""
    certification = by_earlier_rule()
    run = certification.runreconstruction.run
    run.run_type, run.hlt_key, run.stable_beam = "collisions", PHYSICS, True
    run.save()
    mark_stale([run])
    certification.refresh_from_db()
    assert [difference["fact"] for difference in certification.stale] == ["run_type"]


@pytest.mark.parametrize(
    "parts",
    [
        {"hlt_key": "/cdaq/cosmic/commissioning2018/CRUZET/HLT/V1"},
        {"hlt_key": "/cdaq/special/2018/Cosmics/HLT/V1"},
        {"hlt_key": None},
        {"stable_beam": None},
        {"typed": {"run_type": {"by": "shifter", "at": "2018-05-01T00:00:00Z"}}},
    ],
)
def test_cosmics_for_another_reason_are_not_listed(parts):
    by_earlier_rule(**parts)
    assert not certified_by_earlier_rule().exists()


def test_cosmics_by_the_name_of_the_dataset_are_not_listed():
    certification = by_earlier_rule()
    certification.dataset = Dataset.objects.get_or_create(name=EXPRESS_COSMICS)[0]
    certification.save()
    assert not certified_by_earlier_rule().exists()


@pytest.mark.parametrize(("name", "is_listed"), [(EXPRESS_COSMICS, False), (EXPRESS_COLLISIONS, True)])
def test_certification_without_a_dataset_is_listed_unless_the_run_is_cosmics_by_name(name, is_listed):
    certification = by_earlier_rule()
    run = certification.runreconstruction.run
    TrackerCertification.objects.update(dataset=None, facts={})
    OmsRun.objects.filter(pk=run.pk).update(run_type="unknown")
    run.refresh_from_db()
    apply_dataset_names([run], [parse_dataset(row(run.run_number, name))])
    assert certified_by_earlier_rule().exists() == is_listed


def test_shift_leader_finds_them_with_what_they_would_be(shift_leader_client, django_assert_max_num_queries):
    certification = by_earlier_rule()
    certification.dataset = Dataset.objects.get_or_create(name=EXPRESS_COLLISIONS)[0]
    certification.save()
    with django_assert_max_num_queries(6):
        html = shift_leader_client.get("/list/facts/run-types/").content.decode()
    assert f'href="/list/{certification.pk}/"' in html
    assert CIRCULATING in html
    assert "<td>collisions</td>" in html
    assert "/list/facts/run-types/" in shift_leader_client.get("/list/facts/").content.decode()


def test_page_of_a_run_without_a_type_asks_for_it(stand_in, sandbox, settings, shifter_client):
    """The key of the run is of circulating beams, and the name of its dataset says nothing."""
    settings.OMS_URL, settings.RUNREGISTRY_URL = f"{stand_in.url}/oms", f"{stand_in.url}/registry"
    stand_in.answer_with(Answer(answer(run_row(hlt_key=CIRCULATING, stable_beam=False))), "/oms/runs")
    stand_in.answer_with(Answer(answer(fill_row())), "/oms/fills")
    silent = row(RUN, "/Express/Commissioning2018/DQM")
    stand_in.answer_with(Answer({"datasets": [silent], "count": 1, "pages": 1}), "/registry")
    html = shifter_client.get(f"/certify/{RUN}/express/").content.decode()
    assert OmsRun.objects.get(pk=RUN).run_type == "unknown"
    assert "The run type is unknown: neither the HLT key nor the name of a dataset decides it. Choose it." in html
    assert re.search(r'<(input|select)[^>]* name="run-run_type"', html)

"""Facts that OMS gives late: a certification made before them is incomplete until they are there."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps

from certify.facts.actions import complete_certification, is_complete
from certify.facts.refresh import refresh_facts, runs_to_read
from certify.models import TrackerCertification
from infrastructure.http.budget import Budget
from oms.completeness import missing_facts
from oms.models import OmsRun
from reports.statistics import with_unknown_count
from tests.browser_form import field_names
from tests.certify.page_form import GOOD, open_form, send_form
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory
from tests.infrastructure.http.local_server import Answer, stand_in
from tests.oms.rows import answer, fill_row, run_row

__all__ = ["stand_in"]
pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
RUN = 315270


@pytest.mark.parametrize(
    ("parts", "missing"),
    [
        ({}, []),
        ({"lumisections": None}, ["lumisections"]),
        ({"recorded_lumi": None}, ["recorded luminosity"]),
        ({"recorded_lumi": None, "run_type": "cosmics"}, []),
        ({"recorded_lumi": 0.0}, []),
        ({"start_time": NOW - timedelta(hours=3), "end_time": None}, ["the end of the run"]),
        ({"start_time": NOW - timedelta(days=30), "end_time": None}, []),
    ],
)
def test_missing_facts_are_what_oms_still_has_to_give(parts, missing):
    assert missing_facts(RunFactory(**parts)) == missing


def certified_early(**parts):
    """A certification made before OMS had the figures of its run."""
    run = RunFactory(lumisections=None, recorded_lumi=None)
    parts = {"external_info_complete": False, "is_dataset_verified": True} | parts
    CertificationFactory(run=run, lumisections=None, recorded_lumi=None, **parts)
    return TrackerCertification.everything.get()


def test_certification_without_figures_is_completed_once_oms_gives_them():
    certification = certified_early()
    run = certification.runreconstruction.run
    assert not is_complete(certification, run)
    OmsRun.objects.filter(pk=run.pk).update(lumisections=655, recorded_lumi=78.15)
    complete_certification(None, certification.pk)
    certification.refresh_from_db()
    assert (certification.lumisections, certification.recorded_lumi) == (655, 78.15)
    assert certification.external_info_complete is True


@pytest.fixture
def oms_without_figures(stand_in, sandbox, settings):
    """OMS answers with a run that has no figures yet; Run Registry is that of the sandbox."""
    settings.OMS_URL = f"{stand_in.url}/oms"
    early = run_row(last_lumisection_number=None, recorded_lumi=None, delivered_lumi=None)
    stand_in.answer_with(Answer(answer(early)), "/oms/runs")
    stand_in.answer_with(Answer(answer(fill_row())), "/oms/fills")
    return stand_in


def certified_by_form(client):
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    path = f"/certify/{RUN}/express/"
    opened = open_form(client, path)
    confirmed = {name: "on" for name in field_names(send_form(client, opened, path, **GOOD)) if "confirm_" in name}
    assert not confirmed or send_form(client, opened, path, **GOOD, **confirmed).status_code == 303
    return TrackerCertification.objects.get()


def test_certification_saved_while_oms_has_no_figures_is_incomplete(oms_without_figures, shifter_client):
    certification = certified_by_form(shifter_client)
    assert (certification.lumisections, certification.recorded_lumi) == (None, None)
    assert (certification.is_dataset_verified, certification.external_info_complete) == (True, False)


def test_certification_saved_with_the_figures_of_oms_is_complete(oms_without_figures, shifter_client):
    oms_without_figures.answer_with(Answer(answer(run_row())), "/oms/runs")
    assert certified_by_form(shifter_client).external_info_complete is True


def test_refresh_asks_for_missing_figures_once_a_day_until_oms_gives_them(oms_without_figures, shifter_client):
    certification = certified_by_form(shifter_client)

    def requests_of_a_refresh(hours):
        OmsRun.objects.update(fetched_at=NOW - timedelta(hours=hours))
        oms_without_figures.received.clear()
        refresh_facts(Budget(20, is_retry=True))
        certification.refresh_from_db()
        return oms_without_figures.paths().count("/oms/runs")

    assert requests_of_a_refresh(hours=23) == 0
    assert requests_of_a_refresh(hours=25) == 1
    assert (runs_to_read(), certification.external_info_complete) == ([], False)
    oms_without_figures.answer_with(Answer(answer(run_row())), "/oms/runs")
    assert requests_of_a_refresh(hours=23) == 0
    assert requests_of_a_refresh(hours=25) == 1
    assert (certification.lumisections, certification.recorded_lumi) == (655, 78.15)
    assert (certification.external_info_complete, runs_to_read()) == (True, [])


def test_refresh_reads_a_settled_run_without_figures_once_a_day():
    certification = certified_early()
    OmsRun.objects.update(fetched_at=NOW - timedelta(hours=2))
    assert runs_to_read() == []
    OmsRun.objects.update(fetched_at=NOW - timedelta(days=2))
    assert runs_to_read() == [certification.run_number]


@pytest.mark.parametrize(("run_type", "is_read"), [("unknown", True), ("collisions", True), ("cosmics", False)])
def test_type_of_the_run_decides_whether_a_luminosity_is_missing(run_type, is_read):
    """The certification is cosmics, by the rule of earlier versions for instance."""
    run = RunFactory(run_type=run_type, recorded_lumi=None, fetched_at=NOW - timedelta(days=2))
    certification = CertificationFactory(
        run=run, run_type="cosmics", is_dataset_verified=True, external_info_complete=False
    )
    assert (runs_to_read() == [run.run_number], not is_complete(certification, run)) == (is_read, is_read)


def mark_incomplete():
    migration = import_module("certify.migrations.0009_incomplete_without_figures")
    migration.mark_incomplete(apps, None)


@pytest.mark.parametrize(
    ("run", "parts", "is_marked"),
    [
        ({}, {}, False),
        ({}, {"lumisections": None}, True),
        ({}, {"recorded_lumi": None}, True),
        ({"run_type": "unknown"}, {"run_type": "cosmics", "recorded_lumi": None}, True),
        ({"cosmics": True}, {"recorded_lumi": None}, False),
        ({"cosmics": True}, {"lumisections": None}, True),
        ({}, {"lumisections": None, "withdrawn": True}, False),
        ({}, {"lumisections": None, "is_practice": True}, False),
    ],
)
def test_migration_marks_live_certifications_without_figures(run, parts, is_marked):
    CertificationFactory(run=RunFactory(**run), **parts)
    before = TrackerCertification.everything.values().get()
    mark_incomplete()
    expected = before | {"external_info_complete": not is_marked}
    assert TrackerCertification.everything.values().get() == expected


def test_certification_that_an_earlier_version_took_for_complete_is_completed(sandbox):
    certification = certified_early(external_info_complete=True)
    OmsRun.objects.update(lumisections=655, recorded_lumi=78.15)
    assert refresh_facts(Budget(20)).completed == []
    mark_incomplete()
    assert refresh_facts(Budget(20)).completed == [certification]
    certification.refresh_from_db()
    assert (certification.lumisections, certification.recorded_lumi, certification.version) == (655, 78.15, 1)
    assert certification.external_info_complete is True


def test_missing_figures_are_listed(shifter_client):
    certified_early()
    assert (
        "OMS has not given lumisections and recorded luminosity" in shifter_client.get("/list/facts/").content.decode()
    )


def test_sum_names_the_values_that_are_not_in_it():
    assert (with_unknown_count("655", 0), with_unknown_count("655", 2)) == ("655", "655 (2 unknown)")

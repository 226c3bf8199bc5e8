"""Facts that OMS gives late: a certification made before them is incomplete until they are there."""

from datetime import UTC, datetime, timedelta

import pytest

from certify.facts.actions import complete_certification, is_complete
from certify.facts.refresh import runs_to_read
from certify.models import TrackerCertification
from oms.completeness import missing_facts
from oms.models import OmsRun
from reports.statistics import with_unknown_count
from tests.factories import CertificationFactory, RunFactory

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


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


def certified_early():
    """A certification made before OMS had the figures of its run."""
    run = RunFactory(lumisections=None, recorded_lumi=None)
    CertificationFactory(run=run, lumisections=None, recorded_lumi=None, external_info_complete=False)
    return TrackerCertification.objects.get()


def test_certification_without_figures_is_completed_once_oms_gives_them():
    certification = certified_early()
    run = certification.runreconstruction.run
    assert not is_complete(certification, run)
    OmsRun.objects.filter(pk=run.pk).update(lumisections=655, recorded_lumi=78.15)
    complete_certification(None, certification.pk)
    certification.refresh_from_db()
    assert (certification.lumisections, certification.recorded_lumi) == (655, 78.15)


def test_refresh_reads_a_settled_run_without_figures_once_a_day():
    certified_early()
    OmsRun.objects.update(fetched_at=NOW - timedelta(hours=2))
    TrackerCertification.objects.update(is_dataset_verified=True)
    before = runs_to_read()
    OmsRun.objects.update(fetched_at=NOW - timedelta(days=2))
    assert runs_to_read() == [TrackerCertification.objects.get().run_number]
    assert before in ([], runs_to_read())


def test_missing_figures_are_listed(shifter_client):
    certified_early()
    assert (
        "OMS has not given lumisections and recorded luminosity" in shifter_client.get("/list/facts/").content.decode()
    )


def test_sum_names_the_values_that_are_not_in_it():
    assert (with_unknown_count("655", 0), with_unknown_count("655", 2)) == ("655", "655 (2 unknown)")

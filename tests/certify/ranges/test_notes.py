"""Runs whose lumisections do not add up to what OMS gives of the run are shown as differing."""

import pytest
from django.utils import timezone

from certify.ranges.notes import RunFigures, notes_of, run_figures
from certify.ranges.page import LumisectionsPage
from oms.lumisections.mirror import problems_of, store_lumisections
from oms.lumisections.models import LumisectionReading
from oms.lumisections.segments import SegmentFacts, segments_of
from oms.models import OmsRun
from sandbox import world
from sandbox.world.lumisections import runs_with_lumisections
from tests.factories import CertificationFactory, RunFactory
from tests.oms.lumisections.test_whole_world import DIFFERING, parsed_row

ON = (True,) * 8
END = "The rows end at 213; OMS gives 433 as the last lumisection."
SUM = "The lumisections add up to 67.608 /pb; OMS gives 137.503 /pb for the run."
UNKNOWN = "The luminosity of 1 lumisection is unknown."


def page_of_the_world(number: int) -> LumisectionsPage:
    row, rows = world.runs()[number], [parsed_row(values) for values in world.lumisections_rows(number)]
    reading = LumisectionReading(run_number=number, last=rows[-1].number, problems=problems_of(rows))
    figures = RunFigures(row["last_lumisection_number"], row["recorded_lumi"])
    return LumisectionsPage(number, reading, segments_of(rows), run_figures=figures)


def test_two_runs_of_the_world_differ():
    with_luminosity = [number for number in runs_with_lumisections() if world.runs()[number]["recorded_lumi"]]
    pages = {number: page_of_the_world(number) for number in runs_with_lumisections()}
    differing = {number: notes_of(page) for number, page in pages.items() if "OMS gives" in " ".join(notes_of(page))}
    assert len(with_luminosity) == 202
    assert set(differing) == DIFFERING
    assert differing[316082] == [END, SUM, UNKNOWN]
    assert differing[314890] == [
        "The luminosity of lumisection 1073 is unknown: the counter falls after it.",
        "The lumisections add up to 62.858 /pb; OMS gives 38.081 /pb for the run.",
        UNKNOWN,
    ]


@pytest.mark.parametrize(
    ("figures", "notes"),
    [
        (RunFigures(10, 5.0), []),
        (RunFigures(9, 5.004), []),
        (RunFigures(11, None), ["The rows end at 10; OMS gives 11 as the last lumisection."]),
        (RunFigures(None, 5.006), ["The lumisections add up to 5.000 /pb; OMS gives 5.006 /pb for the run."]),
        (RunFigures(None, 0.0), ["The lumisections add up to 5.000 /pb; OMS gives 0.000 /pb for the run."]),
        (RunFigures(), []),
    ],
)
def test_rows_that_end_early_and_sums_that_differ_by_more_than_a_thousandth_are_named(figures, notes):
    reading = LumisectionReading(run_number=1, last=10, problems=[])
    assert notes_of(LumisectionsPage(1, reading, [SegmentFacts(1, 10, ON, 5.0, 0)], run_figures=figures)) == notes


def test_luminosities_that_are_equal_as_they_are_shown_do_not_differ():
    """OMS rounds counters: two ten-thousandths of a run of 0.1 /nb are nothing."""
    reading = LumisectionReading(run_number=1, last=10, problems=[])
    segments = [SegmentFacts(1, 10, ON, 0.0001, 0)]
    assert notes_of(LumisectionsPage(1, reading, segments, run_figures=RunFigures(10, 0.0000625))) == []


def test_typed_values_and_those_of_a_run_that_goes_on_are_none_of_oms():
    values = {"end_time": timezone.now(), "lumisections": 433, "recorded_lumi": 137.5}
    assert run_figures(values, {}) == run_figures(values, None) == RunFigures(433, 137.5)
    assert run_figures(values, {"lumisections": {}}) == RunFigures(None, 137.5)
    assert run_figures(values | {"end_time": None}, {}) == RunFigures()


@pytest.mark.django_db
class TestPages:
    @pytest.fixture
    def cut_run(self):
        rows = [parsed_row(values) for values in world.lumisections_rows(316082)]
        store_lumisections(316082, rows, timezone.now())
        return RunFactory(run_number=316082, lumisections=433, recorded_lumi=137.5025625)

    def test_certify_page_names_it(self, shifter_client, cut_run):
        text = shifter_client.get(f"/certify/{cut_run.pk}/express/lumisections/").text
        assert END in text and SUM in text
        OmsRun.objects.update(typed={"lumisections": {"value": 433}, "recorded_lumi": {"value": 137.5}})
        assert "OMS gives" not in shifter_client.get(f"/certify/{cut_run.pk}/express/lumisections/").text

    def test_run_names_it(self, guest_client, cut_run):
        text = guest_client.get(f"/runs/{cut_run.pk}/").text
        assert END in text and SUM in text

    def test_certification_names_what_differed_when_it_was_saved(self, guest_client, cut_run):
        run = {"end_time": "2018-05-10T12:00:00Z", "lumisections": 433, "recorded_lumi": 137.5025625}
        row = CertificationFactory(run=cut_run, facts={"run": run})
        OmsRun.objects.update(lumisections=213, recorded_lumi=67.608)
        text = guest_client.get(f"/list/{row.pk}/").text
        assert END in text and SUM in text

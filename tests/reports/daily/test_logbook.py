"""The text for the logbook, for the 26 certifications with a known report."""

import pytest

from certify.facts.staleness import mark_stale
from certify.models import TrackerCertification
from certify.models.choices import Verdict
from oms.models import OmsRun
from reports.daily.logbook import WIDTH, logbook_text
from reports.rows import grouped_rows, report_rows
from reports.statistics import statistics_by_verdict, statistics_of
from tests.factories import CertificationFactory, RunFactory
from tests.reports.certified import report_rows_of, summary_certifications

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines():
    return report_rows_of(summary_certifications())


def _section(text: str, title: str) -> str:
    after = text.split(f"{title}\n{'=' * WIDTH}\n")[1]
    return after.split("=" * WIDTH)[0]


def test_headings_are_collisions_first(lines):
    assert [group.heading for group, _lines in grouped_rows(lines)] == [
        "express collisions 3.8 T Proton-Proton 13000 GeV /StreamExpress/Run2018A-Express-v1/DQMIO",
        "prompt collisions 3.8 T Proton-Proton 13000 GeV /ZeroBias/Run2018D-PromptReco-v2/DQMIO",
        "express cosmics 3.8 T Cosmics 0 GeV /StreamExpressCosmics/Run2018D-Express-v1/DQMIO",
        "prompt cosmics 3.8 T Cosmics 0 GeV /Cosmics/Run2018D-PromptReco-v2/DQMIO",
    ]


def test_each_reference_is_listed_once(lines):
    section = _section(logbook_text(lines), "Reference Runs")
    assert section.split() == ["300100", "express", "300150", "prompt", "300200", "express", "300250", "prompt"]


def test_tracker_maps_by_type(lines):
    assert _section(logbook_text(lines), "Tracker Maps").strip() == "\n".join(
        [
            "Type 1",
            " Exists: 300001 300005 300018",
            " Missing: 300010 300011",
            "Type 2",
            " Exists: 300002 300014 300016 300020 300025",
            " Missing: 300006 300013 300015 300019 300022",
            "Type 3",
            " Exists: 300009 300023",
            " Missing: 300003 300004 300021",
            "Type 4",
            " Exists: 300000 300012",
            " Missing: 300007 300008 300017 300024",
        ]
    )


def test_good_runs_by_type(lines):
    good = [[line.run_number for line in rows if line.verdict == "good"] for _group, rows in grouped_rows(lines)]
    assert [sorted(runs) for runs in good] == [[], [300015], [300003, 300009], [300007]]


def test_sums_by_type_and_verdict(lines):
    found = [
        {
            verdict.value: (statistics.lumisections, round(statistics.recorded_lumi, 2))
            for verdict, statistics in statistics_by_verdict(rows).items()
        }
        for _group, rows in grouped_rows(lines)
    ]
    assert found == [
        {"bad": (3424, 3534.83)},
        {"good": (265, 432.73), "bad": (4487, 5316.95)},
        {"good": (708, 0.0), "bad": (1015, 0.0)},
        {"good": (341, 0.0), "bad": (2091, 0.0)},
    ]
    assert "| Bad    | 3424      | 3534.830 /pb           |" in logbook_text(lines)


def test_text_names_the_ranges_and_what_is_out():
    facts = {"lumis": {"strip": 2.7, "pixel": 0.5, "all": 3.2}}
    ranges = {"strip_ranges": [[310, 330]], "pixel_ranges": [[1, 4]], "ranges_facts": facts}
    row = CertificationFactory(run=RunFactory(run_number=316187), **ranges)
    other = CertificationFactory(run=RunFactory(run_number=316199), strip_ranges=[[5, 6]], tracking="bad")
    text = logbook_text(report_rows_of([row, other]))
    assert (
        " Good: 316187\n Bad: 316199\n 316187: good, 25 of 617 LS and 3.200 /pb out (Pixel 1-4; Strip 310-330)\n"
        in text
    )
    assert "| out of good | 25 in 1 run | 3.200 /pb              |" in text
    assert "| 310-330 out |" in text and "| 5-6 out     |" in text
    assert row.pk and "out" not in logbook_text(report_rows_of([CertificationFactory()]))


def test_row_shows_low_statistics_and_wraps_its_comment(lines):
    row = CertificationFactory(strip_lowstat=True, comment="word " * 30, recorded_lumi=None, lumisections=None)
    text = logbook_text(report_rows_of([row]))
    assert "good (low)" in text
    assert "| unknown      | unknown " in text
    assert max(len(line) for line in text.splitlines() if "word" in line) < 160
    assert text.count("word") == 30


def test_same_certifications_give_the_same_bytes_in_any_order(lines):
    backwards = report_rows(TrackerCertification.objects.order_by("-pk"))
    notes = ("Quiet night", "https://example.org")
    assert logbook_text(lines, *notes) == logbook_text(backwards, *notes)


def test_notes_have_a_section_only_where_present(lines):
    assert "Special Comments" not in logbook_text(lines)
    text = logbook_text(lines, comment="Pixel HV\nwas off", links="https://example.org/a")
    assert _section(text, "Special Comments").strip() == "Pixel HV\nwas off"
    assert _section(text, "Links to the Prompt Feedback Plots").strip() == "https://example.org/a"


def test_text_is_empty_without_certifications():
    assert logbook_text([]) == ""


def test_sum_names_unknown_values(lines):
    row = CertificationFactory(recorded_lumi=None, lumisections=None)
    statistics = statistics_of([*lines, *report_rows_of([row])])
    assert (statistics.certifications, statistics.unknown_lumi, statistics.unknown_lumisections) == (27, 1, 1)
    assert statistics_of(lines).lumisections == statistics.lumisections
    assert set(statistics_by_verdict(lines)) == {Verdict.GOOD, Verdict.BAD}


def test_text_is_unchanged_by_a_changed_fact_and_the_page_marks_it(shifter, shifter_client):
    rows = [CertificationFactory(user=shifter, lumisections=600, recorded_lumi=1.5) for _ in range(2)]
    address = f"/summary/?date={rows[0].date}"
    before = shifter_client.get(f"{address}&download=1").content
    assert "facts that changed" not in shifter_client.get(address).text
    run = OmsRun.objects.get(pk=rows[0].run_number)
    run.lumisections, run.recorded_lumi = 300, 2e-6
    run.save()
    mark_stale([run])
    rows[0].refresh_from_db()
    assert rows[0].is_stale
    assert shifter_client.get(f"{address}&download=1").content == before
    page = shifter_client.get(address)
    assert page.context["text"].encode() == before
    assert "1 certification rests on facts that changed since; the text has those it was made on." in page.text
    assert f'<a href="/list/{rows[0].pk}/">{rows[0].run_number} express</a> (lumisections 600 → 300; ' in page.text
    assert f'<a href="/list/{rows[1].pk}/">' not in page.text


def test_page_names_typed_facts_beside_the_text(shifter, shifter_client):
    typed = {"typed": {"run": {"lumisections": {"by": "shifter", "at": "2018-06-01T10:00:00+00:00"}}, "fill": {}}}
    row = CertificationFactory(user=shifter, facts=typed)
    CertificationFactory(user=shifter, facts={}, date=row.date)
    page = shifter_client.get(f"/summary/?date={row.date}")
    assert "typed" not in page.context["text"]
    assert "1 certification rests on facts typed by hand." in page.text
    link = f'<a href="/list/{row.pk}/">{row.run_number} express</a> <span class="tag">typed: lumisections</span></span>'
    assert link in page.text

"""The weekly report: a page whose numbers link to their rows, and slides with the same content."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.http import QueryDict

from certify.models import TrackerCertification
from certify.models.choices import Verdict
from reports.bar_chart import charts
from reports.models import DayNote, WeekNote
from reports.scope import PeriodFilter, Scope
from reports.slides.weekly_deck import build_deck
from reports.weekly.content import build_report
from tests.factories import CertificationFactory, RunFactory, UserFactory
from tests.reports.slides.reading import read_deck, read_odp, read_pptx
from tests.shiftleader.weekly import MONDAY, WEEK, a_week

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.weekly.sections import Link, WeeklyReport

pytestmark = pytest.mark.django_db
READERS = {"pptx": read_pptx, "odp": read_odp}


def report(query: str = WEEK, reader=None) -> WeeklyReport:
    filters = PeriodFilter(QueryDict(query))
    assert filters.is_valid(), filters.errors
    return build_report(Scope(filters), reader or UserFactory())


def titles(client, file_format: str, query: str = WEEK) -> list[str]:
    return [
        slide.title for slide in READERS[file_format](client.get(f"/shiftleader/slides.{file_format}?{query}").content)
    ]


def words_on_the_week(**texts: str) -> WeekNote:
    return WeekNote.objects.create(week="2018-W17", updated_by=UserFactory(), **texts)


def rows_behind(client, url: str) -> int:
    """The number of certifications at an address of the report, in the list or in a part of the week."""
    if urlsplit(url).path == "/list/":
        return len(json.loads(client.get(f"{url}&export=json").getvalue()))
    return client.get(url).text.count("data-pk=")


def counts(weekly_report: WeeklyReport) -> Iterator[Link]:
    """The numbers of certifications, and of runs of one run type and reconstruction, where a run is a row."""
    for section in weekly_report.sections:
        yield from (total.link for total in section.totals if total.label == "Certifications" or total.verdict)
        for row in section.table.rows if section.table else []:
            for heading, figure in zip(section.table.headings, row, strict=True):
                if heading.is_number and (heading.text == "Runs" or heading.verdict or "map" in heading.text):
                    yield from (link for link in figure.links if link.text != "0")


@pytest.mark.parametrize(
    ("query", "at_least"), [(WEEK, 40), (f"{WEEK}&run_type=cosmics", 10), (f"{WEEK}&b_field=3.8", 30)]
)
def test_every_count_links_to_as_many_rows(shift_leader_client, query, at_least):
    a_week(24)
    found = {link.url: link for link in counts(report(query)) if link.url}.values()
    assert len(found) >= at_least
    for link in found:
        assert rows_behind(shift_leader_client, link.url) == int(link.text), link


def test_counts_of_the_tables_have_an_address_and_no_row_has_it_twice(shift_leader_client):
    a_week(40)
    counts = {"Runs", "Good", "Bad", "Undecided", "No tracker map"}
    for section in report().sections:
        for row in section.table.rows if section.table else []:
            addresses = [link.url for cell in row for link in cell.links if link.url]
            assert addresses and len(set(addresses)) == len(addresses), section.title
            for heading, figure in zip(section.table.headings, row, strict=True):
                for link in figure.links if heading.text in counts else ():
                    assert link.url or link.text == "0", (section.title, heading.text, link)


def test_sums_of_a_day_equal_those_of_its_rows():
    a_week(40)
    (day,) = [section for section in report().sections if section.name == f"day-{MONDAY}"]
    found = {total.label: total.link.text for total in day.totals}
    rows = TrackerCertification.objects.filter(date=MONDAY).order_by("pk")
    assert found["Certifications"] == str(rows.count())
    assert found["Runs"] == str(len({total.runreconstruction.run_id for total in rows}))
    for verdict in Verdict:
        assert found[verdict.label] == str(sum(total.verdict_word == verdict for total in rows))
    once = {
        total.runreconstruction.run_id: total.recorded_lumi or 0.0 for total in rows if total.run_type == "collisions"
    }
    assert found["Recorded"] == f"{sum(once.values()):.3f} /pb"


def test_numbers_of_bars_link_to_their_rows(shift_leader_client):
    a_week(24)
    scope = Scope(PeriodFilter(QueryDict(WEEK)))
    drawn = charts(scope.report_rows(), scope.days.all(), scope.rows_url)
    page = unescape(shift_leader_client.get(f"/shiftleader/report/?{WEEK}").text)
    numbers = [number for chart in drawn for _day, numbers_of_a_day in chart.rows for number in numbers_of_a_day]
    assert len(numbers) > 10
    for _verdict, text, url in numbers:
        assert f'<a href="{url}">{text}</a>' in page
    assert rows_behind(shift_leader_client, numbers[0][2]) > 0


@pytest.mark.parametrize("address", ["report/", "part/overview/"])
def test_charts_mark_days_with_unknown_luminosity(shift_leader_client, address):
    for days, lumi in ((0, 20.5), (0, None), (1, None), (2, 4.0)):
        CertificationFactory(date=MONDAY + timedelta(days=days), recorded_lumi=lumi)
    page = unescape(shift_leader_client.get(f"/shiftleader/{address}?{WEEK}").text)
    figure = page.split('<figure class="week-chart">')[1].split("</figure>")[0]
    assert re.findall(r">\*<title>([^<]*)", figure) == [
        f"{MONDAY}: luminosity of 1 unknown",
        f"{MONDAY + timedelta(days=1)}: luminosity of 1 unknown",
    ]
    assert "* without 2 certifications of unknown luminosity" in figure
    assert ">20.500 /pb (1 unknown)</a>" in figure
    assert ">4.000 /pb</a>" in figure


@pytest.mark.parametrize(("of_the_run", "is_said"), [(97.5, True), (97.0, False)])
def test_more_certified_than_recorded_is_explained(shift_leader_client, of_the_run, is_said):
    facts = {"run": {"fill_number": 6714}, "fill": {"bunches_colliding": 1214, "recorded_lumi": 97.25}}
    run = RunFactory(run_number=317555)
    for reconstruction in ("express", "prompt"):
        CertificationFactory(run=run, reconstruction=reconstruction, date=MONDAY, facts=facts, recorded_lumi=of_the_run)
    for address in ("report/", "part/luminosity/"):
        page = shift_leader_client.get(f"/shiftleader/{address}?{WEEK}").text
        assert ("a run in whole lumisections" in page) is is_said, address


@pytest.mark.parametrize("query", [WEEK, f"{WEEK}&b_field=3.8", f"{WEEK}&runs=315000-315004,315010-315012"])
def test_addresses_on_the_page_answer(shift_leader_client, query):
    a_week(20)
    page = shift_leader_client.get(f"/shiftleader/report/?{query}")
    assert page.status_code == 200
    article = page.text.split("<article")[1].split("</article>")[0]
    found = {unescape(url) for url in re.findall(r'href="([^"]+)"', article)}
    assert {urlsplit(url).path.split("/")[1] for url in found} <= {"list", "shiftleader"}
    for url in sorted(found)[::6]:
        answer = shift_leader_client.get(url)
        assert answer.status_code == 200, url
        assert "means nothing here" not in answer.text


@pytest.mark.parametrize("file_format", READERS)
@pytest.mark.once
def test_slides_are_those_of_the_report(shift_leader, shift_leader_client, file_format):
    a_week(20)
    answer = shift_leader_client.get(f"/shiftleader/slides.{file_format}?{WEEK}")
    assert answer["Content-Disposition"] == f'attachment; filename="tracker-2018-W17.{file_format}"'
    expected = read_deck(build_deck(report(reader=shift_leader)))
    slides = READERS[file_format](answer.content)
    assert [slide.title for slide in slides] == [slide.title for slide in expected]
    assert [slide.tables for slide in slides] == [slide.tables for slide in expected]


@pytest.mark.parametrize("file_format", READERS)
def test_slides_have_what_is_out_of_good(shift_leader_client, file_format):
    facts = {"lumis": {"strip": 2.7, "all": 2.7}}
    run = RunFactory(run_number=317001)
    CertificationFactory(run=run, date=MONDAY, strip_ranges=[[310, 330]], ranges_facts=facts)
    CertificationFactory(date=MONDAY, tracking="bad")
    slides = READERS[file_format](shift_leader_client.get(f"/shiftleader/slides.{file_format}?{WEEK}").content)
    cells = [cell.replace("\xa0", " ") for slide in slides for table in slide.tables for row in table for cell in row]
    assert cells.count("Out of good") == cells.count("21 LS, 2.700 /pb in 1 run") == 2
    assert cells.count("317001 (21 LS out)") == 2
    (last,) = slides[-1].tables
    assert slides[-1].title == "Bad lumisections, and why" and last[0][3:7] == [
        "Out",
        "Pixel bad",
        "Strip bad",
        "Tracking bad",
    ]
    assert last[1][:2] == ["317001", "express"] and last[1][3:7] == ["21 of 617 LS and 2.700 /pb", "", "310-330", ""]


def test_slides_of_a_week_are_in_order(shift_leader_client):
    a_week(20)
    words_on_the_week(conditions="New gains", issues="None", summary="Quiet")
    slide_titles = titles(shift_leader_client, "pptx")
    assert slide_titles[:3] == ["Weekly report", "Recorded luminosity", "Recorded luminosity by day, express"]
    assert [title for title in slide_titles if "2018-04-2" in title] == [
        f"{MONDAY + timedelta(days=number):%A %Y-%m-%d}" for number in range(7)
    ]
    last = [title.partition(" (")[0] for title in slide_titles[slide_titles.index("Sunday 2018-04-29") + 1 :]]
    assert list(dict.fromkeys(last)) == [
        "Weekly certification",
        "Conditions and issues",
        "Summary",
        "Runs by day",
        "Bad and undecided, and why",
    ]


@pytest.mark.parametrize("file_format", READERS)
def test_empty_week_shows_a_message(shift_leader_client, file_format):
    assert titles(shift_leader_client, file_format) == [
        "Weekly report",
        "Weekly certification",
        "Summary of week 17 of 2018",
    ]
    assert "Nothing was certified on these days." in shift_leader_client.get(f"/shiftleader/report/?{WEEK}").text


@pytest.mark.once
def test_note_is_unchanged_on_page_and_slides(shift_leader, shift_leader_client):
    a_week(6)
    typed = "First line\n- a <point>\n\n- another & more"
    words_on_the_week(summary=typed, oncalls="Pixel: Ada")
    DayNote.objects.create(user=shift_leader, day=MONDAY, comment="Quiet <night>", links="https://example.org/a")
    page = shift_leader_client.get(f"/shiftleader/report/?{WEEK}").text
    assert typed in unescape(page)
    assert "<point>" not in page
    assert "Quiet <night>\nhttps://example.org/a" in unescape(page)
    for file_format, read in READERS.items():
        slides = read(shift_leader_client.get(f"/shiftleader/slides.{file_format}?{WEEK}").content)
        texts = {slide.title: "\n".join(slide.texts).replace("• ", "") for slide in slides}
        assert texts["Summary"].startswith("First line\na <point>\n\nanother & more")
        assert "Quiet <night>\nhttps://example.org/a" in texts["Monday 2018-04-23"]
        assert "On-calls: Pixel: Ada" in texts["Weekly report"]


@pytest.mark.once
def test_long_comments_are_complete(shift_leader_client):
    comment = "Pixel HV was off in the barrel, see the entry of the shift log of that night.\n" * 60
    a_week(8, comment=comment)
    slides = read_pptx(shift_leader_client.get(f"/shiftleader/slides.pptx?{WEEK}").content)
    why = [slide for slide in slides if slide.title.startswith("Bad and undecided")]
    text = " ".join(row[6] for slide in why for table in slide.tables for row in table[1:])
    assert len(why) >= 3
    bad = len(report().sections[-1].table.rows)
    assert text.split() == (comment * bad).split()


def test_bars_of_a_long_range_show_only_days_with_data(shift_leader_client):
    a_week(12, days=3)
    slide_titles = titles(shift_leader_client, "odp", "from=2018-04-16&to=2018-05-13")
    assert [title for title in slide_titles if "by day, express" in title] == ["Recorded luminosity by day, express"]


def test_filters_apply_to_the_report_and_are_named(shift_leader_client):
    a_week(20)
    query = f"{WEEK}&reconstruction=prompt&verdict=bad"
    page = shift_leader_client.get(f"/shiftleader/report/?{query}").text
    assert "<td>express</td>" not in page
    assert "Only:" in page
    assert "Reconstruction prompt" in page


def test_many_days_and_all_days(shift_leader_client):
    a_week(30, days=30)
    for query in ("from=2018-04-01&to=2018-06-30", "from=2018-04-01", "runs=315000-315100"):
        assert len(titles(shift_leader_client, "odp", query)) > 30
    assert (
        "tracker-2018-04-01-now.odp"
        in shift_leader_client.get("/shiftleader/slides.odp?from=2018-04-01").headers["Content-Disposition"]
    )


@pytest.mark.parametrize("file_format", READERS)
def test_too_many_certifications_show_only_sums_and_a_message(shift_leader_client, monkeypatch, file_format):
    monkeypatch.setattr("reports.weekly.content.MAX_LISTED", 19)
    a_week(20)
    slides = READERS[file_format](shift_leader_client.get(f"/shiftleader/slides.{file_format}?{WEEK}").content)
    assert [slide.title for slide in slides] == ["Weekly report", "Certification"]
    assert "These are 20 certifications. Of more than 19 the report has the sums alone" in slides[1].texts[0]
    assert sum(int(row[2]) for row in slides[1].tables[0][1:]) == 20


@pytest.mark.parametrize("path", ["report/", "slides.pptx", "slides.odp"])
def test_invalid_query_is_422(shift_leader_client, path):
    answer = shift_leader_client.get(f"/shiftleader/{path}?week=2018-W99")
    assert answer.status_code == 422
    assert "There is no such week" in answer.text


@pytest.mark.parametrize("path", ["report/", "slides.pptx", "slides.odp"])
def test_query_count_is_independent_of_row_count(shift_leader_client, django_assert_max_num_queries, path):
    a_week(100)
    words_on_the_week(summary="Quiet")
    shift_leader_client.get(f"/shiftleader/{path}?{WEEK}")
    with django_assert_max_num_queries(10):
        shift_leader_client.get(f"/shiftleader/{path}?{WEEK}")


@pytest.mark.parametrize("file_format", READERS)
@pytest.mark.once
def test_slides_of_300_certifications_are_written_in_time(shift_leader_client, file_format):
    """The limit is three seconds; processor time is measured, so that a busy machine does not matter."""
    a_week(300)
    began = time.process_time()
    slides = READERS[file_format](shift_leader_client.get(f"/shiftleader/slides.{file_format}?{WEEK}").content)
    assert time.process_time() - began < 3
    assert len(slides) > 20


def test_characters_invalid_in_a_file_are_removed(shift_leader_client):
    CertificationFactory(
        run=RunFactory(run_number=317555), pixel="bad", strip="bad", tracking="bad", comment="a\x07b\x0bc", date=MONDAY
    )
    for file_format, read in READERS.items():
        slides = read(shift_leader_client.get(f"/shiftleader/slides.{file_format}?{WEEK}").content)
        assert slides[-1].tables[0][1][6] == "ab\nc"

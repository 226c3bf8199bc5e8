"""The content of the slides, compared with a direct computation over random certifications."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hypothesis import given, settings

from certify.filters.date_range import days_of_week
from certify.models.choices import Verdict
from oms.formatting import lumi_in_column
from reports.scope import Scope
from reports.slides.weekly_deck import build_deck
from reports.statistics import flag_changes
from reports.weekly.content import ReportData, build_sections
from reports.weekly.sections import WeeklyReport
from tests.reports.slides.reading import read_deck
from tests.reports.test_statistics import certified, exactly

if TYPE_CHECKING:
    from reports.rows import ReportRow

WEEK = Scope.of_days(days_of_week("2018-W20"))


def tables(lines: list[ReportRow]) -> dict[str, list[list[str]]]:
    """The rows of each table of the deck, without heads, including its further slides."""
    sections = build_sections(ReportData(WEEK, lines, flag_changes(lines), [], []))
    found: dict[str, list[list[str]]] = defaultdict(list)
    for slide in read_deck(build_deck(WeeklyReport("Report", "", "", (), sections))):
        for table in slide.tables:
            rows = [[text.replace("\xa0", " ") for text in row] for row in table[1:]]
            found[slide.title.partition(" (")[0]] += rows
    return found


def plain(lines: list[ReportRow]) -> list[list[str]]:
    """The expected rows of numbers, counted directly."""
    groups: dict[tuple[str, str], list[ReportRow]] = defaultdict(list)
    for line in lines:
        groups[line.group.run_type, line.group.reconstruction].append(line)
    rows = []
    for (run_type, reconstruction), group_lines in groups.items():
        bad = [line for line in group_lines if line.verdict == "bad"]
        verdicts = [str(len([line for line in group_lines if line.verdict == verdict])) for verdict in Verdict.values]
        missing = len([line for line in group_lines if not line.has_trackermap])
        lumisections = str(sum(line.lumisections or 0 for line in group_lines))
        rows.append(
            [
                *(run_type, reconstruction, str(len(group_lines)), *verdicts),
                lumisections + unknown([line.lumisections for line in group_lines]),
                lumi(group_lines),
                lumi(bad),
                str(missing),
            ]
        )
    return sorted(rows)


def lumi(lines: list[ReportRow]) -> str:
    values = [line.recorded_lumi for line in lines]
    return lumi_in_column(exactly(values)) + unknown(values)


def unknown(values: list) -> str:
    missing = len([value for value in values if value is None])
    return f" ({missing} unknown)" if missing else ""


def runs_under(rows: list[list[str]]) -> dict[tuple[str, ...], list[str]]:
    """The runs of each verdict, by what stands before them; a cell that went on on the next slide is one again."""
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for first, run_type, reconstruction, *verdicts in rows:
        for verdict, numbers in zip(Verdict.values, verdicts, strict=True):
            found[first, run_type, reconstruction, verdict] += [number for number in numbers.split(", ") if number]
    return {key: runs for key, runs in found.items() if runs}


def plain_runs(lines: list[ReportRow], first) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: line.run_number):
        found[first(line), line.group.run_type, line.group.reconstruction, line.verdict].append(str(line.run_number))
    return found


@settings(deadline=None, max_examples=60)
@given(certified())
def test_slides_have_the_certified_rows(lines):
    shown = tables(lines)
    assert sorted(shown["Weekly certification"]) == plain(lines)
    for day in {line.day for line in lines}:
        assert sorted(shown[f"{day:%A} {day}"]) == plain([line for line in lines if line.day == day])
    assert runs_under(shown["Runs by day"]) == plain_runs(lines, lambda line: f"{line.day:%a} {line.day}")
    fills = plain_runs(lines, lambda line: str(line.fill_number or "not known"))
    assert runs_under(shown["Fills and certified runs"]) == fills
    not_good = sorted(str(line.run_number) for line in lines if line.verdict != "good")
    assert sorted(row[0] for row in shown["Bad and undecided, and why"]) == not_good

"""Every number of the week, compared with a direct computation over random certifications."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.models.choices import Reconstruction, Verdict
from certify.models.components import FLAG_FIELDS
from oms.choices import RunType
from reports.fill_statistics import fill_lumis, fills, lumi_of_runs, runs
from reports.lumi_sums import lumi_by_day
from reports.rows import FrozenFillFacts, ReportGroup, ReportRow
from reports.statistics import days, flag_changes, overview, shifters, statistics_by_verdict, statistics_of
from tests.reports.certified import report_rows_of, summary_certifications

FIRST = date(2018, 5, 14)
OPPOSITE = {"express": "good", "prompt": "bad"}
LUMIS = st.none() | st.sampled_from([0.0, -1.0, 1e-7, 0.1, 78.15]) | st.floats(-1, 1e5, allow_nan=False)
COUNTS = st.none() | st.integers(0, 3000)


def report_row(
    number: int, reconstruction: str, run_type: str = "collisions", verdict: str = "good", **more
) -> ReportRow:
    flag = {"good": "good", "bad": "bad", "undecided": "excluded"}[verdict]
    values = {
        "pk": 10 * number + list(Reconstruction.values).index(reconstruction),
        "run_number": number,
        "group": ReportGroup(run_type, reconstruction, "", 3.8, 6500.0, "PROTON"),
        "reference": "314811 prompt",
        "flags": dict.fromkeys(FLAG_FIELDS, flag),
        "low_statistics": frozenset(),
        "verdict": verdict,
        "has_trackermap": True,
        "lumisections": 100,
        "recorded_lumi": 1.0,
        "comment": "",
        "shifter": "Anna",
        "username": "anna",
        "day": FIRST,
        "fill_number": 6614,
    }
    return ReportRow(**{**values, **more})


@st.composite
def certified(draw: st.DrawFn) -> list[ReportRow]:
    """At most one certification of each run and reconstruction, in any order."""
    keys = draw(st.lists(st.tuples(st.integers(317000, 317009), st.sampled_from(Reconstruction.values)), unique=True))
    people = {"anna": "Anna", "ben": "Ben", "cleo": "Anna"}
    rows = []
    for number, reconstruction in keys:
        username = draw(st.sampled_from(sorted(people)))
        bunches = draw(st.sampled_from([None, 0, 1214]))
        rows.append(
            report_row(
                number,
                reconstruction,
                draw(st.sampled_from(RunType.values)),
                draw(st.sampled_from(Verdict.values)),
                has_trackermap=draw(st.booleans()),
                lumisections=draw(COUNTS),
                recorded_lumi=draw(LUMIS),
                username=username,
                shifter=people[username],
                day=FIRST + timedelta(days=draw(st.integers(0, 3))),
                fill_number=draw(st.sampled_from([None, 6611, 6612])),
                fill=FrozenFillFacts(bunches_colliding=bunches, recorded_lumi=draw(LUMIS)),
                read_at=draw(st.sampled_from(["", "2018-05-14T10:00:00+00:00", "2018-05-15T10:00:00+00:00"])),
            )
        )
    return rows


def exactly(values) -> float:
    """The sum without intermediate rounding."""
    return float(sum((Fraction(value) for value in values if value is not None), Fraction(0)))


def plain_statistics(rows: list[ReportRow]) -> tuple:
    by_run = {row.run_number: row for row in sorted(rows, key=lambda row: (row.read_at, row.pk))}
    lumisections = 0
    for row in by_run.values():
        if row.lumisections is not None:
            lumisections += row.lumisections
    lumi = exactly(row.recorded_lumi for row in by_run.values())
    return len(rows), len(by_run), lumisections, lumi


def as_plain(found) -> tuple:
    return found.certifications, found.runs, found.lumisections, found.recorded_lumi


@given(certified())
def test_overview_and_sums(lines):
    rows = {(row.run_type, row.reconstruction): row for row in overview(lines)}
    plain = defaultdict(list)
    for line in lines:
        plain[line.group.run_type, line.group.reconstruction].append(line)
    assert rows.keys() == plain.keys()
    order = [*product(RunType.values, Reconstruction.values)]
    assert list(rows) == sorted(rows, key=order.index)
    for key, group_lines in plain.items():
        row = rows[key]
        assert as_plain(row.total) == plain_statistics(group_lines)
        assert row.total.runs == len(group_lines)  # each run once
        assert (row.first_run, row.last_run) == (
            sorted(line.run_number for line in group_lines)[0],
            sorted(line.run_number for line in group_lines)[-1],
        )
        assert row.without_trackermap == len([line for line in group_lines if not line.has_trackermap])
        for verdict in Verdict:
            assert as_plain(row.for_verdict(verdict)) == plain_statistics(
                [line for line in group_lines if line.verdict == verdict.value]
            )
    assert as_plain(statistics_of(lines)) == plain_statistics(lines)
    assert sum(line.certifications for line in statistics_by_verdict(lines).values()) == len(lines)


@given(certified())
def test_each_changed_run_once_with_both_verdicts(lines):
    expected = []
    for number in range(317000, 317010):
        by_reconstruction = {row.group.reconstruction: row for row in lines if row.run_number == number}
        verdicts = [by_reconstruction[name].verdict for name in ("express", "prompt") if name in by_reconstruction]
        if verdicts in (["good", "bad"], ["bad", "good"]):
            expected.append((number, *verdicts, max(by_reconstruction["express"].day, by_reconstruction["prompt"].day)))
    found = flag_changes(lines)
    assert [(row.run_number, row.express.verdict, row.prompt.verdict, row.day) for row in found] == expected


@given(certified())
def test_shifters(lines):
    counts = Counter(row.username for row in lines)
    found = shifters(lines)
    assert {row.username: row.total.certifications for row in found} == counts
    assert [row.total.certifications for row in found] == sorted(counts.values(), reverse=True)
    for row in found:
        assert as_plain(row.total) == plain_statistics([each for each in lines if each.username == row.username])


@given(certified())
def test_luminosity_by_day_and_verdict(lines):
    expected = {}
    for row in lines:
        key = row.group.reconstruction, row.day, row.verdict
        expected.setdefault(key, []).append(row.recorded_lumi)
    found = {
        (name, day, verdict.value): lumi
        for name, by_day in lumi_by_day(lines).items()
        for day, by_verdict in by_day.items()
        for verdict, lumi in by_verdict.items()
    }
    assert {key: lumi.recorded for key, lumi in found.items()} == {
        key: exactly(values) for key, values in expected.items()
    }
    assert {key: lumi.unknown for key, lumi in found.items()} == {
        key: values.count(None) for key, values in expected.items()
    }


@given(certified())
def test_days_add_up_to_the_whole(lines):
    found = days(lines, flag_changes(lines))
    assert [day.day for day in found] == sorted({day.day for day in lines})
    assert sum(row.total.certifications for day in found for row in day.overview_rows) == len(lines)
    assert sum(len(day.changes) for day in found) == len(flag_changes(lines))
    for day in found:
        collisions = [line for line in lines if line.day == day.day and line.group.run_type == "collisions"]
        assert day.fills == sorted({line.fill_number for line in collisions} - {None})
        for key in product(RunType.values, Reconstruction.values, Verdict):
            expected = [
                line.run_number
                for line in lines
                if line.day == day.day and (line.group.run_type, line.group.reconstruction, line.verdict) == key
            ]
            assert day.runs(*key) == sorted(expected)


@given(certified())
def test_fills_and_their_recorded_luminosity(lines):
    found = fills(lines)
    assert [row.number for row in found] == [
        number for number in (6612, 6611, None) if any(row.fill_number == number for row in lines)
    ]
    assert sorted(row.pk for fill in found for row in fill.report_rows) == sorted(row.pk for row in lines)
    for fill in fill_lumis(lines):
        rows = [row for row in lines if row.fill_number == fill.number]
        last = sorted(rows, key=lambda row: (row.read_at, row.pk))[-1]
        assert fill.facts == last.fill
        assert last.fill.bunches_colliding or any(row.group.run_type == "collisions" for row in rows)
        certified_here = {}
        for row in sorted(
            (row for row in rows if row.group.run_type == "collisions"), key=lambda row: (row.read_at, row.pk)
        ):
            certified_here[row.run_number] = row.recorded_lumi
        assert fill.certified == exactly(certified_here.values())
    shown = {fill.number for fill in fill_lumis(lines)}
    for number in {row.fill_number for row in lines} - shown - {None}:
        rows = sorted((row for row in lines if row.fill_number == number), key=lambda row: (row.read_at, row.pk))
        bunches = rows[-1].fill.bunches_colliding
        assert bunches == 0 or all(row.group.run_type != "collisions" for row in rows)


@given(certified())
def test_runs_with_all_their_reconstructions(lines):
    found = runs(lines)
    assert [row.run_number for row in found] == sorted({row.run_number for row in lines}, reverse=True)
    assert {
        (row.run_number, name): certification.pk
        for row in found
        for name, certification in row.by_reconstruction.items()
    } == {(row.run_number, row.group.reconstruction): row.pk for row in lines}


# The nineteen runs that the weekly report of the tool in use today is pinned by: run, type, reconstruction, luminosity
# in 1/pb, lumisections, day of May 2018, good or bad.
NINETEEN = """
1 cosmics express .1234 72 14 good
2 collisions prompt 1.234 5432 14 bad
3 cosmics prompt 0 25 14 bad
4 collisions express 423.24 2 15 good
5 collisions express 0 72 14 good
6 cosmics express 0 12 17 good
7 cosmics express 0 72 17 bad
8 cosmics express 0 42 14 bad
9 collisions express 124.123 72 18 good
10 cosmics express 0 1242 14 good
11 cosmics express 0 72 20 good
12 collisions express 999 142 20 good
13 collisions prompt 0 72 20 bad
14 collisions prompt 123132.32 4522 20 bad
15 collisions express 0 72 20 good
16 collisions express -1 71232 14 good
17 cosmics express 0 712 17 good
18 collisions express 5213 142 14 good
19 collisions express 154543 72 18 good
"""


def nineteen() -> list[ReportRow]:
    rows = []
    for row in NINETEEN.strip().splitlines():
        number, run_type, reconstruction, lumi, lumisections, day, verdict = row.split()
        values = {"recorded_lumi": float(lumi), "lumisections": int(lumisections), "day": date(2018, 5, int(day))}
        rows.append(report_row(int(number), reconstruction, run_type, verdict, **values))
    return rows


def test_the_nineteen_runs_of_the_weekly_report():
    totals = {
        (row.run_type, row.reconstruction): (
            row.total.runs,
            round(row.total.recorded_lumi, 4),
            row.for_verdict(Verdict.BAD).runs,
            row.total.lumisections,
        )
        for row in overview(nineteen())
    }
    assert totals == {
        ("collisions", "express"): (8, 161301.363, 0, 71806),
        ("collisions", "prompt"): (3, 123133.554, 3, 10026),
        ("cosmics", "express"): (7, 0.1234, 2, 2224),
        ("cosmics", "prompt"): (1, 0, 1, 25),
    }
    by_day = {statistics.day.day: statistics for statistics in days(nineteen(), [])}
    assert {day: len(statistics.overview_rows) for day, statistics in by_day.items()} == {
        14: 4,
        15: 1,
        17: 1,
        18: 1,
        20: 3,
    }
    assert [
        (row.run_type, row.reconstruction, row.total.runs, row.total.recorded_lumi) for row in by_day[14].overview_rows
    ] == [
        ("collisions", "express", 3, 5212),
        ("collisions", "prompt", 1, 1.234),
        ("cosmics", "express", 3, 0.1234),
        ("cosmics", "prompt", 1, 0),
    ]
    (eighteenth,) = by_day[18].overview_rows
    assert (round(eighteenth.total.recorded_lumi, 3), eighteenth.total.lumisections) == (154667.123, 144)


GOOD_AND_BAD = {
    ("collisions", "express"): {1: "good", 2: "good", 3: "good", 4: "good", 5: "bad", 6: "bad", 7: "bad"},
    ("collisions", "prompt"): {1: "good", 3: "good", 4: "bad", 5: "good", 6: "bad"},
    ("cosmics", "express"): dict.fromkeys(range(10, 15), "good"),
    ("cosmics", "prompt"): {11: "good", 14: "bad"},
}


def test_changed_runs_of_the_earlier_tool_appear_once():
    lines = [
        report_row(number, reconstruction, run_type, verdict)
        for (run_type, reconstruction), verdicts in GOOD_AND_BAD.items()
        for number, verdict in verdicts.items()
    ]
    assert [change.run_number for change in flag_changes(lines)] == [4, 5, 14]
    rereco = [report_row(4, "rereco", verdict="bad"), report_row(1, "rereco", verdict="bad")]
    assert [change.run_number for change in flag_changes([*lines, *rereco])] == [4, 5, 14]


@pytest.mark.parametrize("later", ["express", "prompt"])
def test_changed_verdict_counts_on_the_day_of_the_later_certification(later):
    day = {"express": FIRST, "prompt": FIRST, later: FIRST + timedelta(days=3)}
    lines = [report_row(1, name, verdict=verdict, day=day[name]) for name, verdict in OPPOSITE.items()]
    assert [change.day for change in flag_changes(lines)] == [FIRST + timedelta(days=3)]


@pytest.mark.django_db
def test_the_twenty_six_runs_of_the_summary():
    rows = {(row.run_type, row.reconstruction): row for row in overview(report_rows_of(summary_certifications()))}
    sums = {
        key: {
            verdict.value: (statistics.lumisections, round(statistics.recorded_lumi, 2))
            for verdict, statistics in row.by_verdict.items()
        }
        for key, row in rows.items()
    }
    assert sums == {
        ("collisions", "express"): {"bad": (3424, 3534.83)},
        ("collisions", "prompt"): {"good": (265, 432.73), "bad": (4487, 5316.95)},
        ("cosmics", "express"): {"good": (708, 0), "bad": (1015, 0)},
        ("cosmics", "prompt"): {"good": (341, 0), "bad": (2091, 0)},
    }
    assert [row.without_trackermap for row in rows.values()] == [2, 5, 3, 4]


def test_a_run_counts_once_in_the_luminosity_of_runs():
    both = [
        report_row(1, "express", recorded_lumi=2.0, read_at="a"),
        report_row(1, "prompt", recorded_lumi=3.0, read_at="b"),
    ]
    assert lumi_of_runs([*both, report_row(2, "prompt", recorded_lumi=None)]) == (3.0, 1)

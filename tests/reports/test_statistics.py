"""Every number of the week against a slow, plain recomputation over whatever certifications there may be."""

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
from reports.rows import FrozenFillFacts, ReportGroup, ReportRow
from reports.statistics import days, flag_changes, lumi_by_day, overview, shifters, statistics_by_verdict, statistics_of
from tests.reports.certified import report_rows_of, twenty_six

FIRST = date(2018, 5, 14)
OPPOSITE = {"express": "good", "prompt": "bad"}
LUMIS = st.none() | st.sampled_from([0.0, -1.0, 1e-7, 0.1, 78.15]) | st.floats(-1, 1e5, allow_nan=False)
COUNTS = st.none() | st.integers(0, 3000)


def report_row(
    number: int, reconstruction: str, run_type: str = "collisions", verdict: str = "good", **more
) -> ReportRow:
    flag = {"good": "good", "bad": "bad", "undecided": "excluded"}[verdict]
    said = {
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
    return ReportRow(**{**said, **more})


@st.composite
def certified(draw: st.DrawFn) -> list[ReportRow]:
    """At most one certification of each run and reconstruction, in any order."""
    keys = draw(st.lists(st.tuples(st.integers(317000, 317009), st.sampled_from(Reconstruction.values)), unique=True))
    people = {"anna": "Anna", "ben": "Ben", "cleo": "Anna"}
    made = []
    for number, reconstruction in keys:
        username = draw(st.sampled_from(sorted(people)))
        bunches = draw(st.sampled_from([None, 0, 1214]))
        made.append(
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
    return made


def exactly(values) -> float:
    """The sum without rounding on the way."""
    return float(sum((Fraction(value) for value in values if value is not None), Fraction(0)))


def plain_statistics(some: list[ReportRow]) -> tuple:
    lumisections, numbers = 0, []
    for one in some:
        if one.lumisections is not None:
            lumisections += one.lumisections
        if one.run_number not in numbers:
            numbers.append(one.run_number)
    lumi = exactly(one.recorded_lumi for one in some)
    return len(some), len(numbers), lumisections, lumi


def as_plain(found) -> tuple:
    return found.certifications, found.runs, found.lumisections, found.recorded_lumi


@given(certified())
def test_overview_and_sums(lines):
    rows = {(row.run_type, row.reconstruction): row for row in overview(lines)}
    plain = defaultdict(list)
    for one in lines:
        plain[one.group.run_type, one.group.reconstruction].append(one)
    assert rows.keys() == plain.keys()
    order = [*product(RunType.values, Reconstruction.values)]
    assert list(rows) == sorted(rows, key=order.index)
    for key, some in plain.items():
        row = rows[key]
        assert as_plain(row.total) == plain_statistics(some)
        assert row.total.runs == len(some)  # each run once
        assert (row.first_run, row.last_run) == (
            sorted(one.run_number for one in some)[0],
            sorted(one.run_number for one in some)[-1],
        )
        assert row.without_trackermap == len([one for one in some if not one.has_trackermap])
        for verdict in Verdict:
            assert as_plain(row.for_verdict(verdict)) == plain_statistics(
                [one for one in some if one.verdict == verdict.value]
            )
    assert as_plain(statistics_of(lines)) == plain_statistics(lines)
    assert sum(one.certifications for one in statistics_by_verdict(lines).values()) == len(lines)


@given(certified())
def test_each_changed_run_once_with_both_verdicts(lines):
    expected = []
    for number in range(317000, 317010):
        of = {one.group.reconstruction: one for one in lines if one.run_number == number}
        verdicts = [of[name].verdict for name in ("express", "prompt") if name in of]
        if verdicts in (["good", "bad"], ["bad", "good"]):
            expected.append((number, *verdicts, max(of["express"].day, of["prompt"].day)))
    found = flag_changes(lines)
    assert [(one.run_number, one.express.verdict, one.prompt.verdict, one.day) for one in found] == expected


@given(certified())
def test_shifters(lines):
    counts = Counter(one.username for one in lines)
    found = shifters(lines)
    assert {one.username: one.total.certifications for one in found} == counts
    assert [one.total.certifications for one in found] == sorted(counts.values(), reverse=True)
    for one in found:
        assert as_plain(one.total) == plain_statistics([each for each in lines if each.username == one.username])


@given(certified())
def test_luminosity_by_day_and_verdict(lines):
    expected = {}
    for one in lines:
        key = one.group.reconstruction, one.day, one.verdict
        expected.setdefault(key, []).append(one.recorded_lumi)
    found = {
        (name, day, verdict.value): value
        for name, by_day in lumi_by_day(lines).items()
        for day, by_verdict in by_day.items()
        for verdict, value in by_verdict.items()
    }
    assert found == {key: exactly(values) for key, values in expected.items()}


@given(certified())
def test_days_add_up_to_the_whole(lines):
    found = days(lines, flag_changes(lines))
    assert [one.day for one in found] == sorted({one.day for one in lines})
    assert sum(row.total.certifications for one in found for row in one.overview_rows) == len(lines)
    assert sum(len(one.changes) for one in found) == len(flag_changes(lines))
    for one in found:
        collisions = [each for each in lines if each.day == one.day and each.group.run_type == "collisions"]
        assert one.fills == sorted({each.fill_number for each in collisions} - {None})
        for key in product(RunType.values, Reconstruction.values, Verdict):
            said = [
                each.run_number
                for each in lines
                if each.day == one.day and (each.group.run_type, each.group.reconstruction, each.verdict) == key
            ]
            assert one.runs(*key) == sorted(said)


@given(certified())
def test_fills_and_their_recorded_luminosity(lines):
    found = fills(lines)
    assert [one.number for one in found] == [
        number for number in (6612, 6611, None) if any(one.fill_number == number for one in lines)
    ]
    assert sorted(one.pk for fill in found for one in fill.report_rows) == sorted(one.pk for one in lines)
    for fill in fill_lumis(lines):
        mine = [one for one in lines if one.fill_number == fill.number]
        last = sorted(mine, key=lambda one: (one.read_at, one.pk))[-1]
        assert fill.facts == last.fill
        assert last.fill.bunches_colliding or any(one.group.run_type == "collisions" for one in mine)
        certified_here = {}
        for one in sorted(
            (one for one in mine if one.group.run_type == "collisions"), key=lambda one: (one.read_at, one.pk)
        ):
            certified_here[one.run_number] = one.recorded_lumi
        assert fill.certified == exactly(certified_here.values())
    shown = {fill.number for fill in fill_lumis(lines)}
    for number in {one.fill_number for one in lines} - shown - {None}:
        mine = sorted((one for one in lines if one.fill_number == number), key=lambda one: (one.read_at, one.pk))
        bunches = mine[-1].fill.bunches_colliding
        assert bunches == 0 or all(one.group.run_type != "collisions" for one in mine)


@given(certified())
def test_runs_with_all_their_reconstructions(lines):
    found = runs(lines)
    assert [one.run_number for one in found] == sorted({one.run_number for one in lines}, reverse=True)
    assert {(one.run_number, name): said.pk for one in found for name, said in one.by_reconstruction.items()} == {
        (one.run_number, one.group.reconstruction): one.pk for one in lines
    }


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
    made = []
    for row in NINETEEN.strip().splitlines():
        number, run_type, reconstruction, lumi, lumisections, day, verdict = row.split()
        of = {"recorded_lumi": float(lumi), "lumisections": int(lumisections), "day": date(2018, 5, int(day))}
        made.append(report_row(int(number), reconstruction, run_type, verdict, **of))
    return made


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
    by_day = {one.day.day: one for one in days(nineteen(), [])}
    assert {day: len(one.overview_rows) for day, one in by_day.items()} == {14: 4, 15: 1, 17: 1, 18: 1, 20: 3}
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
        for (run_type, reconstruction), said in GOOD_AND_BAD.items()
        for number, verdict in said.items()
    ]
    assert [one.run_number for one in flag_changes(lines)] == [4, 5, 14]
    rereco = [report_row(4, "rereco", verdict="bad"), report_row(1, "rereco", verdict="bad")]
    assert [one.run_number for one in flag_changes([*lines, *rereco])] == [4, 5, 14]


@pytest.mark.parametrize("later", ["express", "prompt"])
def test_changed_verdict_counts_on_the_day_of_the_later_certification(later):
    day = {"express": FIRST, "prompt": FIRST, later: FIRST + timedelta(days=3)}
    lines = [report_row(1, name, verdict=verdict, day=day[name]) for name, verdict in OPPOSITE.items()]
    assert [one.day for one in flag_changes(lines)] == [FIRST + timedelta(days=3)]


@pytest.mark.django_db
def test_the_twenty_six_runs_of_the_summary():
    rows = {(row.run_type, row.reconstruction): row for row in overview(report_rows_of(twenty_six()))}
    sums = {
        key: {verdict.value: (of.lumisections, round(of.recorded_lumi, 2)) for verdict, of in row.by_verdict.items()}
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
    assert lumi_of_runs([*both, report_row(2, "prompt", recorded_lumi=None)]) == 3.0

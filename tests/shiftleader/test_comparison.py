"""The comparison with Run Registry, tested by the table of rules and by a direct computation."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certify.models.lumisections_out import LumisectionsOut
from registry.flags import FlaggedDataset
from registry.models import StoredFlagRanges
from registry.parsing import RegistryDataset, reconstruction_in
from reports.rows import ReportGroup, ReportRow
from shiftleader.comparison import compare_with_registry, run_type_in_registry
from shiftleader.component_comparison import ComparisonOutcome
from shiftleader.run_selection import MAX_RUNS_ASKED, runs_to_ask

COMPONENTS = ("pixel", "strip", "tracking")
EXPRESS, PROMPT = "/Express/Collisions2018/DQM", "/PromptReco/Collisions2018A/DQM"
ODD = "/Express/Commissioning2022/DQM"
GOOD = {"GOOD": 100, "EMPTY": 0}


def line(
    run=1,
    reconstruction="express",
    flags=("good", "good", "good"),
    *,
    low_statistics=(),
    dataset=EXPRESS,
    run_type=None,
    ranges=None,
):
    group = ReportGroup(run_type or "collisions", reconstruction, dataset, 3.8, 6500.0, "PROTON")
    return ReportRow(
        pk=run, run_number=run, group=group, reference="", flags=dict(zip(COMPONENTS, flags, strict=True)),
        low_statistics=frozenset(low_statistics), verdict="good",
        has_trackermap=True, lumisections=100, recorded_lumi=1.0, comment="",
        shifter="Anna", username="anna", day=date(2018, 6, 1), fill_number=None, out=LumisectionsOut(ranges or {}),
    )  # fmt: skip


def registry_dataset(
    run=1, name=EXPRESS, counts=(GOOD, GOOD, GOOD), *, state="OPEN", run_class="Collisions18", hlt=None, beam=None
):
    dataset = RegistryDataset(run, name, reconstruction_in(name), state, run_class, "SIGNOFF", name)
    return FlaggedDataset(dataset, dict(zip(COMPONENTS, counts, strict=True)), hlt, beam)


def compared(lines, datasets, certified=None, is_wanted=lambda _: True, stored=()):
    keys = {(certified_line.run_number, certified_line.group.reconstruction) for certified_line in lines}
    return compare_with_registry(
        lines,
        datasets,
        certified=keys if certified is None else certified,
        is_wanted=is_wanted,
        stored={(row.run_number, row.dataset_name): row for row in stored},
    )


def outcomes(found):
    return [(row.run_number, row.reconstruction, row.outcome.value) for row in found.rows]


def test_same_flags_on_both_sides_are_only_equal():
    datasets = [
        registry_dataset(1),
        registry_dataset(2, counts=({"EXCLUDED": 9}, {"GOOD": 1, "STANDBY": 8}, {"BAD": 9})),
    ]
    found = compared([line(1), line(2, flags=("excluded", "good", "bad"))], datasets)
    assert outcomes(found) == [(2, "express", "equal"), (1, "express", "equal")]


def test_difference_names_the_component_and_on_how_many_lumisections():
    found = compared(
        [line(flags=("good", "good", "good"))], [registry_dataset(counts=(GOOD, {"BAD": 12, "STANDBY": 3}, GOOD))]
    )
    row = found.rows[0]
    assert row.outcome == ComparisonOutcome.DIFFERENT
    assert [(pair.component.value, pair.ours, pair.registry_text) for pair in row.components if pair.is_different] == [
        ("strip", "good", "bad on 12 of 15 LS")
    ]


@pytest.mark.parametrize(
    ("counts", "outcome", "sentence"),
    [
        ({"GOOD": 99, "BAD": 16}, ComparisonOutcome.MIXED, "mixed, 16 of 115 bad"),
        ({"STANDBY": 5, "NOTSET": 3}, ComparisonOutcome.NOT_FLAGGED, "not flagged"),
        ({}, ComparisonOutcome.NOT_FLAGGED, "not flagged"),
        ({"EXCLUDED": 5}, ComparisonOutcome.DIFFERENT, "excluded on 5 of 5 LS"),
    ],
)
@pytest.mark.parametrize("flags", ["good", "bad"])
def test_mixed_and_not_flagged_are_separate_groups(counts, outcome, sentence, flags):
    found = compared([line(flags=("good", "good", flags))], [registry_dataset(counts=(GOOD, GOOD, counts))])
    assert (found.rows[0].outcome, found.rows[0].components[2].registry_text) == (outcome, sentence)


MIXED = {"GOOD": 90, "BAD": 10}
STRIP_OUT = {"strip": ((1, 10),)}


def strip_ranges(*ranges, damage=""):
    return StoredFlagRanges(
        run_number=1, dataset_name=EXPRESS, ranges={"strip": ranges}, damage=damage, read_at=timezone.now()
    )


@pytest.mark.parametrize(
    ("stored", "outcome", "sentence"),
    [
        (strip_ranges([1, 10, "BAD"], [11, 100, "GOOD"]), "equal", "mixed, 10 of 100 bad; equal"),
        (
            strip_ranges([1, 10, "BAD"], [11, 20, "STANDBY"], [21, 100, "GOOD"]),
            "equal",
            "mixed, 10 of 100 bad; equal; left standby in 11-20",
        ),
        (strip_ranges([1, 12, "BAD"], [13, 100, "GOOD"]), "different", "mixed, 10 of 100 bad; differs in 11-12"),
        (
            strip_ranges([1, 10, "BAD"], [11, 20, "NOTSET"], [21, 100, "GOOD"]),
            "not-flagged",
            "mixed, 10 of 100 bad; not flagged in 11-20",
        ),
        (None, "not-compared", "mixed, 10 of 100 bad; its lumisections are not read yet"),
        (strip_ranges(damage="Ranges are damaged."), "not-compared", "mixed, 10 of 100 bad; Ranges are damaged"),
    ],
)
def test_bad_lumisections_are_compared_one_by_one(stored, outcome, sentence):
    found = compared(
        [line(ranges=STRIP_OUT)], [registry_dataset(counts=(GOOD, MIXED, GOOD))], stored=[stored] if stored else []
    )
    row, strip = found.rows[0], found.rows[0].components[1]
    assert (row.outcome, strip.registry_text, strip.out_text) == (outcome, sentence, "1-10 out")
    assert row.unread == ((1, EXPRESS) if stored is None else None)
    assert [pair.outcome for pair in row.components if pair is not strip] == ["equal", "equal"]


@pytest.mark.parametrize("name", [EXPRESS, f"{EXPRESS}\n"])
def test_flags_are_found_by_the_name_in_run_registry(name):
    theirs = registry_dataset(counts=(GOOD, MIXED, GOOD))
    theirs = replace(theirs, dataset=replace(theirs.dataset, registry_name=name))
    assert compared([line(ranges=STRIP_OUT)], [theirs]).rows[0].unread == (1, name)


def test_good_throughout_differs_in_the_bad_lumisections():
    stored = [strip_ranges([1, 100, "GOOD"])]
    row = compared([line(ranges=STRIP_OUT)], [registry_dataset()], stored=stored).rows[0]
    assert (row.outcome, row.components[1].registry_text) == ("different", "good; differs in 1-10")


def test_component_that_nobody_flagged_waits_for_no_lumisections():
    row = compared([line(ranges=STRIP_OUT)], [registry_dataset(counts=(GOOD, {"NOTSET": 9}, GOOD))]).rows[0]
    assert (row.outcome, row.unread) == ("not-flagged", None)


def test_ranges_of_a_component_that_is_not_good_are_not_compared():
    """Imported rows may have them."""
    row = compared(
        [line(flags=("good", "bad", "good"), ranges=STRIP_OUT)],
        [registry_dataset(counts=(GOOD, {"BAD": 100}, GOOD))],
    ).rows[0]
    assert (row.outcome, row.unread) == ("equal", None)


def test_mixed_without_ranges_here_is_mixed_whatever_is_stored():
    stored = [strip_ranges([1, 10, "BAD"], [11, 100, "GOOD"])]
    row = compared([line()], [registry_dataset(counts=(GOOD, MIXED, GOOD))], stored=stored).rows[0]
    assert (row.outcome, row.components[1].registry_text) == ("mixed", "mixed, 10 of 100 bad")


def test_each_direction_is_one_row():
    found = compared([line(1), line(2)], [registry_dataset(2), registry_dataset(3), registry_dataset(3, PROMPT)])
    assert outcomes(found) == [(3, "express", "only-theirs"), (3, "prompt", "only-theirs"), (2, "express", "equal"),
                               (1, "express", "only-ours")]  # fmt: skip


def test_low_statistics_is_not_compared():
    bad = {"BAD": 100}
    assert (
        compared([line(flags=("bad",) * 3, low_statistics=COMPONENTS)], [registry_dataset(counts=(bad,) * 3)])
        .rows[0]
        .outcome
        == "equal"
    )
    assert (
        compared([line(flags=("bad",) * 3, low_statistics=COMPONENTS)], [registry_dataset()]).rows[0].outcome
        == "different"
    )


def test_online_and_unknown_names_are_left_out_and_counted():
    found = compared(
        [line()],
        [
            registry_dataset(),
            registry_dataset(1, "online"),
            registry_dataset(2, "online"),
            registry_dataset(1, "/Odd/Name/DQM"),
        ],
    )
    assert (outcomes(found), found.online, found.unnamed) == ([(1, "express", "equal")], 2, 1)


def test_run_certified_outside_the_selection_is_not_missing():
    found = compared(
        [line(1)], [registry_dataset(1), registry_dataset(1, PROMPT)], certified={(1, "express"), (1, "prompt")}
    )
    assert (outcomes(found), found.elsewhere) == ([(1, "express", "equal")], 1)


def test_datasets_are_filtered():
    found = compared([line(1)], [registry_dataset(1), registry_dataset(2), registry_dataset(2, PROMPT)],
                     is_wanted=lambda one: one.dataset.reconstruction == "prompt")  # fmt: skip
    assert outcomes(found) == [(2, "prompt", "only-theirs"), (1, "express", "equal")]


def test_certified_dataset_is_compared():
    other = "/ReReco/Run2018A_1/DQM"
    name = "/ReReco/Run2018A_2/DQM"
    bad = {"BAD": 1}
    datasets = [registry_dataset(1, other, (bad,) * 3), registry_dataset(1, name)]
    found = compared([line(1, "rereco", dataset=name)], datasets)
    assert (found.rows[0].outcome, found.others) == ("equal", 1)
    without = compared([line(1, "rereco", dataset="")], datasets)
    assert without.rows[0].theirs.dataset.name == other


def test_open_dataset_is_preferred_where_none_was_certified():
    first, later = "/ReReco/Run2018A_1/DQM", "/ReReco/Run2018A_2/DQM"
    datasets = [registry_dataset(1, first, state="COMPLETED"), registry_dataset(1, later, state="OPEN")]
    for order in (datasets, datasets[::-1]):
        assert compared([line(1, "rereco", dataset="")], order).rows[0].theirs.dataset.name == later


@pytest.mark.parametrize(
    ("counts", "outcome"),
    [
        (({"BAD": 1}, {"GOOD": 1, "BAD": 1}, {}), "different"),
        ((GOOD, {"GOOD": 1, "BAD": 1}, {}), "mixed"),
        ((GOOD, GOOD, {}), "not-flagged"),
    ],
)
def test_row_has_the_outcome_of_its_worst_component(counts, outcome):
    for order in (counts, counts[::-1]):
        assert compared([line()], [registry_dataset(counts=order)]).rows[0].outcome == outcome


@pytest.mark.parametrize(
    ("parts", "run_type"),
    [
        ({"run_class": "Collisions22"}, "collisions"),
        ({"run_class": "Cosmics22"}, "cosmics"),
        ({"run_class": "Commissioning22", "name": "/PromptReco/Cosmics22/DQM"}, "cosmics"),
        ({"run_class": "Cosmics22", "name": EXPRESS}, "cosmics"),
        ({"run_class": "Commissioning22", "name": ODD, "hlt": "/cdaq/physics/x", "beam": True}, "collisions"),
        ({"run_class": "Commissioning22", "name": ODD, "hlt": "/cdaq/cosmic/x"}, "cosmics"),
        ({"run_class": "Commissioning22", "name": ODD}, "unknown"),
        ({"run_class": None, "name": ODD}, "unknown"),
    ],
)  # fmt: skip
def test_run_type_is_derived_from_class_name_and_key_in_order(parts, run_type):
    assert run_type_in_registry(registry_dataset(**parts)) == run_type


def test_different_run_type_is_shown_and_changes_no_outcome():
    found = compared(
        [line(1, run_type="cosmics"), line(2, run_type="unknown"), line(3)], [registry_dataset(1), registry_dataset(2)]
    )
    assert [row.run_number for row in found.rows_with_other_run_type] == [1]
    assert {row.outcome.value for row in found.rows} == {"equal", "only-ours"}


RUNS, STATUSES = st.integers(1, 6), ("GOOD", "BAD", "EXCLUDED", "STANDBY", "NOTSET", "EMPTY", "NO VALUE FOUND")
FLAGS = st.tuples(*[st.sampled_from(["good", "bad", "excluded"])] * 3)
COUNTS = st.tuples(*[st.dictionaries(st.sampled_from(STATUSES), st.integers(0, 3))] * 3)
NAMES = st.sampled_from([EXPRESS, PROMPT, "online", "/Odd/DQM"])
OURS = st.dictionaries(st.tuples(RUNS, st.sampled_from(["express", "prompt"])), FLAGS)
THEIRS = st.dictionaries(st.tuples(RUNS, NAMES), COUNTS)
ELSEWHERE = st.sets(st.tuples(RUNS, st.sampled_from(["express", "prompt"])))


def plainly(own_rows, registry, elsewhere):
    """The rules, computed directly: {key: outcome}."""
    names = {"express": EXPRESS, "prompt": PROMPT}
    found = {}
    for run in range(1, 7):
        for reconstruction, name in names.items():
            flags, counts = own_rows.get((run, reconstruction)), registry.get((run, name))
            if flags and not counts:
                found[run, reconstruction] = "only-ours"
            elif counts and not flags and (run, reconstruction) not in elsewhere:
                found[run, reconstruction] = "only-theirs"
            elif flags and counts:
                found[run, reconstruction] = of_components(flags, counts)
    return found


def of_components(flags, counts):
    texts = []
    for flag, count in zip(flags, counts, strict=True):
        good, bad, excluded = count.get("GOOD", 0) > 0, count.get("BAD", 0) > 0, count.get("EXCLUDED", 0) > 0
        if good and bad:
            texts.append("mixed")
        elif good or bad or excluded:
            word = "good" if good else "bad" if bad else "excluded"
            texts.append("equal" if word == flag else "different")
        else:
            texts.append("not-flagged")
    return min(texts, key=["different", "mixed", "not-flagged", "equal"].index)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(OURS, THEIRS, ELSEWHERE)
def test_comparison_equals_a_direct_computation(own_rows, registry, elsewhere):
    lines = [line(run, reconstruction, flags) for (run, reconstruction), flags in own_rows.items()]
    datasets = [registry_dataset(run, name, counts) for (run, name), counts in registry.items()]
    found = compared(lines, datasets, certified=elsewhere | own_rows.keys())
    assert {(row.run_number, row.reconstruction): row.outcome.value for row in found.rows} == plainly(
        own_rows, registry, elsewhere
    )
    assert len(found.rows) == len({(row.run_number, row.reconstruction) for row in found.rows})
    assert found.online + found.unnamed == sum(name in ("online", "/Odd/DQM") for _run, name in registry)


@pytest.mark.parametrize(
    ("certified", "spans", "requested"),
    [
        ([], [], []),
        ([5], [], [5]),
        ([10, 13], [], [13, 12, 11, 10]),
        ([10, 500], [], [500, 10]),
        ([11], [(10, 12)], [12, 11, 10]),
        ([11, 13], [(10, 10 + MAX_RUNS_ASKED)], [13, 12, 11]),
        ([11, 13], [(1, 11), (13, 13 + MAX_RUNS_ASKED)], [13, 11]),
    ],
)
def test_requested_run_ranges(certified, spans, requested):
    assert runs_to_ask(certified, spans) == requested


def test_too_many_runs_in_between_are_limited_to_certified_runs():
    certified = range(100_000, 100_000 + 150 * (MAX_RUNS_ASKED // 100), 150)
    assert runs_to_ask(certified) == sorted(certified, reverse=True)

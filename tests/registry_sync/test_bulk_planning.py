"""Plans of many certifications are those of each alone, for a few requests."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.models import TrackerCertification
from certify.models.components import Component, ComponentFlag
from infrastructure.http.budget import Budget
from registry.bulk_queries import flags_of_listed_runs
from registry.flag_ranges import FlagRange, FlagTriplet
from registry.flags import COLUMNS
from registry.writes import DatasetKey, FlagEdit, send_flag_edit
from registry_sync.actions import confirm_plan
from registry_sync.bulk_planning import PlanGroup, group_of, is_equal_by_counts, plan_many
from registry_sync.plan import OurFlag, PlanOutcome, plan_rows
from registry_sync.planning import make_plan
from registry_sync.sender import send_confirmed
from tests.factories import DatasetFactory, QuestionFactory
from tests.registry_sync.conftest import DATASET, write_requests
from tests.registry_sync.week import RUNS, all_certifications, certify_runs, plans_of_all

pytestmark = pytest.mark.django_db


def requests_to(sandbox, path: str) -> int:
    return len([entry for entry in sandbox.requests("registry") if path in entry["path"]])


def groups(looked) -> dict[int, PlanGroup]:
    return {plan.certification.run_number: group_of(plan) for plan in looked.plans}


def test_plans_are_those_of_each_certification_alone(sandbox):
    certify_runs(*RUNS[:4])
    certify_runs(*RUNS[4:], strip_ranges=[[3, 7]], comment="holes in TIB")
    flag = FlagTriplet("BAD", "FED 401")
    send_flag_edit(FlagEdit(DatasetKey(RUNS[0], DATASET), "strip", 5, 9, flag, 96), Budget(60))
    looked = plans_of_all()
    assert (looked.problem, looked.not_looked_at) == (None, ())
    assert groups(looked) == {RUNS[0]: PlanGroup.CHOOSE, **dict.fromkeys(RUNS[1:], PlanGroup.SEND)}
    for plan in looked.plans:
        alone = make_plan(plan.certification, Budget(60))
        assert (plan.dataset, plan.status, plan.rows) == (alone.dataset, alone.status, alone.rows)
        assert (plan.edits, plan.state_to, plan.refusals) == (alone.edits, alone.state_to, alone.refusals)


def test_open_datasets_cost_the_counts_and_a_reading_each_and_no_write(sandbox):
    certify_runs(*RUNS)
    plans_of_all()
    assert requests_to(sandbox, "datasets_filtered_ordered") == 1  # for up to fifty runs
    assert requests_to(sandbox, "ranges_by_component") == len(RUNS)
    sandbox.clear_requests()
    plans_of_all()
    assert sandbox.requests("registry") == []
    assert write_requests(sandbox) == []


def test_counts_of_a_week_of_86_certifications_take_at_most_6_requests(sandbox):
    certify_runs(*range(314650, 314650 + 86 * 12, 12))
    looked = plans_of_all()
    assert (len(looked.plans), looked.problem) == (86, None)
    assert 0 < requests_to(sandbox, "datasets_filtered_ordered") <= 6


def test_what_was_sent_is_equal_and_costs_no_reading_where_counts_suffice(shift_leader, sandbox):
    certify_runs(RUNS[1], RUNS[6])
    certify_runs(RUNS[0], strip_ranges=[[3, 7]])
    for certification in all_certifications():
        confirm_plan(shift_leader, make_plan(certification, Budget(60)))
    assert send_confirmed(Budget(60)).failed == 0
    sandbox.clear_requests()
    looked = plans_of_all()
    assert set(groups(looked).values()) == {PlanGroup.EQUAL}
    assert requests_to(sandbox, "ranges_by_component") == 1  # good in some lumisections, bad in others


def test_nothing_is_asked_about_what_must_not_be_sent(sandbox):
    stale, asked, undated = certify_runs(*RUNS[:3])
    TrackerCertification.objects.filter(pk=stale.pk).update(stale=[{"fact": "lumisections"}])
    QuestionFactory(certification=asked)
    TrackerCertification.objects.filter(pk=undated.pk).update(dataset=None)
    looked = plans_of_all()
    assert [plan.refusals for plan in looked.plans] == [
        ("It names no dataset of Run Registry.",),
        ("A question to the shifter is open.",),
        ("Its facts have changed: it is stale. Confirm or change it first.",),
    ]
    assert sandbox.requests("registry") == []


def test_dataset_that_is_not_listed_is_refused(sandbox):
    certify_runs(315262)  # express alone
    (row,) = certify_runs(RUNS[0])
    name = "/ZeroBias/Commissioning2018-PromptReco-v1/DQMIO"
    TrackerCertification.objects.filter(pk=row.pk).update(dataset=DatasetFactory(name=name))
    express_alone, other_name = plans_of_all().plans
    assert f"Run Registry does not list {DATASET} of run 315262. It" in express_alone.refusals[0]
    assert (
        f"Run Registry does not list {name} of run {RUNS[0]}; of prompt it lists {DATASET}." in other_name.refusals[0]
    )
    for plan in (express_alone, other_name):
        assert make_plan(plan.certification, Budget(60)).refusals == plan.refusals


def test_dataset_that_is_listed_twice_is_refused_as_on_its_page(sandbox, monkeypatch):
    certify_runs(*RUNS[:2])

    def with_a_twin(numbers, budget, **options):
        flags = flags_of_listed_runs(numbers, budget, **options)
        twins = [replace(flagged, has_twin=flagged.run_number == RUNS[0]) for flagged in flags.datasets]
        return replace(flags, datasets=twins)

    monkeypatch.setattr("registry_sync.bulk_planning.flags_of_listed_runs", with_a_twin)
    looked = plans_of_all()
    assert groups(looked) == {RUNS[0]: PlanGroup.REFUSED, RUNS[1]: PlanGroup.SEND}
    assert "more than once, with other white space" in looked.plans[1].refusals[0]


def test_without_time_the_rest_is_not_looked_at_and_found_when_it_goes_on(sandbox):
    certify_runs(*RUNS)
    first = list(all_certifications()[:3])
    looked = plan_many(first, (), Budget(60))
    again = plans_of_all(CountsBudget(60), since=looked.first_asked)
    assert {plan.certification for plan in again.plans} == set(first)
    assert set(again.not_looked_at) == set(all_certifications()) - set(first)
    assert again.problem is None
    assert plans_of_all(since=looked.first_asked).not_looked_at == ()


class CountsBudget(Budget):
    """A budget that suffices for the counts and not for lumisections."""

    asked = 0

    def is_sufficient(self) -> bool:
        self.asked += 1
        return self.asked == 1


def test_registry_that_is_down_is_a_problem_and_nothing_is_looked_at(sandbox):
    certify_runs(*RUNS[:2])
    sandbox.faults("registry", "refuse")
    looked = plans_of_all()
    assert looked.plans == ()
    assert len(looked.not_looked_at) == 2
    assert "broke off the connection" in looked.problem.reason


def test_lumisections_that_cannot_be_read_are_a_problem(sandbox):
    certify_runs(*RUNS[:2])
    sandbox.faults("registry", "500", path="ranges_by_component")
    looked = plans_of_all()
    assert (looked.plans, len(looked.not_looked_at)) == ((), 2)
    assert "answered with an error (500)" in looked.problem.reason


STATUSES = ["GOOD", "BAD", "EXCLUDED", "STANDBY", "EMPTY", "NOTSET"]


@st.composite
def uniform_case(draw: st.DrawFn):
    """Flags without ranges, and what Run Registry has, which is often the same."""
    last, ours, theirs = draw(st.integers(1, 12)), [], {}
    for component in Component:
        flag, is_low = draw(st.sampled_from(["good", "bad", "excluded"])), draw(st.booleans())
        ours.append(
            OurFlag(ComponentFlag(component, flag, is_low), "holes", draw(st.sampled_from(["", "GOOD", "BAD"])))
        )
        few = draw(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=3))
        statuses = draw(st.lists(st.sampled_from([flag.upper(), "STANDBY", *few]), min_size=last, max_size=last))
        theirs[component.value] = [
            FlagRange(number, number, FlagTriplet(status)) for number, status in enumerate(statuses, 1)
        ]
    return ours, theirs, last


@given(uniform_case())
def test_counts_say_equal_exactly_where_no_lumisection_could_be_written(case):
    ours, theirs, last = case
    counts: dict[str, dict[str, int]] = {column: {} for column in COLUMNS}
    for component, flags in theirs.items():
        for flag in flags:
            counts[component][flag.triplet.status] = counts[component].get(flag.triplet.status, 0) + 1
    outcomes = {row.outcome for row in plan_rows(ours, theirs, last)}
    is_undecided = any(our.flag.flag == "bad" and our.flag.lowstat and not our.lowstat_status for our in ours)
    expected = not outcomes & {PlanOutcome.WRITE, PlanOutcome.CHOOSE} and not is_undecided
    assert is_equal_by_counts(ours, counts) == expected


def test_counts_say_nothing_of_a_component_with_bad_lumisections_or_missing_ones():
    ours = [OurFlag(ComponentFlag(component, "good", False)) for component in Component]
    counts = {component.value: {"GOOD": 10, "EMPTY": 0} for component in Component}
    assert is_equal_by_counts(ours, counts)
    assert not is_equal_by_counts(ours, {**counts, "strip": {"GOOD": 9}})
    assert not is_equal_by_counts(ours, {**counts, "strip": {}})
    with_ranges = OurFlag(ComponentFlag(Component.STRIP, "good", False, ((3, 4),)))
    assert not is_equal_by_counts([ours[0], with_ranges, ours[2]], {**counts, "strip": {"GOOD": 8, "BAD": 2}})

"""Random certifications on random states of Run Registry: no request that must never be sent is ever built."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pytest

from certify.models.choices import Verdict
from infrastructure.number_ranges import merged_ranges
from registry.dataset_status import DatasetStatus
from registry.flag_ranges import FlagRange, FlagTriplet
from registry.flags import COLUMNS
from registry.writes import DatasetKey, FlagEdit, StateMove
from registry_sync.actions import PlanChanged, confirm_plan
from registry_sync.models import Sending
from registry_sync.plan import OVERWRITABLE, PlanChoice, undoing_edits
from registry_sync.planning import PlanDecisions, plan_on, signature_of
from registry_sync.refusals import certification_refusals
from tests.proof import scaled
from tests.registry_sync.conftest import DATASET, RUN

pytestmark = pytest.mark.django_db
CASES = scaled(500, 10_000)
KEY = DatasetKey(RUN, DATASET)
THEIR_STATUSES = [*sorted(OVERWRITABLE), "GOOD", "GOOD", "STANDBY", "EXCLUDED", "banana", ""]
THEIR_STATES = ["OPEN", "OPEN", "OPEN", "SIGNOFF", "COMPLETED", "waiting dqm gui", "BANANA", ""]


def random_flags(random: Random, last: int) -> list[FlagRange]:
    """Flags from lumisection 1 on; some datasets end early, some are longer than the run, some have none."""
    end = random.choice([0, last, last, last, last + 3, max(last - 4, 0)])
    if not end:
        return []
    firsts = [1, *sorted(random.sample(range(2, end + 1), min(random.randrange(6), end - 1)))]
    comments = ["", "FED 401", "holes [CH 12 v1, shifter2]"]
    triplet = lambda: FlagTriplet(random.choice(THEIR_STATUSES), random.choice(comments))  # noqa: E731
    return [
        FlagRange(first, following - 1, triplet())
        for first, following in zip(firsts, [*firsts[1:], end + 1], strict=True)
    ]


def random_status(random: Random, last: int) -> DatasetStatus:
    flags = {component: random_flags(random, last) for component in COLUMNS if random.random() < 0.95}
    damage = "Run Registry's ranges of this dataset are damaged." if random.random() < 0.03 else ""
    return DatasetStatus(random.choice(THEIR_STATES), random.randrange(1, 10**6), {} if damage else flags, damage)


def set_at_random(random: Random, certification, last: int) -> bool:
    """Change the certification, also to what no entry accepts; return whether a question to the shifter is open."""
    for component in COLUMNS:
        flag = random.choice(["good", "good", "bad", "excluded"])
        numbers = random.sample(range(-2, last + 8), random.randrange(6)) if random.random() < 0.5 else []
        setattr(certification, component, flag)
        setattr(certification, f"{component}_lowstat", random.random() < 0.2)
        setattr(certification, f"{component}_ranges", [list(pair) for pair in merged_ranges((n, n) for n in numbers)])
    certification.comment = random.choice(["", "x", "holes in TIB", "a\0b\n\tc", "“ü” " * 2000, "[CH 1 v1, me]"])
    certification.lumisections = random.choice([None, 0, last, last, last, last, last - 1, last + 5])
    certification.is_practice = random.random() < 0.05
    certification.state = "withdrawn" if random.random() < 0.05 else "live"
    certification.stale = [{"fact": "lumisections"}] if random.random() < 0.05 else []
    certification.verdict_word = random.choice([*(["good", "bad"] * 5), Verdict.UNDECIDED])
    certification.version = random.randrange(1, 5)
    return random.random() < 0.05


def random_plan(random: Random, certification):
    """Return the plan as it would be confirmed, and whether a question to the shifter is open."""
    last = random.randrange(1, 40)
    is_asked = set_at_random(random, certification, last)
    refusals = certification_refusals(certification, has_open_question=is_asked)
    lowstat = {component: random.choice(["GOOD", "BAD"]) for component in COLUMNS if random.random() < 0.5}
    planned = plan_on(certification, KEY, random_status(random, last), PlanDecisions(lowstat=lowstat))
    choices = {row.key: random.choice(list(PlanChoice)) for row in planned.to_choose if random.random() < 0.8}
    planned = replace(planned, refusals=(*refusals, *planned.refusals))
    return planned.decided(PlanDecisions(choices, lowstat)), is_asked


def their_flag(plan, component: str, number: int) -> FlagTriplet:
    flags = plan.status.flags.get(component, ())
    return next((flag.triplet for flag in flags if flag.first <= number <= flag.last), FlagTriplet("EMPTY"))


def check_edit(plan, edit) -> None:
    certification, last = plan.certification, plan.certification.lumisections
    body = FlagEdit(KEY, edit.component, edit.first, edit.last, edit.triplet, last).body()
    sent = json.loads(json.dumps(body))["new_lumisection_range"]
    assert body["component"] in ("tracker-pixel", "tracker-strip", "tracker-track")
    assert body["run_number"] == RUN and body["dataset_name"] == DATASET
    assert type(sent["start"]) is int and type(sent["end"]) is int
    assert 1 <= sent["start"] <= sent["end"] <= last
    assert sent["status"] in ("GOOD", "BAD", "EXCLUDED")
    assert sent["comment"].endswith(signature_of(certification)) and "\0" not in sent["comment"]
    for number in range(edit.first, edit.last + 1):
        theirs = their_flag(plan, edit.component, number)
        assert theirs.status in OVERWRITABLE
        assert theirs.status != sent["status"]
    known = max(flags[-1].last for flags in plan.status.flags.values() if flags)
    assert edit.last <= known


def check_confirmed(plan) -> None:
    certification = plan.certification
    assert not certification.is_practice and certification.state == "live" and not certification.stale
    assert certification.verdict_word != Verdict.UNDECIDED
    assert plan.status.state in ("OPEN", "SIGNOFF") and not plan.status.damage
    if plan.has_move:
        StateMove(KEY, plan.status.state, plan.state_to)
        assert (plan.status.state, plan.state_to) == ("OPEN", "SIGNOFF")


def test_no_harmful_request_is_built(certification, shift_leader):
    confirmed = 0
    for seed in range(CASES):
        plan, is_asked = random_plan(Random(seed), certification)
        try:
            for edit in plan.edits:
                check_edit(plan, edit)
            for edit in undoing_edits(plan.edits):
                FlagEdit(KEY, edit.component, edit.first, edit.last, edit.triplet, certification.lumisections).body()
                assert edit.triplet.status in OVERWRITABLE
            if plan.can_be_confirmed:
                confirmed += 1
                assert not is_asked
                check_confirmed(plan)
            else:
                with pytest.raises(PlanChanged):
                    confirm_plan(shift_leader, plan)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
    assert confirmed > CASES / 20
    assert not Sending.objects.exists()

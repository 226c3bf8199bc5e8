"""The guard of "all like express"."""

from datetime import UTC, datetime

import pytest

from certify.models.choices import Flag
from certify.models.components import Component, ComponentFlag
from certify.rules.entry import TwinCertification
from certify.rules.like_express import is_like_express, may_be_like_express
from oms.models import OmsRun

FACTS = {"run_type": "collisions", "lumisections": 184, "recorded_lumi": 14.328}
ALL_GOOD = {component: ComponentFlag(component, Flag.GOOD, False) for component in Component}


def express(**changes) -> TwinCertification:
    values = {"component_flags": ALL_GOOD, **FACTS, **changes}
    return TwinCertification(1, "express", people="x", changed_at=datetime(2018, 5, 1, tzinfo=UTC), **values)


def run(**changes) -> OmsRun:
    return OmsRun(run_number=315259, **{**FACTS, **changes})


def with_flag(component: Component, flag: str, *, lowstat: bool = False) -> dict[Component, ComponentFlag]:
    return ALL_GOOD | {component: ComponentFlag(component, flag, lowstat)}


def test_a_prompt_of_the_same_facts_may_be_like_a_good_express():
    assert may_be_like_express(run(), "prompt", express())
    assert may_be_like_express(run(recorded_lumi=14.4), "prompt", express())


def test_cosmics_without_luminosity_on_both_sides_do_not_differ():
    facts = {"run_type": "cosmics", "recorded_lumi": None}
    assert may_be_like_express(run(**facts), "prompt", express(**facts))


@pytest.mark.parametrize("reconstruction", ["express", "rereco", "rerecoul"])
def test_other_reconstructions_may_not(reconstruction):
    assert not may_be_like_express(run(), reconstruction, express())


def test_without_an_express_certification_there_is_nothing_to_be_like():
    assert not may_be_like_express(run(), "prompt", None)


@pytest.mark.parametrize("component", list(Component))
@pytest.mark.parametrize(("flag", "lowstat"), [("bad", False), ("excluded", False), ("good", True), ("bad", True)])
def test_express_must_be_good_throughout_without_low_statistics(component, flag, lowstat):
    flags = with_flag(component, flag, lowstat=lowstat)
    assert not may_be_like_express(run(), "prompt", express(component_flags=flags))


@pytest.mark.parametrize("component", list(Component))
def test_express_must_be_without_bad_lumisections(component):
    flags = ALL_GOOD | {component: ComponentFlag(component, Flag.GOOD, False, ((310, 330),))}
    assert not may_be_like_express(run(), "prompt", express(component_flags=flags))
    assert not is_like_express(run(), "prompt", flags.values(), express(component_flags=flags))
    assert not is_like_express(run(), "prompt", flags.values(), express())


@pytest.mark.parametrize(
    "changes",
    [
        {"run_type": "cosmics"},
        {"run_type": "unknown"},
        {"lumisections": 185},
        {"lumisections": None},
        {"recorded_lumi": 14.6},
        {"recorded_lumi": None},
    ],
)
def test_nothing_that_express_rests_on_may_differ(changes):
    assert not may_be_like_express(run(**changes), "prompt", express())
    assert not may_be_like_express(run(), "prompt", express(**changes))


def test_a_stale_express_does_not_count():
    assert not may_be_like_express(run(), "prompt", express(is_stale=True))


def test_other_flags_are_not_like_express():
    assert is_like_express(run(), "prompt", ALL_GOOD.values(), express())
    changed = with_flag(Component.PIXEL, Flag.EXCLUDED).values()
    assert not is_like_express(run(), "prompt", changed, express())

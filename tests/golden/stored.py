"""Certified runs with lumisections and facts, and policies, for tests of files."""

from datetime import UTC, datetime

from golden.actions import save_policy
from golden.policy_rules import PolicyRules
from oms.lumisections import bits
from oms.lumisections.mirror import store_lumisections
from oms.lumisections.parsing import LumisectionRow
from tests.factories import CertificationFactory, DatasetFactory, RunFactory

DATASET = "/PromptReco/Collisions2018A/DQM"
START = datetime(2018, 6, 1, tzinfo=UTC)
FLAGS = [{"==": [{"var": f"lumisection.rr.tracker-{name}"}, "GOOD"]} for name in ("pixel", "strip", "track")]
BPIX = {"==": [{"var": "lumisection.oms.bpix_ready"}, True]}
ACTIVE = {"==": [{"var": "lumisection.oms.cms_active"}, True]}
ENERGY = {">=": [{"var": "run.oms.energy"}, 6000]}
LOGIC = {"and": [ENERGY, ACTIVE, BPIX, *FLAGS]}


def lumisections(run, last, off=(), at=START, lumi=0.5, inactive=()):
    """Store the lumisections 1 to `last` of a run, all bits on but BPIX in `off` and CMS in `inactive`."""
    rows = []
    for number in range(1, last + 1):
        its_bits = [
            number not in off if name == "bpix" else number not in inactive if name == "cms_active" else True
            for name in bits.NAMES
        ]
        rows.append(LumisectionRow(number, tuple(its_bits), None, lumi))
    return store_lumisections(run, rows, at)


def certification(run, last=100, off=(), inactive=(), facts=None, read=True, **columns):
    """A certified run with its facts and lumisections."""
    stored = RunFactory(run_number=run, lumisections=last)
    if read:
        lumisections(run, last, off, inactive=inactive)
    run_facts = {"energy": 6499.0, "b_field": 3.8, "era": "2018A", "start_time": "2018-05-03T10:00:00+00:00"}
    everything = {"run": run_facts | (facts or {}), "read_at": "2018-05-03T12:00:00+00:00"}
    columns = {"reconstruction": "prompt", "dataset": DatasetFactory(name=DATASET), "facts": everything} | columns
    return CertificationFactory(run=stored, **columns)


def policy(logic=LOGIC, name="tracker2018", pattern=DATASET, actor=None, **rules):
    """Save a version of a policy."""
    return save_policy(actor, name, PolicyRules(logic, pattern, **{"layout": "flat", **rules}), "for tests")

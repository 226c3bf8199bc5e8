"""Any policy sent to the pages is answered: refused with its reason, or compared and saved. Never an error of ours."""

import gc
import json
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golden.models import PolicyVersion
from golden.rule_types import OPERATORS
from golden.vocabulary import VARIABLES
from tests.fuzz.values import JSON
from tests.golden.stored import LOGIC, certification, policy
from tests.proof import IS_FULL, scaled

pytestmark = pytest.mark.django_db
LIMIT = 0.1  # s of one processor
LEAVES = st.sampled_from(sorted(VARIABLES)).map(lambda name: {"var": name}) | st.integers() | st.booleans() | st.none()
RULES = st.recursive(
    LEAVES | st.text(max_size=5),
    lambda inside: st.dictionaries(st.sampled_from(sorted(OPERATORS)), st.lists(inside, max_size=4), max_size=2),
    max_leaves=12,
)
NESTED = '{"!": [' * 3000 + "true" + "]}" * 3000
LONG = {"and": [{"in": [{"var": "run.rr.class"}, ["x" * 50] * 400]}] * 30}
HOSTILE = st.sampled_from(
    [
        *(NESTED, "[" * 5000, "1e999", "NaN", '{"and": 1, "and": []}', "\ufeff{}", '"\\ud800"', "9" * 5000),
        *(json.dumps(LONG), json.dumps({"and": [LOGIC] * 200}), '{"log": ["x"]}', '{"method": [{}, "y"]}'),
    ]
)
POLICIES = HOSTILE | (JSON | RULES).map(json.dumps) | RULES.map(lambda rule: json.dumps({"and": [*LOGIC["and"], rule]}))


def test_any_policy_is_refused_or_previewed_and_saved(expert_client):
    certification(315300, last=60, off=range(50, 61), strip_ranges=[[5, 9]])
    policy()
    statuses = set()

    @settings(
        max_examples=scaled(50, 5000),
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(POLICIES, st.sampled_from(["/golden/preview/", "/golden/convert/", "/golden/policies/tracker2018/edit/"]))
    def send(text, address):
        fields = {"policy": "tracker2018", "logic": text, "dataset_pattern": "%", "layout": "flat", "reason": "any"}
        fields |= {"stale": "counts", "opened": PolicyVersion.objects.first().number}
        gc.disable()  # of the garbage of the test
        began = process_time()
        answer = expert_client.post(address, fields)
        took = process_time() - began
        gc.enable()
        assert answer.status_code in (200, 303, 422), (address, text[:500])
        assert took < LIMIT or not IS_FULL, (address, text[:500], took)
        statuses.add((address, answer.status_code))

    expert_client.get("/golden/")  # what is loaded once
    send()
    assert {status for _, status in statuses} >= {200, 422}

"""All 1,231 runs of the sandbox through client, parser and mirror into the database, compared with the source."""

import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import override_settings
from django.utils.dateparse import parse_datetime

from infrastructure.http import tokens
from infrastructure.http.budget import Budget
from oms import mirror
from oms.models import OmsFill, OmsRun
from sandbox import world
from tests.shared_rows import shared_rows

pytestmark = pytest.mark.django_db
TIMES = ["start_time", "end_time", "last_update"]
# {column of the mirror: name in OMS}.
COLUMNS = {
    "fill_number": "fill_number",
    "lumisections": "last_lumisection_number",
    "recorded_lumi": "recorded_lumi",
    "delivered_lumi": "delivered_lumi",
    "init_lumi": "init_lumi",
    "end_lumi": "end_lumi",
    "energy": "energy",
    "b_field": "b_field",
    "stable_beam": "stable_beam",
    "hlt_key": "hlt_key",
    "components": "components",
    "hlt_physics_counter": "hlt_physics_counter",
}
SOURCE = json.loads(Path(__file__).with_name("source_digests.json").read_text(encoding="utf-8"))


def bits(value):
    """The value in a form that is equal only if all bits are equal."""
    return float(value).hex() if isinstance(value, int | float) and not isinstance(value, bool) else value


@pytest.fixture(scope="module")
def reading(sandbox_server, django_db_setup, django_db_blocker):
    """The answer of the mirror for all runs, and the requests for it. Each test starts with what was stored."""
    sandbox_server.clear()
    with override_settings(**sandbox_server.addresses()), shared_rows(django_db_blocker):
        cache.clear()
        tokens.discard_all()
        page = mirror.runs_for_page(list(world.runs()), Budget(60))
        yield page, sandbox_server.requests()


def test_every_run_is_stored_with_the_values_of_the_source(reading):
    source, (page, _requests) = world.runs(), reading
    assert page.problem is None
    stored = {run.run_number: run for run in OmsRun.objects.all()}
    assert len(stored) == len(source) == 1231
    for number, row in source.items():
        run = stored[number]
        assert {column: bits(getattr(run, column)) for column in COLUMNS} == {
            column: bits(row[oms_name]) for column, oms_name in COLUMNS.items()
        }
        assert {name: getattr(run, name) for name in TIMES} == {
            name: row[name] and parse_datetime(row[name]) for name in TIMES
        }
        assert run.fill_id == row["fill_number"]
        assert page.runs[number].fill_id == row["fill_number"]


def as_source_text(value) -> str:
    """The value as written in the source table, numbers as floats."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, list):
        return " ".join(value)
    return str(value) if isinstance(value, bool) else repr(float(value))


@pytest.mark.parametrize("oms_name", SOURCE["sha256"])
def test_column_equals_the_source(reading, oms_name):
    """Compare with digests of the source, which detects errors of the conversion to the sandbox."""
    columns = {name: name for name in TIMES} | {name: column for column, name in COLUMNS.items()}
    stored = OmsRun.objects.order_by("run_number").values_list("run_number", columns[oms_name])
    lines = [f"{number} {as_source_text(value)}\n" for number, value in stored]
    assert len(lines) == SOURCE["rows"]
    assert sha256("".join(lines).encode()).hexdigest() == SOURCE["sha256"][oms_name]


def test_every_fill_is_stored_with_the_values_of_the_source(reading):
    stored = {fill.fill_number: fill for fill in OmsFill.objects.all()}
    assert stored.keys() == world.fills().keys()
    for number, row in world.fills().items():
        for name in ("peak_lumi", "delivered_lumi", "recorded_lumi", "peak_pileup", "bunches_colliding", "energy"):
            assert bits(getattr(stored[number], name)) == bits(row[name]), (number, name)
        assert stored[number].start_stable_beam == (
            row["start_stable_beam"] and parse_datetime(row["start_stable_beam"])
        )


def test_all_runs_are_read_in_few_calls(reading):
    services = [request["service"] for request in reading[1]]
    assert services.count("oms") <= 8
    assert services.count("sso") == 1

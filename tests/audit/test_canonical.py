"""The canonical form of a row is the same for values in memory and for those read again from either database."""

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest

from audit.canonical import canonical_json, canonical_row
from audit.digests import row_digest
from certify.models import TrackerCertification
from certify.models.choices import Flag

HISTORY = TrackerCertification.history.model
DIGEST = "61b6ffc13a12e23b087d8d388c5cda5660e0a5e71c5dacd95a5f53e4ed92e35b"


@pytest.mark.parametrize(
    ("in_memory", "read_again"),
    [
        ({"b": 1, "a": (1, 2)}, {"a": [1, 2], "b": 1}),
        (5.0, 5),
        (-0.0, 0),
        (1e22, 10**22),  # as PostgreSQL writes it out
        (1.5e300, 15 * 10**299),
        ({5: Flag.GOOD}, {"5": "good"}),
    ],
)
def test_json_that_databases_return_otherwise_is_equal(in_memory, read_again):
    assert canonical_json(in_memory) == canonical_json(read_again)


@pytest.mark.parametrize(("value", "other"), [(True, 1), (1, "1"), (None, 0), (0.1, 0.1000000001), ([], {})])
def test_values_that_differ_are_different(value, other):
    assert canonical_json(value) != canonical_json(other)


def test_columns_are_converted_to_what_is_stored():
    summer = datetime(2018, 6, 2, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    columns = ("date", "history_date", "idempotency_key", "recorded_lumi", "pixel", "user_id", "pixel_lowstat")
    in_memory = (date(2018, 6, 2), summer, str(UUID(int=7)), 5, Flag.GOOD, "3", 1)
    stored = (date(2018, 6, 2), summer.astimezone(UTC), UUID(int=7), 5.0, "good", 3, True)
    first, second = (
        canonical_row(HISTORY, dict(zip(columns, row, strict=True)), columns) for row in (in_memory, stored)
    )
    assert first == second
    assert '"history_date":"2018-06-02T10:00:00.000005+00:00","idempotency_key":"00000000-' in first
    assert '"pixel":"good","pixel_lowstat":true,"recorded_lumi":5.0,"user_id":3}' in first


def test_digest_of_a_row_never_changes():
    """Digests are stored: another text here means that all of them would be found broken."""
    values = {"comment": "é", "recorded_lumi": 0.25, "facts": {"b": [1], "a": None}}
    assert row_digest(HISTORY, values, sorted(values), "f" * 64) == DIGEST

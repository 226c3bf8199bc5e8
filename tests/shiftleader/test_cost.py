"""What the week costs: queries, however much was certified."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shiftleader.parts import PARTS
from tests.factories import CertificationFactory, RunFactory
from tests.many import many_certifications

MOST_OF_A_PART, MOST_OF_THE_WEEK = 15, 60
WEEK = "week=2018-W22"


def queries(client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address, headers={"HX-Request": "true"}).status_code == 200
    return len(captured)


def counted(client) -> dict[str, int]:
    """Queries of the page and of each part, with what is kept in the cache at hand."""
    addresses = {"page": f"/shiftleader/?{WEEK}"} | {part.name: f"{part.url}?{WEEK}" for part in PARTS}
    client.get(addresses["page"])
    return {name: queries(client, address) for name, address in addresses.items()}


@pytest.mark.django_db
def test_queries_of_the_week_at_20_and_at_2000(shift_leader, shift_leader_client, settings):
    for name in ("RUNREGISTRY_URL", "OMS_URL", "SSO_URL"):
        setattr(settings, name, "http://127.0.0.1:9/nobody")
    many_certifications(20, shift_leader)
    changed = RunFactory()
    CertificationFactory(run=changed)
    CertificationFactory(run=changed, reconstruction="prompt", pixel="bad")
    CertificationFactory(withdrawn=True)
    few = counted(shift_leader_client)
    more = many_certifications(1980, shift_leader, first=500_000)
    assert len(more) == 1980
    many = counted(shift_leader_client)
    assert many == few
    assert {name: count for name, count in many.items() if count > MOST_OF_A_PART} == {}
    assert sum(many.values()) <= MOST_OF_THE_WEEK, many

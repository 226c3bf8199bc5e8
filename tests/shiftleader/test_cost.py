"""The query count of the week is independent of the number of rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from certify.review.models import Review, Reviewed, ShifterQuestion
from reports.models import DayNote, WeekNote
from shiftleader.models import SavedFilter
from shiftleader.parts.registry import PARTS
from tests.factories import CertificationFactory, ChecklistFactory, RunFactory, UserFactory
from tests.many import many_certifications

if TYPE_CHECKING:
    from certify.models import TrackerCertification

MOST_OF_A_PART, MOST_ON_AVERAGE = 15, 4.2
MONDAY = date(2018, 5, 28)
WEEK = "week=2018-W22"
FILTERS = "&verdict=good&verdict=bad&trackermap=exists&run_type=collisions"
PASTED = "&list=318200-318260,400000-400900"


def queries(client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address, headers={"HX-Request": "true"}).status_code == 200
    return len(captured)


def counted(client, query: str = WEEK) -> dict[str, int]:
    """The query counts of the page and of each part, with a filled cache."""
    addresses = {"page": f"/shiftleader/?{query}"}
    addresses |= {part.name: f"{part.url}?{query}{PASTED if part.name == 'central' else ''}" for part in PARTS}
    client.get(addresses["page"])
    return {name: queries(client, address) for name, address in addresses.items()}


def said_of(rows: list[TrackerCertification], leader) -> None:
    """Create a question for each certification, half of them answered, a review, notes, and saved filters."""
    ShifterQuestion.objects.bulk_create(
        ShifterQuestion(certification=row, text="Why?", asked_by=leader, **(_answered(leader) if place % 2 else {}))
        for place, row in enumerate(rows)
    )
    review = Review.objects.create(by=leader, certifications=[str(row.pk) for row in rows])
    Reviewed.objects.bulk_create(Reviewed(review=review, certification=row, version=row.version) for row in rows)
    days = [MONDAY + timedelta(days=place % 7) for place in range(len(rows))]
    DayNote.objects.bulk_create(
        DayNote(day=day, user=UserFactory(), comment="Quiet", links="https://example.org/a") for day in days[:14]
    )
    SavedFilter.objects.bulk_create(
        SavedFilter(user=leader, name=f"{rows[0].pk} {number}", query="verdict=bad") for number in range(len(rows[:20]))
    )


def _answered(leader) -> dict[str, object]:
    return {"answer": "So it was.", "answered_by": leader, "answered_at": timezone.now()}


def practise(count: int) -> None:
    for _ in range(count):
        CertificationFactory(user=UserFactory(in_training=True, training_since=timezone.now()), is_practice=True)


@pytest.fixture
def nobody_outside(settings):
    for name in ("RUNREGISTRY_URL", "OMS_URL", "SSO_URL"):
        setattr(settings, name, "http://127.0.0.1:9/nobody")


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.usefixtures("stopped_clock", "nobody_outside")
def test_query_count_of_the_week_at_20_and_2000_rows(shift_leader, shift_leader_client):
    rows = many_certifications(20, shift_leader)
    said_of(rows[:6], shift_leader)
    practise(2)
    WeekNote.objects.create(week="2018-W22", summary="Calm", updated_by=shift_leader)
    ChecklistFactory(used="week", text="- report")
    changed = RunFactory()
    CertificationFactory(run=changed)
    CertificationFactory(run=changed, reconstruction="prompt", pixel="bad")
    CertificationFactory(withdrawn=True)
    few, few_filtered = counted(shift_leader_client), counted(shift_leader_client, WEEK + FILTERS)
    more = many_certifications(1980, shift_leader, first=500_000)
    assert len(more) == 1980
    said_of(more[:300], shift_leader)
    practise(8)
    CertificationFactory.create_batch(10, withdrawn=True)
    many, many_filtered = counted(shift_leader_client), counted(shift_leader_client, WEEK + FILTERS)
    assert (many, many_filtered) == (few, few_filtered)
    assert {name: count for name, count in (many | many_filtered).items() if count > MOST_OF_A_PART} == {}
    assert sum(many.values()) <= MOST_ON_AVERAGE * len(many), many

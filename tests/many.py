"""Many rows at once, for pinning what a page costs however much there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from certify.models import Dataset, RunReconstruction, TrackerCertification
from certify.models.components import FLAG_FIELDS
from oms.models import OmsRun
from tests.factories import FACTS, CertificationFactory, RunFactory

if TYPE_CHECKING:
    from users.models import User

FIRST_OF_MANY = 400_000


def many_certifications(count: int, user: User | None = None, first: int = FIRST_OF_MANY) -> list[TrackerCertification]:
    """That many live certifications of as many runs, in a handful of statements."""
    one = CertificationFactory(**({"user": user} if user else {}))
    facts = {name: getattr(RunFactory.build(fill=None), name) for name in ("run_type", *FACTS)}
    numbers = range(first, first + count - 1)
    OmsRun.objects.bulk_create(OmsRun(run_number=number, **facts) for number in numbers)
    reconstructions = RunReconstruction.objects.bulk_create(
        RunReconstruction(run_id=number, reconstruction="express") for number in numbers
    )
    same = {
        "user_id": one.user_id,
        "dataset": Dataset.objects.first(),
        "reference_runreconstruction_id": one.reference_runreconstruction_id,
        **{name: getattr(one, name) for name in (*FLAG_FIELDS, "trackermap", "date", "run_type")},
    }
    rows = TrackerCertification.objects.bulk_create(
        TrackerCertification(runreconstruction=each, **same) for each in reconstructions
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the server does by itself within a minute; it plans for empty tables else
    return [one, *rows]

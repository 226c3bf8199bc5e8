"""Many rows in a few statements, for tests of query counts."""

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
    """Create this number of live certifications of distinct runs, in a few statements."""
    certification = CertificationFactory(**({"user": user} if user else {}))
    facts = {name: getattr(RunFactory.build(fill=None), name) for name in ("run_type", *FACTS)}
    numbers = range(first, first + count - 1)
    OmsRun.objects.bulk_create(OmsRun(run_number=number, **facts) for number in numbers)
    reconstructions = RunReconstruction.objects.bulk_create(
        RunReconstruction(run_id=number, reconstruction="express") for number in numbers
    )
    same = {
        "user_id": certification.user_id,
        "dataset": Dataset.objects.first(),
        "reference_runreconstruction_id": certification.reference_runreconstruction_id,
        **{name: getattr(certification, name) for name in (*FLAG_FIELDS, "trackermap", "date", "run_type")},
    }
    rows = TrackerCertification.objects.bulk_create(
        TrackerCertification(runreconstruction=each, **same) for each in reconstructions
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the server does within a minute; otherwise it plans for empty tables
    return [certification, *rows]

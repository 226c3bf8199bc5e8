"""Export of all stored rows, streamed as JSON lines, for a copy of the database or another tool.

Each line is one row in the format of Django's serializer: {"model", "pk", "fields"}. Rows precede those that refer to
them, so that `manage.py loaddata` loads the file (extension .jsonl) into an empty database. Passwords are excluded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.core import serializers
from django.http import StreamingHttpResponse
from django.utils import timezone

from certify.models.certification import problem_model
from certify.models.components import Component
from users.models import User

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model

_PROBLEM_MODELS = [problem_model(component).__name__ for component in Component]
# Models precede those that refer to them.
MODELS = (
    "users.User",
    "oms.OmsFill",
    "oms.OmsRun",
    "references.Readout",
    "certify.Dataset",
    "certify.BadReason",
    *(f"certify.{model}" for model in _PROBLEM_MODELS),
    "certify.Checklist",
    "certify.RunReconstruction",
    "certify.TrackerCertification",
    "certify.StaleMark",
    "review.ShifterQuestion",
    "review.Review",
    "review.Reviewed",
    "reports.DayNote",
    "reports.WeekNote",
    "shiftleader.SavedFilter",
    "registrysync.Sending",
    "registrysync.RegistryWrite",
    "registrysync.RegistryPull",
    "golden.Policy",
    "golden.PolicyVersion",
    "golden.GoldenFile",
    "golden.FileCertification",
    "golden.FileVerification",
    "history.Change",
    "history.HistoricalUser",
    "history.HistoricalOmsFill",
    "history.HistoricalOmsRun",
    "history.HistoricalBadReason",
    *(f"history.Historical{model}" for model in _PROBLEM_MODELS),
    "history.HistoricalChecklist",
    "history.HistoricalRunReconstruction",
    "history.HistoricalTrackerCertification",
    "history.HistoricalShifterQuestion",
    "history.HistoricalReview",
    "history.HistoricalWeekNote",
    "history.HistoricalSavedFilter",
    "history.HistoricalSending",
    "history.HistoricalApiToken",
    "history.HistoricalPolicyVersion",
    "history.DigestFormat",
    "history.RecordDigest",
    "history.Notice",
)
CHUNK = 500
_SECRETS = {"password"}


def full_export_response() -> StreamingHttpResponse:
    """Return all rows as a streamed attachment, read in chunks."""
    answer = StreamingHttpResponse(_lines(), content_type="application/jsonl")
    answer["Content-Disposition"] = f'attachment; filename="certhelper-{timezone.now():%Y-%m-%dT%H%MZ}.jsonl"'
    return answer


def _lines() -> Iterator[str]:
    for name in MODELS:
        yield from _rows(apps.get_model(name))


def _rows(model: type[Model]) -> Iterator[str]:
    stored = [*model._meta.local_concrete_fields, *model._meta.local_many_to_many]
    fields = [field.name for field in stored if not field.generated and field.name not in _SECRETS]
    if model is User:
        fields = [name for name in fields if name not in ("groups", "user_permissions")]
    last = None
    while rows := _next_chunk(model, last):
        yield serializers.serialize("jsonl", rows, fields=fields)
        last = rows[-1].pk


def _next_chunk(model: type[Model], last: object) -> list[Model]:
    """Return the next chunk by primary key: one query, and one for each many-to-many field."""
    rows = model._base_manager.order_by("pk").prefetch_related(*(field.name for field in model._meta.many_to_many))
    return list((rows.filter(pk__gt=last) if last is not None else rows)[:CHUNK])

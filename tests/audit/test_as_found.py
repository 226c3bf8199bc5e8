"""Certifications older than the history get their first history row from the migration."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from audit.models import Change
from certify.models import TrackerCertification
from tests.factories import CertificationFactory, PixelProblemFactory

pytestmark = pytest.mark.django_db


def test_earlier_rows_are_marked_as_found(monkeypatch):
    certification = CertificationFactory(comment="old")
    problem = PixelProblemFactory()
    certification.pixel_problems.add(problem)
    before = TrackerCertification.history.count()
    import_module("audit.migrations.0003_as_found").keep_as_found(apps, connection.schema_editor())
    assert TrackerCertification.history.count() == before + 1
    row = TrackerCertification.history.order_by("history_id").last()
    assert (row.id, row.comment, row.many["pixel_problems"]) == (certification.pk, "old", [problem.pk])
    assert row.history_date == certification.updated_at
    assert (row.change, row.change.kind) == (Change.objects.first(), "found")

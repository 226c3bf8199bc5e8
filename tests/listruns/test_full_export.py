"""The full export: every row of every table of the project, which another database can load."""

import json

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from audit.models import Change
from certify.models import Dataset, TrackerCertification
from listruns.full_export import CHUNK, MODELS
from tests.factories import CertificationFactory, PixelProblemFactory

pytestmark = pytest.mark.django_db
OURS = (
    "certify",
    "oms",
    "users",
    "review",
    "references",
    "reports",
    "shiftleader",
    "registrysync",
    "golden",
    "history",
)


def _full_export(client) -> bytes:
    return b"".join(client.get("/list/dump/").streaming_content)


def test_full_export_has_every_model():
    assert {model._meta.label for app in OURS for model in apps.get_app_config(app).get_models()} == set(MODELS)


def test_full_export_has_every_row_and_no_password(shift_leader_client):
    certification = CertificationFactory(withdrawn=True)
    lines = [json.loads(line) for line in _full_export(shift_leader_client).splitlines() if line]
    found = {(line["model"], str(line["pk"])) for line in lines}
    models = [apps.get_model(name) for name in MODELS]
    assert found == {(model._meta.label_lower, str(row.pk)) for model in models for row in model.objects.all()}
    assert len(lines) == len(found)
    assert certification.user.password
    assert not any("password" in line["fields"] for line in lines)


def _empty() -> None:
    """Empty the database; append-only tables are protected, so with statements of the database."""
    TrackerCertification.objects.all().delete()
    with connection.cursor() as cursor:
        for model in [*apps.get_app_config("history").get_models(), Dataset]:
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")
            else:
                cursor.execute(f"DELETE FROM {model._meta.db_table}")


def test_full_export_can_be_loaded_into_an_empty_database(shift_leader_client, tmp_path):
    problem = PixelProblemFactory()
    facts = {"lumis": {"strip": 2.7, "all": 2.7}, "digest": None}
    certification = CertificationFactory(comment="µ\nß", strip_ranges=[[310, 330], [352, 352]], ranges_facts=facts)
    certification.pixel_problems.add(problem)
    file = tmp_path / "all.jsonl"
    file.write_bytes(_full_export(shift_leader_client))
    changes = list(Change.objects.values("pk", "kind", "by", "lines"))
    _empty()
    call_command("loaddata", str(file), verbosity=0)
    assert list(Change.objects.values("pk", "kind", "by", "lines")) == changes
    assert TrackerCertification.history.filter(id=certification.pk).first().many["pixel_problems"] == [problem.pk]
    assert TrackerCertification.history.filter(id=certification.pk).first().strip_ranges == [[310, 330], [352, 352]]
    again = TrackerCertification.objects.get()
    assert (again.strip_ranges, again.ranges_facts) == ([[310, 330], [352, 352]], facts)
    assert (again.pk, again.comment, again.facts, list(again.pixel_problems.all())) == (
        certification.pk,
        "µ\nß",
        certification.facts,
        [problem],
    )


def test_query_count_of_the_full_export_by_chunk(shift_leader_client, django_assert_max_num_queries):
    for _ in range(12):
        CertificationFactory()
    assert CHUNK > 12
    with django_assert_max_num_queries(2 + 2 * len(MODELS) + 6):
        _full_export(shift_leader_client)

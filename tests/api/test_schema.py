"""The API against its own description: schemathesis derives requests from it and checks each answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as conformance

from api.tokens import create_token
from api.views import openapi_schema
from certhelper.wsgi import application
from oms.lumisections.models import LumisectionReading, LumisectionSegment
from tests.api.golden_rows import stored_golden_file
from tests.factories import BEGIN, CertificationFactory, PixelProblemFactory, UserFactory
from tests.proof import scaled
from tests.shared_rows import shared_rows

SCHEMA = schemathesis.openapi.from_dict(json.loads(json.dumps(openapi_schema())))
SCHEMA.app = application
CHECKS = [
    checks.not_a_server_error,
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_schema_conformance,
    conformance.response_headers_conformance,
]


@pytest.fixture(scope="module")
def token(django_db_setup, django_db_blocker):
    """A token, and rows for every operation."""
    with shared_rows(django_db_blocker):
        certification = CertificationFactory(withdrawn=True, strip_ranges=[[1, 5]])
        certification.pixel_problems.add(PixelProblemFactory())
        reference = certification.reference_runreconstruction
        reference.is_reference, reference.reference_since = True, BEGIN
        reference.save()
        reading = LumisectionReading.objects.create(
            run_number=certification.run_number, read_at=BEGIN, checked_at=BEGIN, digest="", last=5
        )
        LumisectionSegment.objects.create(reading=reading, first=1, last=5, bpix=True)
        stored_golden_file()
        yield create_token(UserFactory(), "schema", None)[1]


@pytest.mark.once
@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("path", openapi_schema()["paths"])
def test_answers_conform_to_the_description(token, db, path, mode):
    @seed(1)
    @settings(max_examples=scaled(4, 100), deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=SCHEMA[path]["GET"].as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        response = case.call(headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"})
        case.validate_response(response, checks=CHECKS)

    check()

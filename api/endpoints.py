"""The operations of the API. Ninja checks what they return against their schemas and describes them in OpenAPI."""

from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Query
from ninja.errors import AuthenticationError, ValidationError

from api import golden_reading, golden_schemas, reading, schemas
from api.authentication import NOT_SIGNED_IN, Session, Token
from api.certification_schema import Certification, CertificationList, CertificationVersions
from api.errors import CHALLENGE, ApiError, error_response
from api.paging import PageParameters, page_of
from api.parameters import (
    certification_parameters,
    filtered_certifications,
    readings_of_runs,
    refuse_unknown,
    run_condition,
    run_parameters,
    segment_parameters,
)
from certify.as_of import versions_of
from certify.models import TrackerCertification
from certify.references.selectors import references
from golden.models import GoldenFile, PolicyVersion
from oms.models import OmsRun

DESCRIPTION = """The record of certifications, to be read by programs. Nothing can be changed here.

Lists are read page by page: “next” is the address of the next page. New rows come last, so that reading on misses
none; runs and segments are by run number, so that an earlier run that is read meanwhile is missed. The same names as
in the exports are used; names end in their unit."""
REFUSALS = frozenset({400, 401, 403, 429})

api = NinjaAPI(
    title="CertHelper",
    version="1",
    description=DESCRIPTION,
    auth=[Token(), Session()],
    openapi_url=None,
    docs_url=None,
    urls_namespace="api-v1",
)


@api.exception_handler(ApiError)
def _refused(_request: HttpRequest, error: ApiError) -> HttpResponse:
    return error.response()


@api.exception_handler(BadRequest)
def _unreadable(_request: HttpRequest, error: BadRequest) -> HttpResponse:
    return error_response(400, str(error))


@api.exception_handler(AuthenticationError)
def _not_signed_in(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return error_response(401, NOT_SIGNED_IN, CHALLENGE)


@api.exception_handler(ValidationError)
def _invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0]
    return error_response(400, f"{first['loc'][-1]}: {first['msg']}.")


@api.get(
    "/certifications/",
    url_name="certifications",
    response={200: CertificationList, REFUSALS: schemas.Error},
    openapi_extra=certification_parameters(),
    tags=["Certifications"],
)
def list_certifications(request: HttpRequest, paging: Query[PageParameters]) -> Any:
    """Certifications, with the filters of the list. Without a state: live ones. Practice is never among them."""
    rows = filtered_certifications(request)

    def items_of(keys: list[int]) -> Any:
        return reading.certification_items(rows.filter(id__in=keys).order_by("id"))

    return page_of(request, rows, paging, items_of, key="id")


@api.get(
    "/certifications/{int:certification_id}/",
    url_name="certification",
    response={200: Certification, REFUSALS | {404}: schemas.Error},
    tags=["Certifications"],
)
def get_certification(request: HttpRequest, certification_id: int) -> Any:  # noqa: ARG001 - ninja passes it by name
    """One certification, live or withdrawn."""
    rows = TrackerCertification.objects.filter(pk=certification_id)
    return _first(reading.certification_items(rows), "certification")


@api.get(
    "/certifications/{int:certification_id}/versions/",
    url_name="versions",
    response={200: CertificationVersions, REFUSALS | {404}: schemas.Error},
    tags=["Certifications"],
)
def list_versions(request: HttpRequest, certification_id: int) -> Any:  # noqa: ARG001 - ninja passes it by name
    """All versions of a certification, oldest first."""
    rows = versions_of(certification_id).filter(is_practice=False)
    items = list(reading.certification_items(rows))
    if not items:
        raise ApiError(404, "There is no certification of this number.")
    return {"items": items}


@api.get(
    "/runs/",
    url_name="runs",
    response={200: schemas.RunList, REFUSALS: schemas.Error},
    openapi_extra=run_parameters(),
    tags=["Runs"],
)
def list_runs(request: HttpRequest, paging: Query[PageParameters]) -> Any:
    """Runs that were read from OMS, by number."""
    rows = OmsRun.objects.filter(run_condition(request, "pk"))
    return page_of(request, rows, paging, lambda keys: reading.run_items(Q(pk__in=keys)))


@api.get(
    "/runs/{int:run_number}/",
    url_name="run",
    response={200: schemas.RunItem, REFUSALS | {404}: schemas.Error},
    tags=["Runs"],
)
def get_run(request: HttpRequest, run_number: int) -> Any:  # noqa: ARG001 - ninja passes it by name
    """One run."""
    return _first(reading.run_items(Q(pk=run_number)), "run")


@api.get(
    "/segments/",
    url_name="segments",
    response={200: schemas.SegmentList, REFUSALS: schemas.Error},
    openapi_extra=segment_parameters(),
    tags=["Runs"],
)
def list_segments(request: HttpRequest, paging: Query[PageParameters]) -> Any:
    """Lumisections of runs, as segments of equal detector bits, by run."""
    rows = readings_of_runs(request)

    def items_of(keys: list[int]) -> Any:
        return reading.segment_items(rows.filter(run_number__in=keys))

    return page_of(request, rows, paging, items_of, key="run_number")


@api.get(
    "/references/",
    url_name="references",
    response={200: schemas.ReferenceList, REFUSALS: schemas.Error},
    openapi_extra=run_parameters(),
    tags=["References"],
)
def list_references(request: HttpRequest, paging: Query[PageParameters]) -> Any:
    """Reference runs, current and retired."""
    rows = references().filter(run_condition(request, "run__run_number"))
    return page_of(request, rows, paging, reading.reference_items)


@api.get(
    "/policies/",
    url_name="policies",
    response={200: golden_schemas.PolicyList, REFUSALS: schemas.Error},
    tags=["Good runs"],
)
def list_policies(request: HttpRequest, paging: Query[PageParameters]) -> Any:
    """Policies of good runs, every version."""
    refuse_unknown(request)
    return page_of(request, PolicyVersion.objects.all(), paging, golden_reading.policy_items)


@api.get(
    "/golden/",
    url_name="golden-files",
    response={200: golden_schemas.GoldenFileList, REFUSALS: schemas.Error},
    tags=["Good runs"],
)
def list_golden_files(request: HttpRequest, paging: Query[PageParameters]) -> Any:
    """Files of good runs that were made."""
    refuse_unknown(request)
    return page_of(request, GoldenFile.objects.all(), paging, golden_reading.file_items)


@api.get(
    "/golden/{int:file_id}/",
    url_name="golden-file",
    response={200: golden_schemas.GoldenFileDetails, REFUSALS | {404}: schemas.Error},
    tags=["Good runs"],
)
def get_golden_file(request: HttpRequest, file_id: int) -> Any:  # noqa: ARG001 - ninja passes it by name
    """One file of good runs, with its manifest."""
    row = _first(GoldenFile.objects.with_names().filter(pk=file_id).defer("content"), "golden file")
    return golden_reading.file_item(row) | {"manifest": row.manifest}


@api.get(
    "/golden/{int:file_id}/file.json",
    url_name="golden-content",
    response={200: Any, REFUSALS | {404}: schemas.Error},
    tags=["Good runs"],
)
def get_golden_content(request: HttpRequest, file_id: int) -> HttpResponse:  # noqa: ARG001 - ninja passes it by name
    """The bytes of a file of good runs, as it was made: their SHA-256 is that of the file."""
    row = _first(GoldenFile.objects.filter(pk=file_id).only("content"), "golden file")
    return HttpResponse(row.file_bytes, content_type="application/json")


def _first(items: Any, name: str) -> Any:
    item = next(iter(items), None)
    if item is None:
        raise ApiError(404, f"There is no {name} of this number.")
    return item

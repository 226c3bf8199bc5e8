"""The parameters of the lists: their check, and their description from the one filter of certifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django.db.models import Q
from django.http import QueryDict

from api.errors import ApiError
from api.paging import PAGE_NAMES
from certify.as_of import certifications_as_of
from certify.filters.fields import (
    CheckboxesFilter,
    DateFilter,
    NumberFilter,
    PeopleFilter,
    RunNumberFilter,
    TextFilter,
    any_of,
)
from certify.filters.filterset import FILTER_NAMES, CertificationFilter
from certify.filters.names import RUN_NAMES
from certify.models import TrackerCertification
from certify.rules.run_numbers import LAST_RUN
from listruns.as_of import AS_OF, requested_moment
from oms.lumisections.mirror import readings_as_of
from oms.lumisections.models import LumisectionReading

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest

# Practice counts nowhere, so that the API has no parameter for it.
_CERTIFICATION_NAMES = FILTER_NAMES - {"practice"}
_STRINGS = {"type": "array", "items": {"type": "string"}}
_SCHEMAS: list[tuple[type[django_filters.Filter], dict[str, Any]]] = [
    (django_filters.BooleanFilter, {"type": "boolean"}),
    (RunNumberFilter, {"type": "integer", "minimum": 1, "maximum": LAST_RUN}),
    (NumberFilter, {"type": "number", "minimum": 0}),
    (DateFilter, {"type": "string", "format": "date"}),
    (PeopleFilter, _STRINGS),
    (TextFilter, {"type": "string", "maxLength": 2000}),
    (django_filters.ChoiceFilter, {"type": "string"}),
]


def filtered_certifications(request: HttpRequest) -> QuerySet[Any]:
    """Return the certifications of the filters: live ones, unless a state is given; as of a time, if one is given.

    Raises `ApiError` for unknown parameters and values that cannot be read.
    """
    moment = requested_moment(request)
    stored: QuerySet[Any] = TrackerCertification.objects.all()
    if moment:
        stored = certifications_as_of(moment).filter(is_practice=False)
    filters = CertificationFilter(request.GET, stored)
    _refuse(filters, request, _CERTIFICATION_NAMES | {AS_OF})
    return filters.qs


def readings_of_runs(request: HttpRequest) -> QuerySet[LumisectionReading]:
    """Return the readings of the parameters of runs that are valid, as of a time if one is given. Raises `ApiError`."""
    moment = requested_moment(request)
    readings = readings_as_of(moment) if moment else LumisectionReading.objects.filter(valid_until=None)
    return readings.filter(run_condition(request, "run_number", [AS_OF]))


def run_condition(request: HttpRequest, column: str, others: Collection[str] = ()) -> Q:
    """Return the condition of the parameters of runs. Raises `ApiError` as `filtered_certifications` does.

    `others`: names of parameters that the list has besides.
    """
    query = QueryDict(mutable=True)
    for name in RUN_NAMES:
        query.setlist(name, request.GET.getlist(name))
    filters = CertificationFilter(query)
    _refuse(filters, request, {*RUN_NAMES, *others})
    ranges = filters.run_ranges
    return any_of(Q(**{f"{column}__range": span}) for span in ranges) if ranges else Q()


def refuse_unknown(request: HttpRequest) -> None:
    """Raise `ApiError` for parameters other than those of pages."""
    if names := sorted(set(request.GET) - PAGE_NAMES):
        raise ApiError(400, " ".join(map(_unknown_sentence, names)))


def _unknown_sentence(name: str) -> str:
    return f"{name} means nothing here; /api/docs has the parameters."


def _unknown(request: HttpRequest, names: Collection[str]) -> list[str]:
    known = PAGE_NAMES | set(names)
    others = [name for name in CertificationFilter.unknown_names(request.GET) if name not in known]
    return sorted({*others, *(set(request.GET) & FILTER_NAMES) - known})


def _refuse(filters: CertificationFilter, request: HttpRequest, known: Collection[str]) -> None:
    """Raise `ApiError` with a sentence for each parameter that is unknown or cannot be read."""
    sentences = list(map(_unknown_sentence, _unknown(request, known)))
    sentences += [f"{name}: {' '.join(map(str, messages))}" for name, messages in filters.errors.items()]
    if sentences:
        raise ApiError(400, " ".join(sentences))


def described(names: Iterable[str]) -> dict[str, Any]:
    """Return these filters as parameters in OpenAPI."""
    return {"parameters": [_parameter(name) for name in CertificationFilter.base_filters if name in names]}


def certification_parameters() -> dict[str, Any]:
    """Return the filters of certifications as parameters in OpenAPI, with the time as of which they are read."""
    return {"parameters": [*described(_CERTIFICATION_NAMES)["parameters"], _moment("Certifications as they were")]}


def run_parameters() -> dict[str, Any]:
    """Return the filters of runs as parameters in OpenAPI."""
    return described(RUN_NAMES)


def segment_parameters() -> dict[str, Any]:
    """Return the filters of runs as parameters in OpenAPI, with the time as of which lumisections are read."""
    return {"parameters": [*described(RUN_NAMES)["parameters"], _moment("Lumisections as they were known")]}


def _moment(content: str) -> dict[str, Any]:
    return {
        "name": AS_OF,
        "in": "query",
        "required": False,
        "description": f"{content} at this time, in UTC unless it has a zone",
        "schema": {"type": "string", "format": "date-time"},
    }


def _parameter(name: str) -> dict[str, Any]:
    definition = CertificationFilter.base_filters[name]
    schema = next((schema for kind, schema in _SCHEMAS if isinstance(definition, kind)), {"type": "string"})
    choices = definition.extra.get("choices")
    if isinstance(definition, CheckboxesFilter):
        schema = {"type": "array", "items": {"type": "string", "enum": [str(value) for value, _label in choices]}}
    elif isinstance(definition, django_filters.ChoiceFilter):
        schema = {"type": "string", "enum": [str(value) for value, _label in choices]}
    elif callable(choices):  # vocabulary, which changes
        schema = _STRINGS
    return {"name": name, "in": "query", "required": False, "description": str(definition.label), "schema": schema}

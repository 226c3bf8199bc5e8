"""Views of the list of certifications, its exports, and one certification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.forms import CheckboxInput
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_safe

from certify.as_of import certification_as_of, certifications_as_of
from certify.filters.filterset import CertificationFilter
from certify.models import TrackerCertification
from certify.ranges.page import certified_page
from infrastructure.web.responses import ExplainedHttp404
from listruns.as_of import AS_OF, requested_moment
from listruns.exports import FORMATS, export_response
from listruns.full_export import full_export_response
from listruns.pages import certification_page, list_page, sorted_rows
from listruns.query_string import OTHER_NAMES, effective_query
from listruns.selectors import practice_for
from users.access import role_required
from users.models import Role, User

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

# {parameter of the earlier list, which bookmarks have: current parameters}
RENAMED_PARAMETERS = {"date_range_min": ["date_min"], "date_range_max": ["date_max"], "date": ["date_min", "date_max"]}


def _with_new_names(query: QueryDict) -> QueryDict:
    """Return the query with current parameter names."""
    renamed = QueryDict(mutable=True)
    for name, values in query.lists():
        for new in RENAMED_PARAMETERS.get(name, [name]):
            renamed.setlist(new, values)
    return renamed


@require_safe
def certification_list(request: HttpRequest) -> HttpResponseBase:
    """Show or export the filtered certifications. Invalid filters: status 422 for the page, 400 for an export."""
    if RENAMED_PARAMETERS.keys() & request.GET.keys():
        return redirect(f"{reverse('listruns:list')}?{_with_new_names(request.GET).urlencode()}", permanent=True)
    query, moment = effective_query(request), requested_moment(request)
    is_practice = CheckboxInput().value_from_datadict(
        query, MultiValueDict(), "practice"
    )  # as the filter itself reads it
    stored = _certifications_to_filter(cast("User", request.user), moment, is_practice=is_practice)
    filters = CertificationFilter(query, stored, page_parameters=[AS_OF])
    if format_name := request.GET.get("export"):
        return _export_or_error(request, filters, format_name)
    rows = filters.qs if filters.is_valid() else stored.none()
    page = list_page(request, filters, rows, moment)
    context = {"page": page, "unknown": CertificationFilter.unknown_names(request.GET, OTHER_NAMES)}
    return render(request, "listruns/list.html", context, status=200 if filters.is_valid() else 422)


def _certifications_to_filter(person: User, moment: datetime | None, *, is_practice: bool) -> QuerySet[Any]:
    """Return the rows to filter: all that count, or the practice that this person may see."""
    stored: QuerySet[Any] = certifications_as_of(moment) if moment else TrackerCertification.everything.all()
    return practice_for(person, stored) if is_practice else stored.filter(is_practice=False)


def _export_or_error(request: HttpRequest, filters: CertificationFilter, format_name: str) -> HttpResponseBase:
    """Return the export, or status 400 with a sentence for unknown parameters and invalid filters."""
    errors = [f"{name} means nothing here" for name in CertificationFilter.unknown_names(request.GET, OTHER_NAMES)]
    errors += [f"{name}: {' '.join(map(str, messages))}" for name, messages in filters.errors.items()]
    if format_name not in FORMATS:
        errors.append(f"export is {format_name!r}: give {' or '.join(FORMATS)}")
    if errors:
        text = f"Not exported. {'; '.join(errors)}\n"
        return HttpResponse(text, status=400, content_type="text/plain; charset=utf-8")
    return export_response(sorted_rows(request, filters.qs), format_name)


@role_required(Role.SHIFT_LEADER)
@require_safe
def full_export(_request: HttpRequest) -> HttpResponseBase:
    """Export all stored rows."""
    return full_export_response()


@require_safe
def certification(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one certification, live or withdrawn, with its stored facts; or its version at the time `as_of`."""
    user, moment = cast("User", request.user), requested_moment(request)
    row = _historical_certification(pk, moment, user) if moment else _current_certification(pk, user)
    context = {
        "page": certification_page(row, user, moment),
        "lumisections": certified_page(row, moment),
    }
    return render(request, "listruns/certification.html", context)


def _current_certification(pk: int, reader: User) -> TrackerCertification:
    rows = TrackerCertification.everything.visible_to(reader).with_names()
    return get_object_or_404(rows.select_related("runreconstruction__run", "withdrawn_by", "updated_by"), pk=pk)


def _historical_certification(pk: int, moment: datetime, reader: User) -> TrackerCertification:
    """Return the version at `moment`. Raises Http404, with a sentence if it was certified later."""
    if row := certification_as_of(pk, moment, reader).first():
        return row
    current = _current_certification(pk, reader)
    raise ExplainedHttp404(
        f"{current} was certified later, at {current.created_at:%Y-%m-%d %H:%M:%S} UTC. Give a later time."
    )

"""The list of certifications, its exports, and one certification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.forms import CheckboxInput
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_safe

from certify.filters.filterset import CertificationFilter
from certify.models import TrackerCertification
from infrastructure.web.responses import ExplainedHttp404
from listruns.as_of import AS_OF, certification_as_of, certifications_as_of, requested_moment
from listruns.exports import FORMATS, export_response
from listruns.full_export import full_export_response
from listruns.pages import certification_page, list_page, sorted_rows
from listruns.query_string import OTHER_NAMES, effective_query
from listruns.selectors import practice_for, rows_for_export
from users.access import role_required
from users.models import Role, User

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

# Names that bookmarks of the list before this one carry, and what they are called now.
RENAMED_PARAMETERS = {"date_range_min": ["date_min"], "date_range_max": ["date_max"], "date": ["date_min", "date_max"]}


def _with_new_names(query: QueryDict) -> QueryDict:
    """The query of an old bookmark with today's names."""
    renamed = QueryDict(mutable=True)
    for name, values in query.lists():
        for new in RENAMED_PARAMETERS.get(name, [name]):
            renamed.setlist(new, values)
    return renamed


@require_safe
def certification_list(request: HttpRequest) -> HttpResponseBase:
    """The certifications that the address asks for, as a page or as a file; 422 where it cannot be read."""
    if RENAMED_PARAMETERS.keys() & request.GET.keys():
        return redirect(f"{reverse('listruns:list')}?{_with_new_names(request.GET).urlencode()}", permanent=True)
    query, moment = effective_query(request), requested_moment(request)
    is_practice = CheckboxInput().value_from_datadict(
        query, MultiValueDict(), "practice"
    )  # as the filter itself reads it
    stored = _certifications_to_filter(cast("User", request.user), moment, is_practice=is_practice)
    filters = CertificationFilter(query, stored, keeps=[AS_OF])
    if kind := request.GET.get("export"):
        return _export_or_error(request, filters, kind)
    rows = filters.qs if filters.is_valid() else stored.none()
    page = list_page(request, filters, rows, moment)
    context = {"page": page, "unknown": CertificationFilter.unknown_names(request.GET, OTHER_NAMES)}
    return render(request, "listruns/list.html", context, status=200 if filters.is_valid() else 422)


def _certifications_to_filter(person: User, moment: datetime | None, *, is_practice: bool) -> QuerySet[Any]:
    """What there is to filter: all that counts, or the practice that this person may look at."""
    stored: QuerySet[Any] = certifications_as_of(moment) if moment else TrackerCertification.everything.all()
    return practice_for(person, stored) if is_practice else stored.filter(is_practice=False)


def _export_or_error(request: HttpRequest, filters: CertificationFilter, kind: str) -> HttpResponseBase:
    """The file; 400 with a sentence rather than other rows than were meant."""
    wrong = [f"{name} means nothing here" for name in CertificationFilter.unknown_names(request.GET, OTHER_NAMES)]
    wrong += [f"{name}: {' '.join(map(str, says))}" for name, says in filters.errors.items()]
    if kind not in FORMATS:
        wrong.append(f"export is {kind!r}: give {' or '.join(FORMATS)}")
    if wrong:
        return HttpResponse(f"Not exported. {'; '.join(wrong)}\n", status=400, content_type="text/plain; charset=utf-8")
    return export_response(rows_for_export(sorted_rows(request, filters.qs)), kind)


@role_required(Role.SHIFT_LEADER)
@require_safe
def full_export(_request: HttpRequest) -> HttpResponseBase:
    """Everything that is stored, as a file."""
    return full_export_response()


@require_safe
def certification(request: HttpRequest, pk: int) -> HttpResponse:
    """One certification, live or withdrawn, with the facts it was made on; or as it was at a moment."""
    user, moment = cast("User", request.user), requested_moment(request)
    made = _historical_certification(pk, moment, user) if moment else _current_certification(pk, user)
    return render(request, "listruns/certification.html", {"page": certification_page(made, user, moment)})


def _current_certification(pk: int, reader: User) -> TrackerCertification:
    rows = TrackerCertification.everything.visible_to(reader).with_names()
    return get_object_or_404(rows.select_related("runreconstruction__run", "withdrawn_by", "updated_by"), pk=pk)


def _historical_certification(pk: int, moment: datetime, reader: User) -> TrackerCertification:
    """The certification as it was then. Raises Http404, with a sentence where it was made later."""
    if then := certification_as_of(pk, moment, reader).first():
        return then
    made = _current_certification(pk, reader)
    raise ExplainedHttp404(
        f"{made} was certified later, at {made.created_at:%Y-%m-%d %H:%M:%S} UTC. Give a later time."
    )

"""Permissions: the status of every address, method and role. An address without a row fails.

The outside is switched off here, so that no row depends on it.
"""

from __future__ import annotations

from itertools import product

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from certify.models import TrackerCertification
from shiftleader.models import SavedFilter
from tests.factories import (
    BadReasonFactory,
    CertificationFactory,
    ChecklistFactory,
    PixelProblemFactory,
    QuestionFactory,
    StripProblemFactory,
    TrackingProblemFactory,
    UserFactory,
)
from tests.test_architecture import packages
from users.models import Role, User

ROLES = ("stranger", "guest", "shifter", "shift_leader", "expert", "admin")
RUN, RECONSTRUCTION = 317555, "express"
REFUSED = (302, 403, 405)

# The six numbers: anonymous, guest, shifter, shift leader, expert, admin. The certification belongs to the shifter.
TABLE = {
    ("users:sign-in", "GET"): "200 302 302 302 302 302",
    ("users:sign-in", "POST"): "422 302 302 302 302 302",
    ("users:sign-out", "GET"): "405 405 405 405 405 405",
    ("users:sign-out", "POST"): "302 302 302 302 302 302",
    # CERN is unreachable here, which the page reports. A signed-in user is redirected to the requested page.
    ("users:cern-sign-in", "GET"): "200 302 302 302 302 302",
    ("users:cern-sign-in", "POST"): "200 302 302 302 302 302",
    ("users:cern-callback", "GET"): "403 302 302 302 302 302",
    ("users:cern-callback", "POST"): "405 405 405 405 405 405",
    ("health", "GET"): "200 200 200 200 200 200",
    ("health", "POST"): "405 405 405 405 405 405",
    ("help", "GET"): "200 200 200 200 200 200",
    ("help", "POST"): "405 405 405 405 405 405",
    ("home", "GET"): "302 200 200 200 200 200",
    ("home", "POST"): "302 405 405 405 405 405",
    ("end-of-shift", "GET"): "302 403 200 200 200 200",
    ("end-of-shift", "POST"): "302 405 405 405 405 405",
    ("search", "GET"): "302 302 302 302 302 302",
    ("search", "POST"): "302 405 405 405 405 405",
    ("openruns:open-runs", "GET"): "302 403 200 200 200 200",
    ("openruns:open-runs", "POST"): "302 405 405 405 405 405",
    ("openruns:open-now", "GET"): "302 403 200 200 200 200",
    ("openruns:open-now", "POST"): "302 405 405 405 405 405",
    ("certify:certify-run", "GET"): "302 403 200 200 200 200",
    ("certify:certify-run", "POST"): "302 403 422 422 422 422",
    ("certify:certify-reconstruction", "GET"): "302 403 200 200 200 200",
    ("certify:certify-reconstruction", "POST"): "302 403 422 422 422 422",
    ("certify:undo-last-save", "GET"): "302 405 405 405 405 405",
    ("certify:undo-last-save", "POST"): "302 403 303 303 303 303",
    ("certify:all-reference-runs", "GET"): "200 200 200 200 200 200",
    ("certify:all-reference-runs", "POST"): "405 405 405 405 405 405",
    # The owner of a draft is in the signed form token, which none of these requests has.
    ("drafts:save", "GET"): "405 405 405 405 405 405",
    ("drafts:save", "POST"): "403 403 403 403 403 403",
    ("drafts:here", "GET"): "302 405 405 405 405 405",
    ("drafts:here", "POST"): "302 403 403 403 403 403",
    ("drafts:discard", "GET"): "302 405 405 405 405 405",
    ("drafts:discard", "POST"): "302 403 403 403 403 403",
    ("drafts:take-over", "GET"): "302 405 405 405 405 405",
    ("drafts:take-over", "POST"): "302 403 403 403 403 403",
    ("reports:summary", "GET"): "302 200 200 200 200 200",
    ("reports:summary", "POST"): "302 422 422 422 422 422",
    ("shiftleader:week", "GET"): "302 200 200 200 200 200",
    ("shiftleader:week", "POST"): "302 405 405 405 405 405",
    ("review:ask", "GET"): "302 403 403 200 200 200",
    ("review:ask", "POST"): "302 403 403 422 422 422",
    ("review:answer", "GET"): "302 403 200 200 200 200",
    ("review:answer", "POST"): "302 403 422 422 422 422",
    ("shiftleader:review", "GET"): "302 405 405 405 405 405",
    ("shiftleader:review", "POST"): "302 403 403 303 303 303",
    ("shiftleader:training", "GET"): "302 403 403 200 200 200",
    ("shiftleader:training", "POST"): "302 403 403 422 422 422",
    ("shiftleader:central-list", "GET"): "302 302 302 302 302 302",
    ("shiftleader:central-list", "POST"): "302 303 303 303 303 303",
    ("shiftleader:part", "GET"): "302 200 200 200 200 200",
    ("shiftleader:part", "POST"): "302 405 405 405 405 405",
    ("shiftleader:report", "GET"): "302 200 200 200 200 200",
    ("shiftleader:report", "POST"): "302 405 405 405 405 405",
    ("shiftleader:slides-pptx", "GET"): "302 200 200 200 200 200",
    ("shiftleader:slides-pptx", "POST"): "302 405 405 405 405 405",
    ("shiftleader:slides-odp", "GET"): "302 200 200 200 200 200",
    ("shiftleader:slides-odp", "POST"): "302 405 405 405 405 405",
    ("shiftleader:note", "GET"): "302 405 405 405 405 405",
    ("shiftleader:note", "POST"): "302 403 403 422 422 422",
    ("shiftleader:save-filter", "GET"): "302 405 405 405 405 405",
    ("shiftleader:save-filter", "POST"): "302 422 422 422 422 422",
    # The certification belongs to the shifter.
    ("shiftleader:retire-filter", "GET"): "302 405 405 405 405 405",
    ("shiftleader:retire-filter", "POST"): "302 404 303 404 404 404",
    ("listruns:list", "GET"): "302 200 200 200 200 200",
    ("listruns:list", "POST"): "302 405 405 405 405 405",
    ("listruns:dump", "GET"): "302 403 403 200 200 200",
    ("listruns:dump", "POST"): "302 403 403 405 405 405",
    ("listruns:certification", "GET"): "302 200 200 200 200 200",
    ("listruns:certification", "POST"): "302 405 405 405 405 405",
    ("listruns:facts", "GET"): "302 200 200 200 200 200",
    ("listruns:facts", "POST"): "302 405 405 405 405 405",
    ("listruns:run-types", "GET"): "302 403 403 200 200 200",
    ("listruns:run-types", "POST"): "302 403 403 405 405 405",
    ("listruns:refresh", "GET"): "302 405 405 405 405 405",
    ("listruns:refresh", "POST"): "302 403 303 303 303 303",
    ("listruns:typed-values", "GET"): "302 403 200 200 200 200",
    ("listruns:typed-values", "POST"): "302 403 422 422 422 422",
    ("listruns:confirm", "GET"): "302 405 405 405 405 405",
    ("listruns:confirm", "POST"): "302 403 303 303 303 303",
    ("listruns:update", "GET"): "302 403 200 200 200 200",
    ("listruns:update", "POST"): "302 403 422 422 422 422",
    ("listruns:withdraw", "GET"): "302 403 200 200 200 200",
    ("listruns:withdraw", "POST"): "302 403 422 422 422 422",
    ("listruns:restore", "GET"): "302 403 200 200 200 200",
    ("listruns:restore", "POST"): "302 403 422 422 422 422",
    ("listruns:hand-over", "GET"): "302 403 403 200 200 200",
    ("listruns:hand-over", "POST"): "302 403 403 422 422 422",
    ("history_pages:history", "GET"): "302 200 200 200 200 200",
    ("history_pages:history", "POST"): "302 405 405 405 405 405",
    ("history_pages:acknowledge", "GET"): "302 405 405 405 405 405",
    ("history_pages:acknowledge", "POST"): "302 303 303 303 303 303",
    ("history_pages:undo", "GET"): "302 403 200 200 200 200",
    ("history_pages:undo", "POST"): "302 403 422 422 422 422",
    ("history_pages:run", "GET"): "302 200 200 200 200 200",
    ("history_pages:run", "POST"): "302 405 405 405 405 405",
    ("references:list", "GET"): "302 200 200 200 200 200",
    ("references:list", "POST"): "302 405 405 405 405 405",
    ("references:before", "GET"): "301 301 301 301 301 301",
    ("references:before", "POST"): "405 405 405 405 405 405",
    ("references:apv", "GET"): "302 302 302 302 302 302",
    ("references:apv", "POST"): "302 405 405 405 405 405",
    ("references:apv-beside", "GET"): "302 403 200 200 200 200",
    ("references:apv-beside", "POST"): "302 403 405 405 405 405",
    ("references:ranked", "GET"): "302 403 200 200 200 200",
    ("references:ranked", "POST"): "302 403 405 405 405 405",
    ("references:adopt", "GET"): "302 403 403 200 200 200",
    ("references:adopt", "POST"): "302 403 403 422 422 422",
    ("references:promote", "GET"): "302 403 403 200 200 200",
    ("references:promote", "POST"): "302 403 403 422 422 422",
    ("references:reference", "GET"): "302 200 200 200 200 200",
    ("references:reference", "POST"): "302 405 405 405 405 405",
    ("references:retire", "GET"): "302 403 403 200 200 200",
    ("references:retire", "POST"): "302 403 403 422 422 422",
    ("history_pages:checklist", "GET"): "302 200 200 200 200 200",
    ("history_pages:checklist", "POST"): "302 405 405 405 405 405",
    ("vocabulary:problems", "GET"): "302 200 200 200 200 200",
    ("vocabulary:problems", "POST"): "302 405 405 405 405 405",
    ("vocabulary:about", "GET"): "302 200 200 200 200 200",
    ("vocabulary:about", "POST"): "302 405 405 405 405 405",
    ("vocabulary:add", "GET"): "302 403 403 200 200 200",
    ("vocabulary:add", "POST"): "302 403 403 422 422 422",
    ("vocabulary:word", "GET"): "302 403 403 200 200 200",
    ("vocabulary:word", "POST"): "302 403 403 422 422 422",
    ("vocabulary:checklists", "GET"): "302 200 200 200 200 200",
    ("vocabulary:checklists", "POST"): "302 405 405 405 405 405",
    ("vocabulary:checklist-add", "GET"): "302 403 403 200 200 200",
    ("vocabulary:checklist-add", "POST"): "302 403 403 422 422 422",
    ("vocabulary:checklist-edit", "GET"): "302 403 403 200 200 200",
    ("vocabulary:checklist-edit", "POST"): "302 403 403 422 422 422",
}
# The admin of Django. Shift leaders see the vocabulary, admins all tables; only accounts can be changed there.
LEADERS, ADMINS, NOBODY = "302 403 403 200 200 200", "302 403 403 403 403 200", "302 403 403 403 403 403"
WORDS = {"certify_badreason", "certify_pixelproblem", "certify_stripproblem", "certify_trackingproblem"}
WORDS |= {"certify_checklist"}
# By group of tables, page and method. An empty form is shown again; a row that may not be deleted is denied.
ADMIN_PAGES = {
    "words": {
        **dict.fromkeys(product(("changelist", "change", "history"), ("GET",)), LEADERS),
        **dict.fromkeys(product(("add", "delete"), ("GET", "POST")), NOBODY),
        ("change", "POST"): NOBODY,
    },
    "users_user": {
        **dict.fromkeys(product(("changelist", "add", "change", "history"), ("GET",)), ADMINS),
        **dict.fromkeys(product(("add", "change"), ("POST",)), ADMINS),
        **dict.fromkeys(product(("delete",), ("GET", "POST")), NOBODY),
    },
    "else": {
        **dict.fromkeys(product(("changelist", "change", "history"), ("GET",)), ADMINS),
        **dict.fromkeys(product(("add", "delete"), ("GET", "POST")), NOBODY),
        ("change", "POST"): NOBODY,
    },
}
ADMIN_SINGLE = {
    ("admin:index", "GET"): LEADERS,
    ("admin:app_list", "GET"): LEADERS,
    ("admin:jsi18n", "GET"): LEADERS,
    ("admin:password_change", "GET"): LEADERS,
    ("admin:password_change_done", "GET"): LEADERS,
    ("admin:auth_user_password_change", "GET"): ADMINS,
    ("admin:autocomplete", "GET"): NOBODY,
    ("admin:view_on_site", "GET"): "302 403 403 404 404 404",
    ("admin:None", "GET"): "302 403 403 404 404 404",
    ("admin:login", "GET"): "302 403 403 302 302 302",
    ("admin:logout", "GET"): "302 405 405 405 405 405",
    ("admin:logout", "POST"): "302 302 302 302 302 302",
}
ARGUMENTS = {"admin:app_list": ["certify"], "admin:view_on_site": [1, 1], "admin:None": ["nowhere"]}


def _names(patterns: list[URLPattern | URLResolver], space: str = "") -> set[str]:
    names = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            names |= _names(pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        else:
            names.add(f"{space}{pattern.name}")
    return names


ALL = _names(get_resolver().url_patterns)
ADMIN = {name for name in ALL if name.startswith("admin:")}


@pytest.fixture(autouse=True)
def _outside_off(settings):
    for name in ("RUNREGISTRY_URL", "OMS_URL", "SSO_URL"):
        setattr(settings, name, "http://127.0.0.1:9/nobody")


def _clients() -> dict[str, Client]:
    clients = {role: Client() for role in ROLES}
    for role in ROLES[1:]:
        clients[role].force_login(UserFactory(username=role, role=Role(role)))
    return clients


def addresses() -> dict[str, str]:
    """An address of every page of the table, with rows created for pages of a row."""
    owned = CertificationFactory(user=UserFactory(username="shifter", role=Role.SHIFTER))
    arguments = {
        "certify:certify-run": [RUN],
        "certify:certify-reconstruction": [RUN, RECONSTRUCTION],
        "listruns:certification": [owned.pk],
        "listruns:update": [owned.pk],
        "listruns:confirm": [owned.pk],
        "listruns:typed-values": [owned.run_number],
        "listruns:withdraw": [owned.pk],
        "listruns:restore": [CertificationFactory(user=owned.user, withdrawn=True).pk],
        "listruns:hand-over": [owned.pk],
        "review:ask": [owned.pk],
        "review:answer": [QuestionFactory(certification=owned).pk],
        "history_pages:undo": [TrackerCertification.history.get(id=owned.pk).change_id],
        "history_pages:run": [RUN],
        "references:apv-beside": [RUN, RECONSTRUCTION],
        "references:ranked": [RUN, RECONSTRUCTION],
        "references:promote": [owned.pk],
        "references:reference": [owned.reference_runreconstruction_id],
        "references:retire": [owned.reference_runreconstruction_id],
        "history_pages:checklist": [ChecklistFactory().identifier],
        "vocabulary:checklist-edit": [ChecklistFactory().identifier],
        "vocabulary:add": ["pixel"],
        "vocabulary:word": ["pixel", PixelProblemFactory().pk],
        "shiftleader:part": ["certifications"],
        "shiftleader:note": ["2018-W17"],
        "shiftleader:retire-filter": [SavedFilter.objects.create(user=owned.user, name="bad", query="verdict=bad").pk],
    }
    return {name: reverse(name, args=arguments.get(name, [])) for name, _method in TABLE}


@pytest.mark.django_db
@pytest.mark.once
@pytest.mark.parametrize(("name", "method"), TABLE)
def test_response_for_each_role_is_as_in_the_table(name, method):
    address = addresses()[name]
    answers = {role: client.generic(method, address).status_code for role, client in _clients().items()}
    expected = dict(zip(ROLES, map(int, TABLE[name, method].split()), strict=True))
    assert answers == expected


def test_every_address_has_a_row_for_get_and_for_post():
    own_names = {name for name in ALL if not name.startswith("admin:")}
    assert {(name, method) for name in own_names for method in ("GET", "POST")} == set(TABLE)


@pytest.mark.django_db
@pytest.mark.once
def test_no_address_accepts_another_method():
    """PUT, PATCH and DELETE are not allowed, denied, or redirected to the sign-in, for every role."""
    clients, where = _clients(), addresses()
    for name, address in where.items():
        for method, (role, client) in product(("PUT", "PATCH", "DELETE"), clients.items()):
            assert client.generic(method, address).status_code in REFUSED, (name, method, role)


def _model_groups() -> dict[str, tuple[str, str]]:
    """The group and page of each address of a table in the admin."""
    found = {}
    for model in admin.site._registry:
        table = f"{model._meta.app_label}_{model._meta.model_name}"
        group = "words" if table in WORDS else table if table in ADMIN_PAGES else "else"
        found |= {f"admin:{table}_{page}": (group, page) for page, _method in ADMIN_PAGES[group]}
    return found


def test_every_address_of_the_admin_has_a_row():
    single = {name for name, _method in ADMIN_SINGLE}
    assert single | _model_groups().keys() == ADMIN


def test_every_model_is_in_the_admin_with_search():
    own_models = {model for model in apps.get_models() if model.__module__.partition(".")[0] in packages()}
    assert own_models - admin.site._registry.keys() == set()
    request = RequestFactory().get("/")
    assert [model for model in own_models if not admin.site._registry[model].get_search_fields(request)] == []


@pytest.mark.django_db
@pytest.mark.once
@pytest.mark.parametrize("group", ADMIN_PAGES)
def test_admin_response_for_each_role_is_as_in_the_table(group):
    clients = _clients()
    addresses()
    for factory in (BadReasonFactory, PixelProblemFactory, StripProblemFactory, TrackingProblemFactory):
        factory()
    names = [name for name, (of_group, _page) in _model_groups().items() if of_group == group]
    for name, method in product(names, ("GET", "POST")):
        if expected := ADMIN_PAGES[group].get((_model_groups()[name][1], method)):
            address, is_of_a_row = _in_admin(name)
            answers = [client.generic(method, address).status_code for client in clients.values()]
            # A permitted user who requests a row that does not exist is redirected to the index.
            expected_statuses = expected if is_of_a_row else expected.replace("200", "302")
            assert answers == [int(status) for status in expected_statuses.split()], (name, method)


def _in_admin(name: str) -> tuple[str, bool]:
    """The address, of a row where the page is of one; whether there is such a row."""
    if name.endswith(("_changelist", "_add")):
        return reverse(name), True
    model = apps.get_model(*name.removeprefix("admin:").rsplit("_", 1)[0].split("_"))
    row = model._base_manager.first()
    return reverse(name, args=[row.pk if row else 1]), row is not None


@pytest.mark.django_db
@pytest.mark.once
@pytest.mark.parametrize(("name", "method"), ADMIN_SINGLE)
def test_single_admin_page_response_for_each_role_is_as_in_the_table(name, method):
    clients = _clients()
    of_guest = [User.objects.get(username="guest").pk]
    arguments = of_guest if name.endswith("user_password_change") else ARGUMENTS.get(name)
    address = "/admin/nowhere/" if name == "admin:None" else reverse(name, args=arguments)
    answers = [client.generic(method, address).status_code for client in clients.values()]
    assert answers == [int(status) for status in ADMIN_SINGLE[name, method].split()]

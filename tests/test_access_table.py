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

from tests.access_table import ROLES, TABLE, addresses
from tests.factories import (
    BadReasonFactory,
    StripProblemFactory,
    TrackingProblemFactory,
    UserFactory,
    reset_sequences,
)
from tests.shared_rows import shared_rows
from tests.test_architecture import packages
from users.models import Role, User

REFUSED = (302, 403, 405)

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
    settings.REGISTRY_SYNC = "on"


@pytest.fixture(scope="module")
def _rows(django_db_setup, django_db_blocker):
    """The cookies of each role, and the addresses of the table."""
    with shared_rows(django_db_blocker):
        reset_sequences()
        clients = {role: Client() for role in ROLES}
        for role in ROLES[1:]:
            clients[role].force_login(UserFactory(username=role, role=Role(role)))
        yield {role: client.cookies for role, client in clients.items()}, addresses()


@pytest.fixture
def clients(_rows, db) -> dict[str, Client]:
    """A client for each role, signed in."""
    clients = {role: Client() for role in ROLES}
    for role, client in clients.items():
        client.cookies.update(_rows[0][role])
    return clients


@pytest.fixture
def where(_rows, db) -> dict[str, str]:
    """The addresses of the table."""
    return _rows[1]


@pytest.mark.once
@pytest.mark.parametrize(("name", "method"), TABLE)
def test_response_for_each_role_is_as_in_the_table(clients, where, name, method):
    answers = {role: client.generic(method, where[name]).status_code for role, client in clients.items()}
    expected = dict(zip(ROLES, map(int, TABLE[name, method].split()), strict=True))
    assert answers == expected


def test_every_address_has_a_row_for_get_and_for_post():
    own_names = {name for name in ALL if not name.startswith("admin:")}
    assert {(name, method) for name in own_names for method in ("GET", "POST")} == set(TABLE)


@pytest.mark.once
def test_no_address_accepts_another_method(clients, where):
    """PUT, PATCH and DELETE are not allowed, denied, or redirected to the sign-in, for every role."""
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


@pytest.mark.once
@pytest.mark.parametrize("group", ADMIN_PAGES)
def test_admin_response_for_each_role_is_as_in_the_table(clients, group):
    for factory in (BadReasonFactory, StripProblemFactory, TrackingProblemFactory):
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


@pytest.mark.once
@pytest.mark.parametrize(("name", "method"), ADMIN_SINGLE)
def test_single_admin_page_response_for_each_role_is_as_in_the_table(clients, name, method):
    of_guest = [User.objects.get(username="guest").pk]
    arguments = of_guest if name.endswith("user_password_change") else ARGUMENTS.get(name)
    address = "/admin/nowhere/" if name == "admin:None" else reverse(name, args=arguments)
    answers = [client.generic(method, address).status_code for client in clients.values()]
    assert answers == [int(status) for status in ADMIN_SINGLE[name, method].split()]

"""Who may do what: every address, method and role with the status it answers. An address without a row fails.

The outside is switched off here, so that no row depends on it.
"""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from certify.models import TrackerCertification
from tests.factories import CertificationFactory, ChecklistFactory, UserFactory
from users.models import Role

ROLES = ("stranger", "guest", "shifter", "shift_leader", "expert", "admin")
RUN, RECONSTRUCTION = 317555, "express"

# The six numbers: stranger, guest, shifter, shift leader, expert, admin. The certification belongs to the shifter.
TABLE = {
    ("users:sign-in", "GET"): "200 302 302 302 302 302",
    ("users:sign-in", "POST"): "422 302 302 302 302 302",
    ("users:sign-out", "GET"): "405 405 405 405 405 405",
    ("users:sign-out", "POST"): "302 302 302 302 302 302",
    # CERN is out here: the page says so. Who is signed in goes on to where they wanted.
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
    ("search", "GET"): "302 302 302 302 302 302",
    ("search", "POST"): "302 405 405 405 405 405",
    ("openruns:open-runs", "GET"): "302 403 200 200 200 200",
    ("openruns:open-runs", "POST"): "302 405 405 405 405 405",
    ("certify:certify-run", "GET"): "302 403 200 200 200 200",
    ("certify:certify-run", "POST"): "302 403 422 422 422 422",
    ("certify:certify-reconstruction", "GET"): "302 403 200 200 200 200",
    ("certify:certify-reconstruction", "POST"): "302 403 422 422 422 422",
    ("certify:all-reference-runs", "GET"): "200 200 200 200 200 200",
    ("certify:all-reference-runs", "POST"): "405 405 405 405 405 405",
    # Whose draft it is says the signed sheet in the form, which none of these has.
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
    ("shiftleader:training", "GET"): "302 403 403 200 200 200",
    ("shiftleader:training", "POST"): "302 403 403 422 422 422",
    ("shiftleader:part", "GET"): "302 200 200 200 200 200",
    ("shiftleader:part", "POST"): "302 405 405 405 405 405",
    ("listruns:list", "GET"): "302 200 200 200 200 200",
    ("listruns:list", "POST"): "302 405 405 405 405 405",
    ("listruns:dump", "GET"): "302 403 403 200 200 200",
    ("listruns:dump", "POST"): "302 403 403 405 405 405",
    ("listruns:certification", "GET"): "302 200 200 200 200 200",
    ("listruns:certification", "POST"): "302 405 405 405 405 405",
    ("listruns:facts", "GET"): "302 200 200 200 200 200",
    ("listruns:facts", "POST"): "302 405 405 405 405 405",
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
    ("changes:history", "GET"): "302 200 200 200 200 200",
    ("changes:history", "POST"): "302 405 405 405 405 405",
    ("changes:acknowledge", "GET"): "302 405 405 405 405 405",
    ("changes:acknowledge", "POST"): "302 303 303 303 303 303",
    ("changes:undo", "GET"): "302 403 200 200 200 200",
    ("changes:undo", "POST"): "302 403 422 422 422 422",
    ("changes:run", "GET"): "302 200 200 200 200 200",
    ("changes:run", "POST"): "302 405 405 405 405 405",
    ("changes:reference", "GET"): "302 200 200 200 200 200",
    ("changes:reference", "POST"): "302 405 405 405 405 405",
    ("changes:retire", "GET"): "302 403 403 200 200 200",
    ("changes:retire", "POST"): "302 403 403 422 422 422",
    ("changes:checklist", "GET"): "302 200 200 200 200 200",
    ("changes:checklist", "POST"): "302 405 405 405 405 405",
}
# Django's own admin: shift leaders find what is theirs, the rest is for admins; its sign-in page sends the others away.
ADMIN = "302 302 302 403 403 200"
SHIFT_LEADERS = "302 302 302 200 200 200"
WORDS = {"badreason", "pixelproblem", "stripproblem", "trackingproblem", "checklist"}


def _names(patterns: list[URLPattern | URLResolver], space: str = "") -> set[str]:
    names = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            names |= _names(pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        else:
            names.add(f"{space}{pattern.name}")
    return names


ALL = _names(get_resolver().url_patterns)
ADMIN_LISTS = sorted(name for name in ALL if name.startswith("admin:") and name.endswith("_changelist"))


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
    """An address of every page of the table, with rows made for those that show one."""
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
        "changes:undo": [TrackerCertification.history.get(id=owned.pk).change_id],
        "changes:run": [RUN],
        "changes:reference": [owned.reference_runreconstruction_id],
        "changes:retire": [owned.reference_runreconstruction_id],
        "changes:checklist": [ChecklistFactory().identifier],
        "shiftleader:part": ["certifications"],
    }
    return {name: reverse(name, args=arguments.get(name, [])) for name, _method in TABLE}


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "method"), TABLE)
def test_address_answers_each_role_as_the_table_says(name, method):
    address = addresses()[name]
    answers = {role: client.generic(method, address).status_code for role, client in _clients().items()}
    expected = dict(zip(ROLES, map(int, TABLE[name, method].split()), strict=True))
    assert answers == expected


def test_every_address_has_a_row_for_get_and_for_post():
    ours = {name for name in ALL if not name.startswith("admin:")}
    assert {(name, method) for name in ours for method in ("GET", "POST")} == set(TABLE)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["admin:index", *ADMIN_LISTS])
def test_admin_shows_each_role_what_is_theirs(name):
    answers = [client.get(reverse(name)).status_code for client in _clients().values()]
    is_theirs = name == "admin:index" or name.split("_")[1] in WORDS
    assert answers == [int(status) for status in (SHIFT_LEADERS if is_theirs else ADMIN).split()]

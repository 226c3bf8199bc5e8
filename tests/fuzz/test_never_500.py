"""Any query, form or body sent to any URL gets a response other than 500.

A failure prints how to replay it (`@reproduce_failure`, and `--hypothesis-seed`), and is tried first the next time.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.addresses import Address, addresses
from tests.fuzz.values import JSON, RAW_QUERIES, VALUES, changed, encoded
from tests.fuzz.world import FuzzWorld, rolled_back, world  # noqa: F401 - a fixture
from tests.proof import IS_FULL

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
FORM, FILES = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
OURS = [candidate for candidate in addresses() if not candidate.is_of_admin]
ADMINS = [candidate for candidate in addresses() if candidate.is_of_admin]
# Queries and forms to URLs of the project and of the admin, and any path: 5,200 on SQLite in `make prove`.
# PostgreSQL is slower, and tested for values that only it refuses.
SHARE = (1 if connection.vendor == "sqlite" else 0.25) * (1 if IS_FULL else 0.125)
QUERIES, FORMS, IN_ADMIN, PATHS = (round(SHARE * count) for count in (2000, 1200, 500, 1000))


def fuzzed(examples: int):
    """Run this number of examples, each in a transaction that is rolled back."""
    fixtures_stay = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=fixtures_stay, print_blob=True)


def _ask(client: Client, method: str, path: str, body: str | bytes = "", content_type: str = FORM, **more: str) -> int:
    """Return the status of the complete response; exceptions are raised."""
    with rolled_back(client):
        answer = client.generic(method, path, body, content_type=content_type, **more)
        size = sum(map(len, answer.streaming_content)) if answer.streaming else len(answer.content)
    assert answer.status_code < 500, (path, answer.status_code, size)
    return answer.status_code


def test_every_address_that_accepts_forms_is_tested(world: FuzzWorld):  # noqa: F811
    names = {candidate.name for candidate in OURS if world.takes_forms(candidate)}
    assert names >= {"users:sign-in", "certify:certify-run", "certify:certify-reconstruction", "listruns:update"}


@pytest.mark.parametrize(("chosen", "examples"), [(OURS, QUERIES), (ADMINS, IN_ADMIN)], ids=["ours", "admin"])
def test_any_query_on_any_page_is_answered(world: FuzzWorld, chosen: list[Address], examples: int):  # noqa: F811
    reached: Counter[int] = Counter()

    @fuzzed(examples)
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        reached[_ask_a_query(world, data.draw(st.sampled_from(chosen)), data)] += 1

    ask()
    _check_reached(reached, examples, 200, 302, 422)


def _check_reached(reached: Counter[int], examples: int, *statuses: int) -> None:
    """Check that enough requests reached a view; skipped for a few dozen examples."""
    assert reached.total() >= examples
    assert examples < 100 or 8 * sum(reached[status] for status in statuses) > reached.total(), reached


def _ask_a_query(world: FuzzWorld, address: Address, data: st.DataObject) -> int:  # noqa: F811
    path, client = data.draw(world.paths(address)), data.draw(world.clients(address))
    query = data.draw(RAW_QUERIES | changed(data.draw(world.queries(address)), world.query_names(address)).map(encoded))
    more = data.draw(st.sampled_from([{}, {}, {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://["}]))
    return _ask(client, "GET", path, QUERY_STRING=query, **more)


@pytest.mark.parametrize(("chosen", "examples"), [(OURS, FORMS), (ADMINS, IN_ADMIN)], ids=["ours", "admin"])
def test_any_value_in_any_form_is_answered(world: FuzzWorld, chosen: list[Address], examples: int):  # noqa: F811
    forms, reached = world.form_addresses(chosen), Counter()

    @fuzzed(examples)
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        reached[_send_a_form(world, data.draw(st.sampled_from(forms)), data)] += 1

    ask()
    _check_reached(reached, examples, 200, 303, 422)


def _send_a_form(world: FuzzWorld, address: Address, data: st.DataObject) -> int:  # noqa: F811
    path, client = data.draw(world.paths(address)), data.draw(world.clients(address))
    form = data.draw(st.sampled_from(world.forms_of(address)))
    body, content_type = data.draw(_bodies(form, sorted({*form, *world.names_on(address)})))
    return _ask(client, "POST", path, body, content_type)


@st.composite
def _bodies(draw: st.DrawFn, form: dict[str, list[str]], names: list[str]) -> tuple[bytes, str]:
    """Mostly a form as a browser sends it, sometimes another body; returns body and content type."""
    variant = draw(st.sampled_from(["form"] * 12 + ["charset", "file", "json", "bytes"]))
    if variant == "json":
        return json.dumps(draw(JSON)).encode(), "application/json"
    if variant == "bytes":
        return draw(st.binary(max_size=60)), draw(st.sampled_from([FORM, FILES, "application/json", "text/plain", ""]))
    fields = draw(changed(form, names))
    if variant == "file":
        return _with_files(fields), FILES
    content_types = [f"{FORM}; charset=utf-16", f"{FORM}; charset=nonsense", f"{FORM}; charset=latin-1"]
    return encoded(fields).encode(), FORM if variant == "form" else draw(st.sampled_from(content_types))


def _with_files(fields: list[tuple[str, str]]) -> bytes:
    """Each field as a multipart part, every third as a file."""
    parts = []
    for place, (name, value) in enumerate(fields):
        file = b'; filename="a.txt"' if place % 3 == 2 else b""
        head = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n' % (_bytes(name), file)
        parts.append(head + _bytes(value) + b"\r\n")
    return b"".join([*parts, b"--b--\r\n"])


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def test_any_path_is_answered(world: FuzzWorld):  # noqa: F811
    @fuzzed(PATHS)
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        begin = data.draw(
            st.sampled_from(["/", "/certify/", "/certify/315259/", "/list/", "/openruns/", "/admin/", "/static/"])
        )
        rest = data.draw(RAW_QUERIES | VALUES.map(lambda value: encoded([(value, "")])[:-1]))
        _ask(data.draw(world.clients(OURS[0])), "GET", begin + rest + data.draw(st.sampled_from(["", "/"])))

    ask()


NUL, TOO_MANY_DIGITS = "a\0b", "9" * 20
OTHERS = 8  # one in so many addresses of a name, beside the first


def _troubles(place: int) -> list[str]:
    """The values for a name of a query. SQLite accepts a NUL.

    In `make test` each of the sample gets a value on one of the databases: half of it on PostgreSQL, either by turns.
    """
    if connection.vendor == "sqlite":
        return [TOO_MANY_DIGITS] if IS_FULL or place % 2 else []
    if IS_FULL:
        return [NUL, TOO_MANY_DIGITS]
    return [] if place % 2 else [[NUL, TOO_MANY_DIGITS][place // 2 % 2]]


def _sample(queries: list[tuple[Address, str]]) -> list[tuple[Address, str]]:
    """Each name at the first address that has it, and an eighth of the others; all of them in `make prove`."""
    first = {name: (address, name) for address, name in reversed(queries)}
    return [query for place, query in enumerate(queries) if IS_FULL or first[query[1]] == query or place % OTHERS == 0]


def test_nul_and_too_many_digits_in_every_name_of_every_query_are_answered(world: FuzzWorld):  # noqa: F811
    """Each name is tested, since PostgreSQL refuses values that SQLite accepts, and random examples may miss them."""
    queries = _sample([(address, name) for address in OURS for name in world.query_names(address)])
    assert len(queries) > 100
    for place, (address, name) in enumerate(queries):
        for trouble in _troubles(place):
            _ask(world.first(address), "GET", address.path(world.known), QUERY_STRING=encoded([(name, trouble)]))

"""Data of the fuzz tests: users, certifications, vocabulary, and the forms of the pages."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import transaction
from hypothesis import strategies as st

from certify.models import TrackerCertification
from listruns.query_string import OTHER_NAMES
from shiftleader.parts.registry import PARTS_BY_NAME
from tests.browser_form import FormFieldsParser, field_names
from tests.certify.page_form import BY_HAND, GOOD
from tests.factories import (
    BadReasonFactory,
    CertificationFactory,
    ChecklistFactory,
    PixelProblemFactory,
    ReconstructionFactory,
    RunFactory,
    StripProblemFactory,
    TrackingProblemFactory,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from tests.fuzz.addresses import Address

RUN = "315259"
# Query parameters that views read although their pages have no input with the name.
UNDERSTOOD_PARAMETERS = {
    "again",
    "as_of",
    "correct",
    "dataset",
    "date",
    "download",
    "draft",
    "next",
    "q",
    "run",
    "runs",
}
# Query parameters with valid values.
MEANINGFUL_PARAMETERS = {
    "runs": f"{RUN}, 315264-315265",
    "run": RUN,
    "reco": "prompt",
    "dataset": "/PromptReco/Collisions2018A/DQM",
    "date_min": "2018-05-01",
    "runs_max": RUN,
    "user": "shifter",
    "verdict": "good",
    "state": "any",
    "lowstat": "on",
    "ranges": "on",
    "export": "csv",
    "sort": "-run",
    "page": "1",
    "per_page": "25",
    "again": "1",
    "next": "/list/",
    "week": "2018-W22",
    "from": "2018-05-01",
    "b_field": "3.8",
    "beam": "PROTON",
    "problem": "pixel-1",
    "q": RUN,
}


@contextmanager
def rolled_back(client: Client) -> Iterator[None]:
    """Restore the database, the caches and the cookies of the client afterwards."""
    session = client.cookies.get(settings.SESSION_COOKIE_NAME)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies.clear()
    if session:
        client.cookies[settings.SESSION_COOKIE_NAME] = session.value
    for cache in caches.all():
        cache.clear()


@dataclass
class FuzzWorld:
    """Clients by role, existing values by URL parameter, and the forms of pages."""

    by_role: dict[str, Client]
    known: dict[str, list[str]]
    certification_fields: dict[str, list[str]] = field(default_factory=dict)
    _forms: dict[str, list[dict[str, list[str]]]] = field(default_factory=dict)
    _names: dict[str, set[str]] = field(default_factory=dict)

    def clients(self, address: Address) -> st.SearchStrategy[Client]:
        """Mostly a permitted client, sometimes one that is denied."""
        roles = ["admin"] if address.is_of_admin else [*["shifter", "leader"] * 5, "guest", "stranger"]
        if address.name == "users:sign-in":
            roles = ["stranger"]
        return st.sampled_from([self.by_role[role] for role in roles])

    def paths(self, address: Address) -> st.SearchStrategy[str]:
        return st.composite(lambda draw: address.with_values(draw, self.known))()

    def query_names(self, address: Address) -> list[str]:
        """The query parameters of a URL: the inputs of its page, and parameters that other pages read."""
        return sorted({*self.names_on(address), *OTHER_NAMES, *UNDERSTOOD_PARAMETERS})

    def queries(self, address: Address) -> st.SearchStrategy[dict[str, list[str]]]:
        """A few query parameters with valid values."""
        meant = sorted(MEANINGFUL_PARAMETERS.keys() & set(self.query_names(address)))
        names = st.lists(st.sampled_from(meant), max_size=3, unique=True)
        return names.map(lambda some: {name: [MEANINGFUL_PARAMETERS[name]] for name in some})

    def first(self, address: Address) -> Client:
        """A permitted client."""
        return self.by_role["admin" if address.is_of_admin else "stranger" if "sign-in" in address.name else "leader"]

    def takes_forms(self, address: Address) -> bool:
        """Return whether the URL accepts POST."""
        client = self.first(address)
        with rolled_back(client):
            return client.post(address.path(self.known)).status_code != 405

    def names_on(self, address: Address) -> set[str]:
        """Return the names of all inputs on the page."""
        if address.name not in self._names:
            page = self._page(address)
            self._names[address.name] = field_names(page) if page else set()
        return self._names[address.name]

    def _page(self, address: Address) -> Any:
        """Return the parsed page, or None."""
        client = self.first(address)
        with rolled_back(client):
            page = client.get(address.path(self.known))
        is_html = not page.streaming and page.headers.get("Content-Type", "").startswith("text/html")
        return page if page.status_code == 200 and is_html else None

    def forms_of(self, address: Address) -> list[dict[str, list[str]]]:
        """The forms to send: those of the page, those of a certification, and an empty one."""
        if address.name not in self._forms:
            page = self._page(address)
            own = [_largest_form(page) | self._certification_fields_on(address)] if page else []
            self._forms[address.name] = [*own, *([] if address.is_of_admin else self._forms["certify"]), {}]
        return self._forms[address.name]

    def _certification_fields_on(self, address: Address) -> dict[str, list[str]]:
        """The fields that a certification form on the page needs to be saved."""
        return {name: value for name, value in self.certification_fields.items() if name in self.names_on(address)}

    def form_addresses(self, addresses: list[Address]) -> list[Address]:
        """The URLs that accept forms; those with a large form three times, for more examples."""
        return [
            address
            for address in filter(self.takes_forms, addresses)
            for _ in range(3 if len(self.names_on(address)) > 8 else 1)
        ]

    def collect_forms(self, sandbox: Any, ticked: dict[str, str]) -> None:
        """Open the certify form with all services reachable and with none."""
        opened = [_largest_form(self.by_role["shifter"].get(f"/certify/{RUN}/prompt/"))]
        for service in ("registry", "oms"):
            sandbox.faults(service, "not-found")
        opened += [{**_largest_form(self.by_role["shifter"].get("/certify/399999/prompt/")), **_lists(BY_HAND)}]
        sandbox.clear()
        self.certification_fields = _lists(GOOD | ticked | {"comment": "x", "reason": "Seen again."})
        self._forms["certify"] = [form | self.certification_fields for form in opened]


def _lists(fields: dict[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in fields.items()}


def _largest_form(page: Any) -> dict[str, list[str]]:
    parser = FormFieldsParser("")
    parser.feed(page.content.decode())
    return max(parser.forms, key=len, default={})


@pytest.fixture
def world(
    shifter, other_shifter, shifter_client, shift_leader_client, guest_client, admin_client, client, sandbox
) -> FuzzWorld:
    """Create one row of each model."""
    terms = {"bad_reason": BadReasonFactory()}
    problems = {
        "pixel_problems": PixelProblemFactory(),
        "strip_problems": StripProblemFactory(),
        "tracking_problems": TrackingProblemFactory(),
    }
    certification = CertificationFactory(user=shifter, comment="Seen.", **terms)
    for name, problem in problems.items():
        getattr(certification, name).add(problem)
    others = [CertificationFactory(user=other_shifter), CertificationFactory(user=shifter, withdrawn=True)]
    ReconstructionFactory(reference=True, run=RunFactory(run_number=314_300))
    checklist = ChecklistFactory()
    keys = [str(row.pk) for row in [certification, *others]]
    clients = {"shifter": shifter_client, "leader": shift_leader_client, "guest": guest_client}
    world_of_fuzz = FuzzWorld(
        clients | {"admin": admin_client, "stranger": client},
        {
            "pk": [keys[0], *keys],
            "object_id": ["1", *keys],
            "run_number": [RUN, RUN, RUN, "399999", "315264", "317000"],
            "reconstruction": ["prompt", "prompt", "express"],
            "name": sorted(PARTS_BY_NAME),
            "week": ["2018-W22"],
            "identifier": [checklist.identifier],
            "kind": ["pixel", "reason", "strip", "tracking"],
        },
    )
    world_of_fuzz.collect_forms(sandbox, ticked={checklist.checkbox_name: "on"})
    assert TrackerCertification.objects.count() == len(keys)
    return world_of_fuzz

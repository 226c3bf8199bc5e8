"""Concurrent signed-in users, each with a separate HTTP client."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import requests
from requests.adapters import HTTPAdapter

from tests.browser_form import field_names, fields_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TIMEOUT_S = 60
T = TypeVar("T")
# The response, or the error of the connection.
Outcome = requests.Response | requests.RequestException


def seen_status(outcome: Outcome) -> int | str:
    """The status of the response, or the name of the error."""
    return outcome.status_code if isinstance(outcome, requests.Response) else type(outcome).__name__


@dataclass
class SimulatedUser:
    """One user with an HTTP client. The session is created in the database, without the sign-in page."""

    name: str
    url: str
    session: requests.Session = field(default_factory=requests.Session)

    def open_form(self, path: str) -> dict[str, Any]:
        """The fields of the form on this page, with the checklists ticked."""
        page = self.session.get(self.url + path, timeout=TIMEOUT_S, allow_redirects=False)
        if page.status_code != 200:
            raise RuntimeError(f"GET {path} by {self.name}: {page.status_code}, not 200")
        ticked = {name: "on" for name in field_names(page) if name.startswith("checklist_")}
        return dict(fields_of(page)) | ticked

    def send(self, path: str, fields: dict[str, Any]) -> requests.Response:
        """The answer to the form; what it asks to be confirmed is confirmed, as a person would.

        More than once: the other reconstruction of the run may be saved meanwhile, and differ.
        """
        while True:
            answer = self._post(path, fields)
            requested = {name for name in field_names(answer) if name.startswith("confirm_")} - fields.keys()
            if answer.status_code != 422 or not requested:
                return answer
            fields |= dict.fromkeys(requested, "on")  # stays ticked in what is sent again

    def _post(self, path: str, fields: dict[str, Any]) -> requests.Response:
        return self.session.post(self.url + path, fields, timeout=TIMEOUT_S, allow_redirects=False)


def simulated_users(url: str, count: int, role: str) -> list[SimulatedUser]:
    """Create signed-in users with this role."""
    from django.conf import settings
    from django.test import Client

    from users.models import User

    signed_in = []
    for number in range(count):
        person, _ = User.objects.get_or_create(username=f"{role}{number}", defaults={"role": role, "password": "!"})
        client, hand = Client(), SimulatedUser(person.username, url)
        client.force_login(person)
        hand.session.trust_env = False
        hand.session.mount("http://", HTTPAdapter(pool_maxsize=count + 50))
        # A browser repeats a request on a connection that the server has just closed; without keep-alive there is none.
        hand.session.headers["Connection"] = "close"
        hand.session.cookies.set(settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value)
        signed_in.append(hand)
    return signed_in


def all_at_once(action: Callable[[T], requests.Response], subjects: Sequence[T]) -> list[Outcome]:
    """The responses to requests that are started at the same time, or the exceptions."""
    outcomes: list[Outcome] = [requests.RequestException("not asked")] * len(subjects)
    gate = threading.Barrier(len(subjects))

    def do(place: int) -> None:
        gate.wait()
        try:
            outcomes[place] = action(subjects[place])
        except requests.RequestException as broken:
            outcomes[place] = broken

    threads = [threading.Thread(target=do, args=(place,)) for place in range(len(subjects))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes

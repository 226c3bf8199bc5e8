"""Requests that change a dataset in Run Registry: flags of lumisections, and the Tracker's state.

Run Registry accepts almost anything and can be damaged for ever, so that each request is checked before it is built.
It has no key against repetition: after a time-out only reading tells whether a request has had its effect.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from infrastructure.http import client, tokens
from infrastructure.http.errors import WrongShape
from registry.flags import COLUMNS
from registry.parsing import ONLINE
from registry.service import REGISTRY

if TYPE_CHECKING:
    from infrastructure.http.budget import Budget
    from registry.flag_ranges import FlagTriplet

WORKSPACE = "tracker"
# What we write: our flags, and what we wrote over, to undo it. STANDBY is neither.
STATUSES = frozenset({"GOOD", "BAD", "EXCLUDED", "NOTSET", "EMPTY", "NO VALUE FOUND"})
AUTOMATIC = "auto@auto"  # passes without an e-group, and loses against the flags of any person
OPEN, SIGNOFF, COMPLETED = "OPEN", "SIGNOFF", "COMPLETED"
MOVES = frozenset({(OPEN, SIGNOFF), (SIGNOFF, COMPLETED), (COMPLETED, SIGNOFF)})
# How Run Registry refuses one request: 500 for almost everything, 401 for an e-group. No sign that it is out.
REFUSALS = frozenset({400, 401, 403, 404, 409, 422, 500})
MIN_COMMENT = 3  # Run Registry requires three characters of a bad flag


class WriteRefused(ValueError):
    """A request is not sent because it could damage a dataset. The message is a sentence."""


@dataclass(frozen=True)
class DatasetKey:
    """A dataset by its run and its name in Run Registry, which can end in a newline."""

    run_number: int
    registry_name: str

    def __post_init__(self) -> None:
        _check(_is_number(self.run_number) and self.run_number > 0, f"{self.run_number!r} is no run number.")
        named = isinstance(self.registry_name, str) and self.registry_name.strip() not in ("", ONLINE)
        _check(named, f"{self.registry_name!r} is no dataset of a reconstruction.")


@dataclass(frozen=True)
class FlagEdit:
    """The flag of lumisections `first` to `last` of a component. `run_last`: the last lumisection of the run (OMS).

    Raises `WriteRefused` for everything that Run Registry would store although it must not be there.
    """

    dataset: DatasetKey
    component: str
    first: int
    last: int
    triplet: FlagTriplet
    run_last: int

    def __post_init__(self) -> None:
        status, comment, cause = self.triplet
        _check(self.component in COLUMNS, f"{self.component!r} is no component of the Tracker.")
        _check(all(map(_is_number, (self.first, self.last, self.run_last))), "A lumisection is not a whole number.")
        named = f"Lumisections {self.first}-{self.last}"
        _check(1 <= self.first <= self.last <= self.run_last, f"{named} are not within 1-{self.run_last}.")
        _check(isinstance(status, str) and status in STATUSES, f"{status!r} is no status that is written.")
        is_text = isinstance(comment, str) and isinstance(cause, str) and "\0" not in comment + cause
        _check(is_text, "The comment cannot be stored.")
        _check(
            status != "BAD" or len(comment) >= MIN_COMMENT, f"A bad flag needs a comment of {MIN_COMMENT} characters."
        )

    def body(self) -> dict[str, Any]:
        """Return the body of the request."""
        status, comment, cause = self.triplet
        return {
            "run_number": self.dataset.run_number,
            "dataset_name": self.dataset.registry_name,
            "component": COLUMNS[self.component],
            "new_lumisection_range": {
                "start": self.first,
                "end": self.last,
                "status": status,
                "comment": comment,
                "cause": cause,
            },
        }


@dataclass(frozen=True)
class StateMove:
    """The Tracker's state of a dataset, from one to another. Raises `WriteRefused` for a move that we never make."""

    dataset: DatasetKey
    state_from: str
    state_to: str

    def __post_init__(self) -> None:
        is_known = (self.state_from, self.state_to) in MOVES
        _check(is_known, f"A dataset is not moved from {self.state_from} to {self.state_to}.")


def send_flag_edit(edit: FlagEdit, budget: Budget) -> int:
    """Write the flag and return the version that it has in the history of Run Registry. Raises `RemoteError`."""
    _check_author()
    answer = _send("PUT", "/lumisections/edit_rr_lumisections", edit.body(), budget)
    version = answer.get("version") if isinstance(answer, dict) else None
    if not isinstance(version, int):
        raise WrongShape(REGISTRY, key="version")
    return version


def move_state_if_unchanged(move: StateMove, budget: Budget) -> None:
    """Move the state if it is still `state_from`; else nothing happens and Run Registry does not tell.

    This is the write of many datasets with a filter for one: no other looks at the state that it begins from. It needs
    the e-group of the Tracker's administrators. Raises `RemoteError`.
    """
    _check_author()
    key = {"run_number": {"=": move.dataset.run_number}, "name": {"=": move.dataset.registry_name}}
    path = f"/dc_tools/change_multiple_dataset_states/{WORKSPACE}/{move.state_from}/{move.state_to}"
    _send("POST", path, {"filter": key}, budget)


def move_state(move: StateMove, budget: Budget) -> None:
    """Move the state, whatever it is by then. Raises `RemoteError`."""
    _check_author()
    names = {"run_number": move.dataset.run_number, "dataset_name": move.dataset.registry_name}
    path = f"/datasets/{WORKSPACE}/move_dataset/{move.state_from}/{move.state_to}"
    _send("POST", path, {**names, "workspace": WORKSPACE}, budget)


def fetch_history(dataset: DatasetKey, budget: Budget) -> list[Any]:
    """Return the manual and automatic changes of the flags of a dataset, as Run Registry gives them.

    Raises `RemoteError`.
    """
    names = {"run_number": dataset.run_number, "dataset_name": dataset.registry_name}
    answer = query("/lumisections/get_rr_lumisection_history", names, budget)
    if not isinstance(answer, list):
        raise WrongShape(REGISTRY, key="history")
    return answer


def query(path: str, body: dict[str, Any], budget: Budget) -> Any:
    """Return the answer to a question that the released client does not ask. Raises `RemoteError`."""
    return _send("POST", path, body, budget)


def _send(method: str, path: str, body: dict[str, Any], budget: Budget) -> Any:
    """Send a request and return its answer. Without an audience the headers say who writes, else the token does."""
    headers = {"Content-Type": "application/json"}
    if not settings.RUNREGISTRY_AUDIENCE:
        headers |= {"email": settings.RUNREGISTRY_EMAIL, "egroups": settings.RUNREGISTRY_EGROUPS}
    url = f"{settings.RUNREGISTRY_URL}{path}"
    call = client.ServiceCall(
        REGISTRY, method, url, setting="RUNREGISTRY_URL", headers=headers, data=json.dumps(body).encode()
    )
    credentials = tokens.ClientCredentials(
        settings.RUNREGISTRY_AUDIENCE, settings.SSO_CLIENT_ID, settings.SSO_CLIENT_SECRET
    )
    return tokens.fetch_json(call, credentials, budget, ignored_statuses=REFUSALS)


def author_problem(email: str, egroups: str) -> str:
    """Return why Run Registry must not be written to as this author, without a full stop; else an empty text."""
    if email.strip().casefold().startswith(AUTOMATIC):
        return f"RUNREGISTRY_EMAIL begins with {AUTOMATIC}, which Run Registry takes for its own automatic flags"
    if "@" not in email or len(email.split()) != 1:
        return "RUNREGISTRY_EMAIL is no e-mail address"
    if any(not group or len(group.split()) != 1 or group != group.strip() for group in egroups.split(",")):
        return "RUNREGISTRY_EGROUPS has a blank or an empty name. Separate the e-groups by commas alone"
    return ""


def _check_author() -> None:
    """Raise `WriteRefused` for an author that bypasses the rights of Run Registry. Of a token it is the application."""
    problem = author_problem(settings.RUNREGISTRY_EMAIL, settings.RUNREGISTRY_EGROUPS)
    _check(not problem, f"{problem}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check(is_right: bool, sentence: str) -> None:
    if not is_right:
        raise WriteRefused(sentence)

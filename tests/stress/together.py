"""Concurrent submissions of one run or one certification: one is saved, and nobody loses text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.browser_form import fields_of
from tests.stress.hands import Outcome, SimulatedUser, all_at_once, seen_status, simulated_users
from tests.stress.submission import check

if TYPE_CHECKING:
    import requests

RUN, OTHER_RUN = 315259, 315264
ALL_GOOD = {"pixel": "good", "strip": "good", "tracking": "good", "trackermap": "exists"}


def certified_together(url: str, count: int) -> str:
    """Different shifters certify one run."""
    path = f"/certify/{RUN}/express/"
    sent = _opened(simulated_users(url, count, "shifter"), path, ALL_GOOD)
    _check_one_saved(path, sent, all_at_once(lambda pair: pair[0].send(path, pair[1]), sent))
    return f"{count} shifters certify one run at once: one 303, {count - 1} times 409 with what they had typed"


def changed_together(url: str, count: int) -> str:
    """Different shift leaders change one certification, all from the same version."""
    certification = _certified(RUN)
    path = f"/list/{certification.pk}/update/"
    sent = _opened(simulated_users(url, count, "shift_leader"), path, {"reason": "Seen again."})
    _check_one_saved(path, sent, all_at_once(lambda one: one[0].send(path, one[1]), sent))
    if _certified(RUN).version != certification.version + 1:
        raise AssertionError(f"version {_certified(RUN).version} after one change of version {certification.version}")
    return f"{count} shift leaders change one certification at once: one 303, {count - 1} times 409 with their text"


def sent_again_and_again(url: str, count: int) -> str:
    """One form of one shifter is submitted many times concurrently: all responses lead to one record."""
    path, hand = f"/certify/{OTHER_RUN}/express/", simulated_users(url, 1, "shifter")[0]
    fields = hand.open_form(path) | ALL_GOOD
    answers = all_at_once(lambda _: hand.send(path, fields), range(count))
    check(_statuses(answers) == {303: count}, f"one form {count} times: {_statuses(answers)}")
    check(_certified(OTHER_RUN).version == 1, "a form sent again is no change")
    return f"one form arrives {count} times at once: {count} times 303, one record"


def _opened(
    people: list[SimulatedUser], path: str, values: dict[str, Any]
) -> list[tuple[SimulatedUser, dict[str, Any]]]:
    """Filled-in forms, each with a unique comment."""
    return [(user, user.open_form(path) | values | {"comment": f"Seen by {user.name} alone"}) for user in people]


def _check_one_saved(path: str, sent: list[tuple[SimulatedUser, dict[str, Any]]], answers: list[Any]) -> None:
    check(_statuses(answers) == {303: 1, 409: len(sent) - 1}, f"POST {path}: {_statuses(answers)}")
    lost = [fields["comment"] for (_, fields), answer in zip(sent, answers, strict=True) if not _holds(answer, fields)]
    check(not lost, f"POST {path}: lost {lost}")
    saved = next(f["comment"] for (_, f), answer in zip(sent, answers, strict=True) if answer.status_code == 303)
    check(_certified(RUN).comment == saved, f"{saved!r} was answered with 303, {_certified(RUN).comment!r} stands")


def _holds(answer: requests.Response, fields: dict[str, Any]) -> bool:
    """Return whether the typed text is in the form on the page or was saved."""
    return answer.status_code == 303 or fields_of(answer)["comment"] == [fields["comment"]]


def _statuses(outcomes: list[Outcome]) -> Counter[int | str]:
    return Counter(map(seen_status, outcomes))


def _certified(run: int) -> Any:
    """The one live certification of the run's express."""
    from certify.models import TrackerCertification

    return TrackerCertification.objects.live().of_run(run).get(runreconstruction__reconstruction="express")

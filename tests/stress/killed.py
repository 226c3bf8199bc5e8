"""The web server is killed (SIGKILL) during saves; afterwards each submission is either complete or absent."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import requests

from tests.stress.hands import Outcome, all_at_once, seen_status, simulated_users
from tests.stress.submission import Submission, check, leftovers, submission, targets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tests.stress.site import StressSite

AT_ONCE = 4
UNDISTURBED = 2


def killed_while_saving(site: StressSite, count: int, random: Random) -> Iterator[str]:
    """Submit, with a kill for every few submissions; then check the records, and send all of them again."""
    sent, answers = _sent_to_a_dying_server(site, count, random)
    records = [entry.record() for entry in sent]
    _check_answered(sent, records, answers)
    for entry, record in zip(sent, records, strict=True):
        if record:
            entry.check_whole(record)
        else:
            check(entry.has_draft(), f"{entry}: neither saved nor kept as a draft")
    check(not (left := leftovers(sent)), f"left behind by what was not saved: {left}")
    yield _figures(records, answers)
    _check_again(sent, records)
    yield f"all {count} sent again with the same keys: {count} records, none twice, none changed"


def _sent_to_a_dying_server(site: StressSite, count: int, random: Random) -> tuple[list[Submission], list[Outcome]]:
    """Two rounds run undisturbed, the second to measure its time; later ones are killed within 1.5 times that.

    Until a kill has cut somebody off, each comes twice as soon as it would have.
    """
    people, where = simulated_users(site.url, AT_ONCE, "shifter"), targets(count)
    sent: list[Submission] = []
    answers: list[Outcome] = []
    took, sooner = 0.0, 1
    for number, first in enumerate(range(0, count, AT_ONCE)):
        places = zip(people, where[first : first + AT_ONCE], strict=False)
        sent += (batch := [submission(hand, *place, random) for hand, place in places])
        if number < UNDISTURBED:
            began = time.monotonic()
            answers += all_at_once(Submission.send, batch)
            took = time.monotonic() - began
        else:
            answers += _killed(site, batch, random.uniform(0, 1.5 * took) / sooner)
            sooner *= 1 if any(map(_is_cut_off, answers)) else 2
    check(any(map(_is_cut_off, answers)), "no kill has cut anybody off: this run shows nothing")
    return sent, answers


def _is_cut_off(answer: Outcome) -> bool:
    return isinstance(answer, requests.RequestException)


def _killed(site: StressSite, submissions: list[Submission], seconds: float) -> list[Outcome]:
    """The responses of a server that is killed after some seconds and started again."""
    killer = threading.Timer(seconds, site.server.kill)
    killer.start()
    answers = all_at_once(Submission.send, submissions)
    killer.join()
    site.server.start()
    return answers


def _check_answered(sent: list[Submission], records: list[Any], answers: list[Outcome]) -> None:
    """Check that each submission with a success response is stored, and that there are no other responses."""
    for entry, record, answer in zip(sent, records, answers, strict=True):
        is_cut_off = _is_cut_off(answer)
        check(is_cut_off or seen_status(answer) == 303, f"{entry}: answered with {seen_status(answer)}")
        check(is_cut_off or record is not None, f"{entry}: answered with {seen_status(answer)}, and there is none")


def _figures(records: list[Any], answers: list[Outcome]) -> str:
    cut_off = [record for record, answer in zip(records, answers, strict=True) if _is_cut_off(answer)]
    whole = sum(record is not None for record in cut_off)
    kills = -(-len(records) // AT_ONCE) - UNDISTURBED
    return (
        f"{len(records)} submissions, {kills} kills: {len(records) - len(cut_off)} answered and whole, "
        f"{len(cut_off)} cut off, of these {whole} whole and {len(cut_off) - whole} absent, "
        "each with its draft; constraints hold"
    )


def _check_again(sent: list[Submission], before: list[Outcome]) -> None:
    """Check that each submission, sent again, has one record: the existing one, unchanged, or a new one."""
    for entry, record in zip(sent, before, strict=True):
        answer = entry.send()
        check(answer.status_code == 303, f"{entry}: sent again, answered with {answer.status_code}")
        now = entry.record()
        check(now is not None, f"{entry}: sent again, and there is none")
        entry.check_whole(now)
        check(not entry.has_draft(), f"{entry}: saved, and still offered as a draft")
        check(record is None or record.updated_at == now.updated_at, f"{entry}: changed by being sent again")

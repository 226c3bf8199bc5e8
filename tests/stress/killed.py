"""The web server is killed (SIGKILL) while people save; afterwards each submission is either whole or absent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import requests

from tests.stress.hands import Outcome, all_at_once, hands, told
from tests.stress.site import Site
from tests.stress.submission import Submission, check, leftovers, submission, targets

AT_ONCE = 4


def killed_while_saving(site: Site, count: int, random: Random) -> Iterator[str]:
    """Submit so many, with one kill for each few; then look at what is there, and send all of them again."""
    sent, answers = _sent_to_a_dying_server(site, count, random)
    records = [one.record() for one in sent]
    _check_answered(sent, records, answers)
    for one, record in zip(sent, records, strict=True):
        if record:
            one.check_whole(record)
        else:
            check(one.has_draft(), f"{one}: neither saved nor kept as a draft")
    check(not (left := leftovers(sent)), f"left behind by what was not saved: {left}")
    yield _figures(records, answers)
    _check_again(sent, records)
    yield f"all {count} sent again with the same keys: {count} records, none twice, none changed"


def _sent_to_a_dying_server(site: Site, count: int, random: Random) -> tuple[list[Submission], list[Outcome]]:
    """The first few undisturbed, to see how long they take; each time after them within that time and half as much."""
    people, where = hands(site.url, AT_ONCE, "shifter"), targets(count)
    sent: list[Submission] = []
    answers: list[Outcome] = []
    longest = 0.0
    for first in range(0, count, AT_ONCE):
        places = zip(people, where[first : first + AT_ONCE], strict=False)
        sent += (some := [submission(hand, *there, random) for hand, there in places])
        began = time.monotonic()
        answers += _killed(site, some, random.uniform(0, longest)) if first else all_at_once(Submission.send, some)
        longest = longest or 1.5 * (time.monotonic() - began)
    return sent, answers


def _killed(site: Site, some: list[Submission], seconds: float) -> list[Outcome]:
    """What they are answered by a server that dies after so many seconds, and is started again."""
    killer = threading.Timer(seconds, site.server.kill)
    killer.start()
    answers = all_at_once(Submission.send, some)
    killer.join()
    site.server.start()
    return answers


def _check_answered(sent: list[Submission], records: list[Any], answers: list[Outcome]) -> None:
    """Whoever was told that it is saved finds it saved; nobody was told anything else."""
    for one, record, answer in zip(sent, records, answers, strict=True):
        is_cut_off = isinstance(answer, requests.RequestException)
        check(is_cut_off or told(answer) == 303, f"{one}: answered with {told(answer)}")
        check(is_cut_off or record is not None, f"{one}: answered with {told(answer)}, and there is none")


def _figures(records: list[Any], answers: list[Outcome]) -> str:
    cut_off = [
        record for record, answer in zip(records, answers, strict=True) if isinstance(answer, requests.RequestException)
    ]
    whole = sum(record is not None for record in cut_off)
    kills = -(-len(records) // AT_ONCE) - 1
    return (
        f"{len(records)} submissions, {kills} kills: {len(records) - len(cut_off)} answered and whole, "
        f"{len(cut_off)} cut off, of these {whole} whole and {len(cut_off) - whole} absent, "
        "each with its draft; constraints hold"
    )


def _check_again(sent: list[Submission], before: list[Outcome]) -> None:
    """Sent once more, each leads to one record: the one that was there, unchanged, or a new one."""
    for one, record in zip(sent, before, strict=True):
        answer = one.send()
        check(answer.status_code == 303, f"{one}: sent again, answered with {answer.status_code}")
        now = one.record()
        check(now is not None, f"{one}: sent again, and there is none")
        one.check_whole(now)
        check(not one.has_draft(), f"{one}: saved, and still offered as a draft")
        check(record is None or record.updated_at == now.updated_at, f"{one}: changed by being sent again")

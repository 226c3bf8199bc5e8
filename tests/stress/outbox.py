"""`python -m tests.stress.outbox --rows 500 --kills 50 --late`: the process that sends to Run Registry is killed.

Afterwards Run Registry has what was planned, and each row of the outbox has one receipt, which is right.
"""

from __future__ import annotations

import argparse
import functools
import os
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
from django.utils import timezone

from tests.stress.site import ROOT, database_and_sandbox
from tests.stress.submission import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from registry_sync.models import Sending
    from users.models import User

RUN, DATASET, LAST = 315322, "/PromptReco/Collisions2018A/DQM", 1364
PATIENCE_S = 300
PAUSE_S = 0.3  # the longest from the row at which a kill is due to the kill: two or three rows
SECONDS_PER_WRITE = 0.02  # of Run Registry


def control(method: str, path: str, **body: Any) -> Any:
    """Control the sandbox."""
    address = f"http://127.0.0.1:{os.environ['SANDBOX_PORT']}/_sandbox/{path}"
    answer = requests.request(method, address, json=body, timeout=30)
    answer.raise_for_status()
    return answer.json()


def sender(**environment: str) -> subprocess.Popen[str]:
    """Start a process that sends."""
    command = [sys.executable, str(ROOT / "manage.py"), "send_to_registry", "--once", "--resend-after", "0.5"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, cwd=ROOT, text=True, env={**os.environ, **environment}, **pipes)


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        check(time.monotonic() < deadline, f"{what}: not within {PATIENCE_S} s")
        time.sleep(0.01)


@functools.cache
def people_and_facts() -> tuple[User, dict[str, Any]]:
    """A shift leader, and what certifications of the run have in common."""
    from tests import factories
    from users.models import Role

    reconstruction = factories.ReconstructionFactory(run=factories.RunFactory(run_number=RUN), reconstruction="prompt")
    facts = {"dataset": factories.DatasetFactory(name=DATASET), "user": factories.UserFactory(), "lumisections": LAST}
    return factories.UserFactory(role=Role.SHIFT_LEADER), {"runreconstruction": reconstruction, **facts}


def new_sending(rows: int) -> Sending:
    """Confirm a certification whose plan has this many rows, on a Run Registry that nobody has written to."""
    from certify.models import TrackerCertification
    from infrastructure.http.budget import Budget
    from registry_sync.actions import confirm_plan
    from registry_sync.planning import make_plan
    from tests.factories import CertificationFactory

    leader, facts = people_and_facts()
    TrackerCertification.objects.update(  # of an earlier part
        state="withdrawn", withdrawn_by=leader, withdrawn_at=timezone.now(), withdrawn_reason="certified again"
    )
    control("DELETE", "registry")
    control("POST", "registry", write_seconds=SECONDS_PER_WRITE)
    # Each range of Strip is an edit, each of Tracking, which has no flags there, two with the good ones before it.
    tracking = (rows - 2) // 3
    strip = rows - 2 - 2 * tracking
    plan = make_plan(
        CertificationFactory(
            **facts,
            strip_ranges=[[number, number] for number in range(100, 100 + 4 * strip, 4)],
            tracking_ranges=[[number, number] for number in range(100, 100 + 4 * tracking, 4)],
            comment="holes in TIB",
        ),
        Budget(60),
    )
    check(not plan.refusals and len(plan.edits) + plan.has_move == rows, f"{len(plan.edits)} edits, {plan.refusals}")
    return confirm_plan(leader, plan)


@dataclass
class KilledSender:
    """A sender that is killed at random rows, and started again, until all is sent."""

    sending: Sending
    random: random.Random
    is_late: bool
    in_flight: int = 0
    kills: int = 0
    outputs: list[str] = field(default_factory=list)

    def run(self, kills: int) -> None:
        rows = self.sending.writes.count()
        for due in sorted(self.random.randrange(rows) for _ in range(kills)):
            self._kill_at(due)
        while self._states() & {"planned", "sending", "unknown"}:
            ended = sender()
            self.outputs.append(ended.communicate(timeout=PATIENCE_S)[0])
            check(ended.returncode == 0, f"the sender failed:\n{self.outputs[-1]}")

    def _kill_at(self, due: int) -> None:
        control("DELETE", "requests")
        process = sender()
        wait_until(lambda: self._is_sending(process) and self._done() >= due, f"row {due}")
        if self.is_late:
            control("POST", "faults", service="registry", mode="late", seconds=PATIENCE_S, count=1)
        time.sleep(self.random.uniform(0, PAUSE_S))
        process.kill()
        process.communicate(timeout=PATIENCE_S)
        control("DELETE", "faults")
        self.kills += process.returncode == -9
        self.in_flight += "sending" in self._states()

    def _is_sending(self, process: subprocess.Popen[str]) -> bool:
        """Whether it has begun; one that ended, since a request is still open, is due, too."""
        return process.poll() is not None or bool(control("GET", "requests"))

    def _states(self) -> set[str]:
        return set(self.sending.writes.values_list("state", flat=True))

    def _done(self) -> int:
        return self.sending.writes.filter(state="done").count()


def check_receipts(sending: Sending) -> int:
    """Check that each row is done, with the version of its write, and Run Registry as planned; return repeats."""
    from infrastructure.http.budget import Budget
    from registry.flag_history import fetch_manual_changes
    from registry_sync.dispatch import dataset_of
    from registry_sync.own_writes import is_own
    from registry_sync.planning import make_plan

    writes = list(sending.writes.select_related("sending"))
    check({write.state for write in writes} == {"done"}, f"not done: {Counter(write.state for write in writes)}")
    changes = fetch_manual_changes(dataset_of(sending), Budget(60))
    edits = [write for write in writes if not write.is_move]
    for write in edits:
        versions = [change.version for change in changes if is_own(change, write)]
        check(versions[-1:] == [write.registry_version], f"{write}: {write.registry_version}, there {versions}")
    check(len({write.registry_version for write in edits}) == len(edits), "two receipts with one version")
    plan = make_plan(sending.certification, Budget(60))
    check(plan.is_empty and not plan.refusals, f"not as planned: {plan.edits}, {plan.state_to}")
    check(plan.status is not None and plan.status.state == "SIGNOFF", "not signed off")
    return len(changes) - len(edits)


def killed(rows: int, kills: int, random_source: random.Random, is_late: bool) -> str:
    """Kill the sender, and check what is left."""
    sending = new_sending(rows)
    dying = KilledSender(sending, random_source, is_late)
    dying.run(kills)
    repeats = check_receipts(sending)
    check(repeats <= dying.kills, f"{repeats} repeats in the history, {dying.kills} kills")
    return (
        f"{rows} rows, {dying.kills} kills{', each after a late answer' if is_late else ''}: each row done once in "
        f"effect, 0 wrong receipts; {dying.in_flight} kills left a request open, {repeats} repeats in the history"
    )


def two_senders(folder: str) -> str:
    """Start a second sender, as on another machine with the same database, while the first one sends."""
    sending = new_sending(6)
    control("POST", "registry", write_seconds=0.5)
    first = sender()
    wait_until(lambda: sending.writes.exclude(state="planned").exists(), "the first sender")
    second = sender(VAR_DIR=folder, DATABASE_URL=_database_address())
    words = second.communicate(timeout=PATIENCE_S)[0]
    check(second.returncode == 0 and "Another one sends. Nothing done." in words, f"the second sender: {words}")
    words = first.communicate(timeout=PATIENCE_S)[0]
    check(first.returncode == 0 and "6 done, 0 not done." in words, f"the first sender: {words}")
    check(check_receipts(sending) == 0, "repeats in the history")
    return "two senders: the second says that another one sends, and ends with 0; nothing is sent twice"


def _database_address() -> str:
    from django.db import connection

    return os.environ.get("DATABASE_URL") or f"sqlite:///{connection.settings_dict['NAME']}"


def lost_connection() -> Iterator[str]:
    """End the sender's connection to PostgreSQL, and so its lock, while it sends; another one goes on."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return
    sending = new_sending(6)
    control("POST", "registry", write_seconds=0.5)
    first = sender()
    wait_until(lambda: sending.writes.filter(state="sending").exists(), "the first sender")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    second = sender(VAR_DIR=f"{os.environ['VAR_DIR']}/other")
    words = second.communicate(timeout=PATIENCE_S)[0]
    check(first.wait(PATIENCE_S) != 0, "the first sender went on without its lock")
    while sending.writes.exclude(state="done").exists():
        words += sender().communicate(timeout=PATIENCE_S)[0]
        check("Traceback" not in words, words)
    check(check_receipts(sending) <= 1, "repeats in the history")
    yield "a sender that loses its connection ends; another one reads back what it left, and goes on"


def main() -> int:
    options = _options()
    os.environ["REGISTRY_SYNC"] = "on"
    began = time.monotonic()
    with database_and_sandbox(options.database):
        report(f"{options.database}, seed {options.seed}")
        report(killed(options.rows, options.kills, random.Random(options.seed), options.late))
        report(two_senders(f"{os.environ['VAR_DIR']}/other"))
        for line in lost_connection():
            report(line)
        report(f"{time.monotonic() - began:.0f} s")
    return 0


def report(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the report is what this program is for


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--rows", type=int, default=30, help="of the outbox")
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--late", action="store_true", help="before each kill an answer is lost")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the moments of the kills")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

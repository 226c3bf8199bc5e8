"""`python -m tests.stress --database postgres --submissions 200`: concurrent users, and a killed server."""

from __future__ import annotations

import argparse
import random
import sys
import time

from tests.stress import killed, together
from tests.stress.site import StressSite, whole_site


def report(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the report is what this program is for


def main() -> int:
    options = _options()
    report(f"{options.database}, seed {options.seed}")
    with whole_site(options.database) as site:
        for line in _stress_run(site, options):
            report(line)
    return 0


def _stress_run(site: StressSite, options: argparse.Namespace):
    if options.hands:
        yield together.certified_together(site.url, options.hands)
        yield together.changed_together(site.url, options.hands)
        yield together.sent_again_and_again(site.url, options.hands)
    if options.submissions:
        began = time.monotonic()
        yield from killed.killed_while_saving(site, options.submissions, random.Random(options.seed))
        yield f"{time.monotonic() - began:.0f} s"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--hands", type=int, default=50, help="how many send one form at the same moment; 0: none")
    parser.add_argument("--submissions", type=int, default=30, help="how many while the server is killed; 0: none")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the moments of the kills")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

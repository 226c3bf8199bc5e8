"""Run numbers and inclusive ranges: their limits and how they are written."""

from collections.abc import Iterable

from infrastructure.number_ranges import format_ranges, merged_ranges

FIRST_RUN = 100_000
LAST_RUN = 9_999_999
MAX_RUNS = 100


def format_run_numbers(runs: Iterable[int]) -> str:
    """Format runs as ranges, oldest first: "315190-315193, 315196"."""
    return format_ranges(merged_ranges((run, run) for run in runs))

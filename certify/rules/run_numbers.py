"""Run numbers and inclusive ranges: their limits and how they are written."""

from collections.abc import Iterable

FIRST_RUN = 100_000
LAST_RUN = 9_999_999
MAX_RUNS = 100


def format_ranges(ranges: Iterable[tuple[int, int]]) -> str:
    """Format ranges as "315190-315193, 315196"."""
    return ", ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in ranges)


def format_run_numbers(runs: Iterable[int]) -> str:
    """Format runs as ranges, oldest first: "315190-315193, 315196"."""
    return format_ranges(merged_ranges((run, run) for run in runs))


def merged_ranges(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the ranges sorted, overlapping and adjacent ones as one."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged

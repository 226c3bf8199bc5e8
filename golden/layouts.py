"""Layouts of a file of good runs: from {run: ranges} to text, to the byte, and back.

The text has no final newline, except in the layout `lumilist`. Runs ascend; ranges are (first, last), both included,
sorted, disjoint and never adjacent.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from infrastructure.number_ranges import NumberRanges, merged_ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RunRanges = dict[int, NumberRanges]

# The layouts of the official files of 2016 (wrap42), 2017 and 2018 (wrap80) and from 2022 on (indent), the flat form
# of Run Registry, and a list of lumisections as CRAB writes it.
LAYOUTS = ("wrap42", "wrap80", "indent", "flat", "lumilist")
_WRAP = re.compile(r"wrap([1-9][0-9]{0,2})")


class LayoutUnknown(ValueError):
    """No layout has this name. The message names those that exist."""


class FileInvalid(ValueError):
    """A text is no file of good runs. The message says where and why."""


def layout_text(runs: Mapping[int, NumberRanges], layout: str) -> str:
    """Return the file of these runs as text. Runs without ranges are left out. Raises `LayoutUnknown`."""
    ordered = {run: [list(span) for span in runs[run]] for run in sorted(runs) if runs[run]}
    return _writer(layout)(ordered)


def is_layout(name: str) -> bool:
    """Whether this is one of the layouts, or `wrap` with another width of up to three digits."""
    return name in LAYOUTS or bool(_WRAP.fullmatch(name))


def _writer(layout: str) -> Callable[[dict[int, list[list[int]]]], str]:
    if found := _WRAP.fullmatch(layout):
        width = int(found[1])
        return lambda runs: _wrap(runs, width)
    if layout == "indent":
        return lambda runs: json.dumps(runs, indent=4)
    if layout == "flat":
        return json.dumps
    if layout == "lumilist":
        return _lumilist
    raise LayoutUnknown(f"There is no layout {layout[:40]!r}. Choose one of {', '.join(LAYOUTS)}.")


def _wrap(runs: dict[int, list[list[int]]], width: int) -> str:
    """Return a line for each run, or a line for each of its ranges where that line is longer than `width`."""
    lines = []
    for run, ranges in runs.items():
        line = f'  "{run}": {json.dumps(ranges)}'
        if len(line) > width:
            opened = ",\n".join(f"    {json.dumps(span)}" for span in ranges)
            line = f'  "{run}": [\n{opened}\n  ]'
        lines.append(line)
    return "{\n" + ",\n".join(lines) + "\n}"


def _lumilist(runs: dict[int, list[list[int]]]) -> str:
    return "{" + ",\n ".join(f'"{run}": {json.dumps(ranges)}' for run, ranges in runs.items()) + "}\n"


def read_runs(text: str) -> RunRanges:
    """Return the runs of a file in any layout. Overlapping and adjacent ranges are merged. Raises `FileInvalid`."""
    try:
        content = json.loads(text, object_pairs_hook=_unique_keys)
    except (ValueError, RecursionError) as error:
        raise FileInvalid(f"The file is not JSON: {str(error)[:200]}.") from None
    if not isinstance(content, dict):
        raise FileInvalid('The file is not {"RUN": [[FIRST, LAST], …]}.')
    runs = {_run_number(key): _ranges(key, ranges) for key, ranges in content.items()}
    return {run: runs[run] for run in sorted(runs)}


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise FileInvalid("A run is named twice. Name each run once.")
    return content


def _run_number(key: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", key):
        raise FileInvalid(f"{key[:40]!r} is no run number.")
    return int(key)


def _ranges(key: str, ranges: Any) -> NumberRanges:
    if not isinstance(ranges, list) or not all(_is_range(span) for span in ranges):
        raise FileInvalid(f"Run {key}: the ranges are not [[FIRST, LAST], …] with 1 <= FIRST <= LAST.")
    return tuple(merged_ranges((first, last) for first, last in ranges))


def _is_range(span: Any) -> bool:
    is_pair = isinstance(span, list) and len(span) == 2 and all(type(number) is int for number in span)
    return is_pair and 1 <= span[0] <= span[1] < 10**7

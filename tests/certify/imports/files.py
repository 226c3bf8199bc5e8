"""Small files of certifications, as bytes, for tests of the import."""

from __future__ import annotations

import csv
import io
import json

# The columns of the first installation's export that people edit in a spreadsheet.
ROW = {
    "run_number": "390001",
    "reconstruction": "express",
    "reference_run_number": "314768",
    "reference_reconstruction": "prompt",
    "pixel": "good",
    "strip": "bad",
    "tracking": "excluded",
    "dataset": "/Express/Collisions2018/DQM",
    "date": "2018-05-01",
    "user": "shifter",
    "comment": "",
    "pixel_lowstat": "",
    "strip_lowstat": "True",
    "tracking_lowstat": "False",
    "trackermap": "exists",
}
DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def csv_text(*changes: dict[str, str], delimiter: str = ",", line_end: str = "\n") -> str:
    """A CSV file with `ROW` changed by each of `changes`; a new name is a further column."""
    names = list(dict.fromkeys([*ROW, *(name for change in changes for name in change)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", delimiter=delimiter, lineterminator=line_end)
    writer.writeheader()
    writer.writerows(ROW | change for change in changes)
    return text.getvalue()


def csv_file(*changes: dict[str, str], **dialect: str) -> bytes:
    """The same in UTF-8."""
    return csv_text(*changes, **dialect).encode()


def json_file(*changes: dict[str, object]) -> bytes:
    """A list of objects, `ROW` changed by each of `changes`; a lone surrogate is written as its escape."""
    return json.dumps([ROW | change for change in changes]).encode()

"""Mutated files: the import never fails with a traceback, and stores no row that differs from the text of the file.

The text is read again by a reader of its own, written from the definition of CSV (RFC 4180), cell by cell.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from certify.imports.problems import NotImportable
from certify.imports.rows import read_certifications
from certify.imports.text_file import decode_text
from certify.models import TrackerCertification
from certify.models.components import RANGES_FIELDS, flag_columns
from infrastructure.number_ranges import parse_ranges
from listruns.exports import exported_values
from oms.models import OmsRun
from tests.certify.imports.files import csv_file, json_file
from tests.proof import scaled

if TYPE_CHECKING:
    from certify.imports.rows import ImportedRow

FILES, IMPORTS = scaled(3000, 60_000), scaled(60, 600)
ROWS = [
    {"comment": 'he said "ok", then\r\n5 µm; 🙂', "run_type": "cosmics", "recorded_lumi_per_pb": "0.25"},
    {"run_number": "390002.0", "pixel": "Bad", "lumisections": "655", "is_practice": "False", "state": "live"},
    {"run_number": "3.90003E+05", "comment": "'=1+1", "date": "2024-02-29", "trackermap": "", "strip_lowstat": ""},
]
SOURCES = [
    *((csv_file(*ROWS, delimiter=delimiter), delimiter) for delimiter in ",;\t|"),
    (csv_file(*ROWS, line_end="\r\n").decode().encode("utf-8-sig"), ","),
    (csv_file(*ROWS, line_end="\r"), ","),
    (b"sep=;\n" + csv_file(*ROWS, delimiter=";"), ";"),
    (json_file(*ROWS, {"run_number": 390004, "lumisections": 12, "recorded_lumi_per_pb": 1.5, "comment": None}), ""),
]
PIECES = [
    *(
        '"',
        '""',
        "'",
        ",",
        ";",
        "\t",
        "|",
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "\0",
        "\\",
        "\\u0000",
        "\\ud83d",
        "\u200b",
        "\u00a0",
    ),
    *(
        " ",
        ".",
        "-",
        "e",
        "E+05",
        "0",
        "9",
        ".0",
        ".000",
        "true",
        "WAHR",
        "1",
        "no",
        "withdrawn",
        "null",
        "NaN",
        "[",
        "{",
        "}",
    ),
    *(
        "good",
        "bad",
        "excluded",
        "GUT",
        "2018-05-01",
        "01.05.2018",
        "2999-01-01",
        "390002",
        "rereco",
        "x" * 300,
        "sep=;\n",
    ),
    *(b"\xff", b"\xfc", b"\xef\xbb\xbf", b"\xed\xa0\xbd", b"\xc2"),
]


def _piece(random: Random) -> bytes:
    piece = random.choice(PIECES)
    return piece if isinstance(piece, bytes) else piece.encode()


def _with_pieces(random: Random, content: bytes) -> bytes:
    """The content with a few pieces deleted, inserted, replaced, repeated or cut off, mostly below the heading."""
    for _time in range(random.choice([1, 1, 1, 2, 3])):
        start = random.randrange(0 if random.random() < 0.1 else len(content) // 3, len(content) + 1)
        end = min(len(content), start + random.choice([0, 1, 1, 2, 5, 12, 200]))
        change = random.choice([_piece(random), _piece(random), b"", content[start:end] * 2])
        content = content[:start] + change + (b"" if random.random() < 0.03 else content[end:])
    return content


def _with_cells(random: Random, content: bytes, delimiter: str) -> bytes:
    """The content with one or two cells replaced, which reaches the parsing of cells more often."""
    mark = (delimiter or '"').encode()
    cells = content.split(mark)
    for _time in range(random.choice([1, 1, 2])):
        cells[random.randrange(len(cells) // 3, len(cells))] = _piece(random)
    return mark.join(cells)


def _cells(text: str, delimiter: str) -> list[list[str]]:
    """The rows of CSV, without the empty ones. A quotation mark inside an unquoted cell stands for itself."""
    rows, row, cell, place = [], [], "", 0
    while place < len(text):
        if not cell and text[place] == '"':
            place += 1
            while text[place] != '"' or text[place + 1 : place + 2] == '"':
                cell += text[place]
                place += 2 if text[place] == '"' else 1
            place += 1
            assert text[place : place + 1] in ("", delimiter, "\r", "\n"), "broken quotation marks were read"
        if text[place : place + 1] in ("", "\r", "\n"):
            rows.append([*row, cell])
            row, cell = [], ""
        elif text[place] == delimiter:
            row, cell = [*row, cell], ""
        else:
            cell += text[place]
        place += 1
    rows.append([*row, cell])
    return [row for row in rows if any(cell.strip() for cell in row)]


def _entries_of(content: bytes, delimiter: str) -> list[dict[str, Any]]:
    """The rows of a file as texts by column; `delimiter` is that of the file before it was mutated, "" for JSON."""
    text = content.decode("utf-8").lstrip("\ufeff")
    if not delimiter:
        entries = json.loads(text, parse_float=str, parse_int=str)
        return [{name.strip().lower(): _as_text(value) for name, value in entry.items()} for entry in entries]
    if text[:4].lower() == "sep=":
        text = text[5:]
    heading, *rows = _cells(text, delimiter)
    return [dict(zip([name.strip().lower() for name in heading], row, strict=True)) for row in rows]


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def _word(text: str, default: str) -> str:
    return text.strip().lower() or default


def _number(text: str) -> Decimal | None:
    return Decimal(text.strip()) if text.strip() else None


def _unguarded(text: str) -> str:
    """Without the apostrophe before what a spreadsheet would take for a formula."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(tuple("=+-@\t\r\n")) else text


def _expected(entry: dict[str, str], *, is_csv: bool) -> dict[str, Any]:
    """What a row of texts means, in the columns of the export."""
    if is_csv:
        entry = {name: _unguarded(text) for name, text in entry.items()}
    numbers = ("run_number", "reference_run_number", "lumisections", "recorded_lumi_per_pb")
    words = {"reconstruction": "", "reference_reconstruction": "", "pixel": "", "strip": "", "tracking": ""}
    words |= {"trackermap": "missing", "run_type": "unknown"}
    lowstats = ("pixel_lowstat", "strip_lowstat", "tracking_lowstat")
    return {
        **{name: _number(entry.get(name, "")) for name in numbers},
        **{name: _word(entry.get(name, ""), default) for name, default in words.items()},
        **{name: _word(entry.get(name, ""), "false") in ("true", "t", "1", "yes") for name in lowstats},
        **{name: [list(span) for span in parse_ranges(entry.get(name, ""))] for name in RANGES_FIELDS},
        "dataset": entry.get("dataset", "").strip(),
        "date": entry.get("date", "").strip(),
        "comment": entry.get("comment", ""),
    }


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    values |= {"date": str(values["date"]), "dataset": values["dataset"] or ""}
    for name in ("lumisections", "recorded_lumi_per_pb"):
        values[name] = None if values[name] is None else Decimal(str(values[name]))
    return values


def _changed_files(seed: int, count: int):
    """(name to replay it, mutated content, delimiter) of so many files."""
    for number in range(seed, seed + count):
        random = Random(number)
        content, delimiter = random.choice(SOURCES)
        has_new_cells = random.random() < 0.4
        content = _with_cells(random, content, delimiter) if has_new_cells else _with_pieces(random, content)
        yield f"Random({number})", content, delimiter


def _parsed(row: ImportedRow) -> dict[str, Any]:
    """The values of a parsed row, in the columns of the export."""
    return {
        **dict(zip(("run_number", "reconstruction"), row.key, strict=True)),
        **dict(zip(("reference_run_number", "reference_reconstruction"), row.reference, strict=True)),
        **flag_columns(row.component_flags),
        **{name: getattr(row, name) for name in ("trackermap", "run_type", "dataset", "comment", "lumisections")},
        "recorded_lumi_per_pb": None if row.recorded_lumi is None else Decimal(str(row.recorded_lumi)),
        "date": str(row.date or ""),
    }


def _by_run(values: dict[str, Any]) -> tuple[int, str]:
    return int(values["run_number"]), values["reconstruction"]


def test_mutated_file_is_read_as_its_text_or_refused():
    counts: Counter[str] = Counter()
    for name, content, delimiter in _changed_files(0, FILES):
        try:
            rows = read_certifications(io.StringIO(decode_text(content)))
        except NotImportable as error:
            assert str(error).isprintable() or "\n" in str(error), (name, content)
            counts["refused"] += 1
            continue
        counts["read"] += 1
        entries = [_expected(entry, is_csv=bool(delimiter)) for entry in _entries_of(content, delimiter)]
        assert sorted(map(_parsed, rows), key=_by_run) == sorted(entries, key=_by_run), (name, content)
    assert min(counts["read"], counts["refused"]) > FILES // 20, counts


@pytest.mark.django_db
def test_mutated_file_is_stored_as_its_text_or_not_at_all(admin, shifter, tmp_path):
    counts: Counter[str] = Counter()
    file = tmp_path / "certifications"
    for name, content, delimiter in _changed_files(FILES, IMPORTS):
        file.write_bytes(content)
        with transaction.atomic():
            try:
                call_command("import_certifications", file, by="admin", reason="moved", date=date(2018, 5, 1))
                counts["imported"] += 1
            except CommandError as error:
                assert str(error).startswith("Nothing was imported."), name
                assert not TrackerCertification.objects.exists() and not OmsRun.objects.exists(), (name, content)
                counts["refused"] += 1
            else:
                _check_stored(name, content, delimiter)
            transaction.set_rollback(True)
    assert min(counts["imported"], counts["refused"]) > IMPORTS // 20, counts


def _check_stored(name: str, content: bytes, delimiter: str) -> None:
    entries = [_expected(entry, is_csv=bool(delimiter)) for entry in _entries_of(content, delimiter)]
    by_key = {(entry["run_number"], entry["reconstruction"]): entry for entry in entries}
    stored = list(map(_stored, exported_values(TrackerCertification.objects.all())))
    assert len(stored) == len(by_key), (name, content)
    for values in stored:
        entry = by_key[values["run_number"], values["reconstruction"]]
        entry["date"] = entry["date"] or "2018-05-01"
        assert {column: values[column] for column in entry} == entry, (name, content)

"""Files that are refused: for each kind the exact sentence, with line or entry and column, and nothing is stored.

The kinds are those of files that went wrong elsewhere: spreadsheets in German, French or Excel's "Unicode text",
columns of numbers with gaps, pandas, dates of two countries, half emoji, rows cut short.
"""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.core.management import CommandError, call_command

from certify.models import TrackerCertification
from oms.models import OmsRun
from tests.certify.imports.files import ROW, csv_file, csv_text, json_file
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db
UTF8 = "Save it as CSV UTF-8 (JSON: UTF-8) and import that file."
SHAPE = (
    'Give a list of objects, as the export does: [{"run_number": 316187, …}, …]. In pandas that is '
    'to_json(orient="records").'
)
CELLS = "Give a cell for each column, and put quotation marks around text that has a separator in it."
COUNTS = "It would count here, as neither withdrawn nor practice. Remove such lines."
RUN_NUMBER = "Give a run number from 100000 to 9999999."
LUMI = "Give a number from 0 with a decimal point, such as 12.5, or nothing."
COUNT = "Give a whole number from 0, or nothing."
DAY = "Give the day as 2018-05-01."
OPENED = "a quotation mark is opened here and not closed. Close it, or write it twice."
CLOSED = "text follows a closing quotation mark. Write quotation marks inside a cell twice."
UNKNOWN = "is unknown. Correct its name, remove it, or give --ignore"
LATIN = f"is not UTF-8. The file may be Latin-1 or Windows-1252, in Excel “CSV”. {UTF8}"
MISSING = "are missing. Give them in the first line. With"
THREE = "reconstruction, reference_run_number, reference_reconstruction"
HEAD, FIRST = csv_text({}).splitlines()


def _with_comment(text: str) -> str:
    """The first row with this comment as it stands, without quotation marks around it."""
    return FIRST.replace("shifter,", f"shifter,{text}")


def _cell(name: str, value: str, sentence: str) -> tuple[bytes, str]:
    """A file whose second row has this cell, and the sentence about it."""
    changes = {"run_number": "390002"} | {name: value}
    return csv_file({}, changes), f"Line 3: {name} {sentence}"


WORDS = [
    *(_cell("is_practice", word, f"is {word!r}. Give true or false.") for word in ("WAHR", "vrai", "oui", "2", "-")),
    *(
        _cell("strip_lowstat", word, f"is {word!r}. Give true or false.")
        for word in ("VRAI", "x", "good", "TRUE\u200b")
    ),
    *(
        _cell("state", word, f"is {word!r}. Give one of live, withdrawn.")
        for word in ("gone", "withdrawn!", "LIVE\u200b")
    ),
    *(_cell("pixel", word, f"is {word!r}. Give one of good, bad, excluded.") for word in ("gut", "lowstat", "g00d")),
    _cell("tracking", " ", "is empty. Give one of good, bad, excluded."),
    _cell("trackermap", "yes", "is 'yes'. Give one of exists, missing."),
    _cell("run_type", "cosmic", "is 'cosmic'. Give one of collisions, cosmics, unknown."),
    _cell("reconstruction", "online", "is 'online'. Give one of express, prompt, rereco, rerecoul."),
    _cell("reference_reconstruction", "UL", "is 'UL'. Give one of express, prompt, rereco, rerecoul."),
]
NOT_COUNTING = [
    *(_cell("is_practice", word, f"is {word!r}. {COUNTS}") for word in ("True", "TRUE ", "t", "1", "yes")),
    *(_cell("state", word, f"is {word!r}. {COUNTS}") for word in ("Withdrawn ", "withdrawn", "\u00a0WITHDRAWN")),
    _cell("withdrawn_at_utc", "2018-05-02T10:00:00", f"is '2018-05-02T10:00:00'. {COUNTS}"),
    (
        json_file({"withdrawn_by": "leader", "is_practice": True, "state": "live"}),
        f"Entry 1: withdrawn_by is 'leader', is_practice is 'true'. {COUNTS}",
    ),
]
NUMBERS = [
    *(
        _cell("run_number", text, f"is {text!r}. {RUN_NUMBER}")
        for text in ("31", "390041.5", "390.041", "390,041", "3900419999", "run 390041", "٣٩٠٠٤١", "0x5F393", "")
    ),
    *(
        _cell("reference_run_number", text, f"is {text!r}, which a spreadsheet has shortened. Give all digits.")
        for text in ("3.9E+05", "3.15E+05", "3e5")
    ),
    *(
        _cell("lumisections", text, f"is {text!r}. {COUNT}")
        for text in ("655.5", "1.655", "2.000", "-1", "many", "1_000", "9" * 12, "nan", "∞")
    ),
    _cell("lumisections", "9" * 5000, f"is '{'9' * 60}…'. {COUNT}"),
    *(
        _cell("recorded_lumi_per_pb", text, f"is {text!r}. {LUMI}")
        for text in ("12,5", "nan", "NaN", "inf", "-3.2", "1.234,5", "12.5 /pb", "1_0.5", "--", "#N/A")
    ),
    _cell("recorded_lumi_per_pb", "1e300", "is '1e300', which is too large. Give it in the unit of the column."),
    _cell("recorded_lumi_per_pb", "1e999", "is '1e999', which is too large. Give it in the unit of the column."),
]
RANGES = [
    _cell(
        "pixel_ranges",
        "310-330, 320-340",
        "is '310-330, 320-340'. 310-330 and 320-340 overlap. Write each lumisection once.",
    ),
    _cell(
        "pixel_ranges",
        "310-x",
        "is '310-x'. “310-x” is no range of lumisections. Write ranges as 310-330, 352.",
    ),
    (
        json_file({"pixel_ranges": [[310, 330], [330, 340]]}),
        "Entry 1: pixel_ranges is '310-330, 330-340'. 310-330 and 330-340 overlap. Write each lumisection once.",
    ),
    (
        json_file({"pixel_ranges": [310, 330]}),
        "Entry 1: pixel_ranges is no list of ranges. Give [[first, last], …].",
    ),
]
DAYS = [
    *(
        _cell("date", text, f"is {text!r}. {DAY}")
        for text in ("27/04/2018", "05/04/2018", "10.5.2018", "2018-05-01T00:00:00", "20180501", "2018-W18-2", "43221")
    ),
    *(_cell("date", text, f"is {text!r}. {DAY}") for text in ("2018-02-30", "2018-5-1", "18-05-01", "٢٠١٨-٠٥-٠١")),
    *(_cell("date", text, f"is {text}, before 2008. Give the shift day.") for text in ("0018-04-27", "2007-12-31")),
    *(
        _cell("date", text, f"is {text}, later than tomorrow (UTC). Give the shift day.")
        for text in ("2999-01-01", "9999-12-31")
    ),
]
TEXTS = [
    (csv_file({"dataset": f"/Express/{'x' * 200}/DQM"}), "Line 2: dataset has 213 characters. Shorten it to 150."),
    (
        csv_file({"dataset": "/Express\u200b/DQM"}),
        r"Line 2: dataset has an invisible character: '/Express\u200b/DQM'. Remove it.",
    ),
    (csv_file({"user": "x" * 151}), "Line 2: user has 151 characters. Shorten it to 150."),
    (csv_file({"comment": "y" * 100_001}), "Line 2: comment has 100,001 characters. Shorten it to 100,000."),
    (
        csv_file({"comment": "y" * 200_000}),
        "Line 2: a cell has more than 131,072 characters. Shorten it, or close its quotation mark.",
    ),
    (csv_file({"comment": "a\0b"}), r"Line 2: comment has a NUL character: 'a\x00b'. Remove it."),
    (json_file({"comment": "a\0b"}), r"Entry 1: comment has a NUL character: 'a\x00b'. Remove it."),
    (
        json_file({}, {"run_number": "390002", "comment": "half \ud83d"}),
        r"Entry 2: comment has half of a character: 'half \ud83d'. Write the whole character, or remove it.",
    ),
    (
        json_file({"pixel_problems": ["ghosts", "\udfff"]}),
        r"Entry 1: pixel_problems has half of a character: '\udfff'. Write the whole character, or remove it.",
    ),
]
TWINS = [
    (
        json_file({"pixel_problems": ["b", "a"]}, {"pixel_problems": ["a"]}, {"pixel_problems": ["a", "b"]}),
        "Entry 2: 390001 express is in entry 1 too, with another pixel_problems. Keep one.",
    ),
    (csv_file({}, {"pixel": "bad"}), "Line 3: 390001 express is in line 2 too, with another pixel. Keep one."),
    (
        csv_file({}, {"run_number": "390002"}, {"run_number": "390001.0", "strip_lowstat": "", "comment": "hot"}),
        "Line 4: 390001 express is in line 2 too, with another comment, strip_lowstat. Keep one.",
    ),
    (
        json_file({}, {"reference_run_number": 314769}),
        "Entry 2: 390001 express is in entry 1 too, with another reference. Keep one.",
    ),
]
QUOTES = [
    (f'{HEAD}\n{FIRST}\n"390002{FIRST[6:]}\n', f"Line 3: {OPENED}"),
    ("\n".join([HEAD, _with_comment('"hot'), FIRST, "", "", ""]), f"Line 2: {OPENED}"),
    ("\n".join([HEAD, _with_comment('"he said "hot""')]), f"Line 2: {CLOSED}"),
    ("\n".join([HEAD, _with_comment('"hot'), _with_comment('"cold"')]), f"Lines 2 to 3: {CLOSED}"),
]
CELL_COUNTS = [
    (f"{HEAD}\n390022,express,314768,express,good,good\n", f"Line 2: the columns are 15, the cells 6. {CELLS}"),
    (f"{HEAD}\n\n{FIRST},,extra\n", f"Line 3: the columns are 15, the cells 17. {CELLS}"),
    (f"{HEAD}\n{FIRST},\n", f"Line 2: the columns are 15, the cells 16. {CELLS}"),
    (f"{HEAD}\n{_with_comment('hot, cold')}\n", f"Line 2: the columns are 15, the cells 16. {CELLS}"),
    (f"{HEAD}\r{FIRST.replace(',', ';')}\r", f"Line 2: the columns are 15, the cells 1. {CELLS}"),
    (f",{HEAD}\n0,{FIRST}\n", "Line 2: '0' is in a column without a name. Name the column."),
]
COLUMNS = [
    (csv_file({"is_practise": "True"}), f"The column 'is_practise' {UNKNOWN} 'is_practise'."),
    (json_file({"weather": "fog"}), f"Entry 1: 'weather' {UNKNOWN} 'weather'."),
    (f"{HEAD},Comment \n{FIRST},hot\n", "The column comment is there twice. Keep one of them."),
    (
        "run_number;dataset\n390001;x\n",
        f"The columns {THREE} {MISSING} semicolons between its cells it has 'run_number', 'dataset'.",
    ),
    (
        f'"{HEAD}"\n"{FIRST}"\n',
        f"The columns run_number, {THREE} {MISSING} commas between its cells it has '{HEAD[:60]}…'.",
    ),
    (f"sep=x\n{HEAD}\n", "Line 1: sep= names 'x'. Separate cells by commas, semicolons, tabs, vertical bars."),
]
ENCODINGS = [
    (csv_text({}, {"comment": "Müller saw Größe"}).encode("latin-1"), f"Line 3: the byte 0xFC {LATIN}"),
    (csv_text({}, {"comment": "5 µm"}, line_end="\r").encode("cp1252"), f"Line 3: the byte 0xB5 {LATIN}"),
    *(
        (csv_text({}).encode(encoding), f"The file is {encoding[:6].upper()}, in Excel “Unicode text”. {UTF8}")
        for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")
    ),
    (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00\xff", f"Line 1: the byte 0xFF {LATIN}"),
]
PANDAS = json.dumps({name: {"0": value} for name, value in ROW.items()})
OBJECT = f"The file is an object, or one object per line (JSON lines). {SHAPE}"
JSON = [
    (PANDAS, OBJECT),
    (json.dumps(ROW), OBJECT),
    (f"{json.dumps(ROW)}\n{json.dumps(ROW)}\n", OBJECT),
    (json.dumps({"columns": list(ROW), "data": [list(ROW.values())]}), OBJECT),
    (json.dumps([[*ROW], 5]), f"Entry 1: it is no object. {SHAPE}\nEntry 2: it is no object. {SHAPE}"),
    (json.dumps([ROW, {"run_number": 390002}]), f"Entry 2: it has no {THREE}. Give them in each entry."),
    (json.dumps([ROW | {"comment": {"text": "hot"}}]), "Entry 1: comment is an object. Give one value."),
    (json.dumps([ROW | {"bad_reason": ["HV off", "trip"]}]), "Entry 1: bad_reason is a list. Give one value."),
    (json.dumps([ROW | {"strip_problems": [["hot"]]}]), "Entry 1: strip_problems is a list in a list. Give texts."),
    (json.dumps([ROW | {"comment": float("nan")}]), "Entry 1: comment is NaN, which JSON does not have. Give null."),
    (json.dumps([ROW])[:-2] + ', "pixel": "bad"}]', "Entry 1: 'pixel' is there twice. Keep one of them."),
    ("[" * 100_000, f"The file has lists in lists in lists. {SHAPE}"),
    (json.dumps([ROW])[:-1], None),
]
EMPTY = [
    (text, "The file is empty. Give our export, or the list of reference runs.") for text in ("", "\ufeff", " \r\n\n")
]


def _import(content: str | bytes, tmp_path, **options) -> None:
    file = tmp_path / "certifications"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    call_command("import_certifications", file, by="admin", reason="moved", **options)


ALL = [
    *WORDS,
    *NOT_COUNTING,
    *NUMBERS,
    *RANGES,
    *DAYS,
    *TEXTS,
    *TWINS,
    *QUOTES,
    *CELL_COUNTS,
    *COLUMNS,
    *ENCODINGS,
    *JSON,
    *EMPTY,
]


@pytest.mark.parametrize(("content", "sentence"), ALL, ids=range(len(ALL)))
def test_file_is_refused_with_the_sentence(content, sentence, admin, shifter, tmp_path):
    with pytest.raises(CommandError) as error:
        _import(content, tmp_path)
    if sentence is None:  # the rest of it is Python's
        assert str(error.value).startswith("Nothing was imported. It is no JSON: ")
    else:
        assert str(error.value) == f"Nothing was imported.{chr(10) if chr(10) in sentence else ' '}{sentence}"
    assert not TrackerCertification.objects.exists() and not OmsRun.objects.exists()


def test_all_problems_of_a_file_are_listed_at_once(admin, tmp_path):
    changes = {"pixel": "gut", "date": "1.5.2018", "lumisections": "many"}
    with pytest.raises(CommandError) as error:
        _import(csv_file(changes, {"run_number": "390002"}, {"run_number": "390003", "strip": "?"}), tmp_path)
    assert str(error.value).splitlines() == [
        "Nothing was imported.",
        "Line 2: pixel is 'gut'. Give one of good, bad, excluded.",
        "Line 2: date is '1.5.2018'. Give the day as 2018-05-01.",
        f"Line 2: lumisections is 'many'. {COUNT}",
        "Line 4: strip is '?'. Give one of good, bad, excluded.",
    ]


def test_long_list_of_problems_is_shortened(admin, tmp_path):
    rows = [{"run_number": f"{390_001 + number}", "pixel": "gut"} for number in range(30)]
    with pytest.raises(CommandError) as error:
        _import(csv_file(*rows), tmp_path)
    lines = str(error.value).splitlines()
    assert len(lines) == 22 and lines[-2].startswith("Line 21: ") and lines[-1] == "… and 10 more. Correct these first."


def test_runs_without_a_possible_day_are_listed_at_once(admin, tmp_path):
    RunFactory(run_number=390_003, start_time=dt.datetime(2018, 5, 3, 0, 1, tzinfo=dt.UTC))
    rows = [{"run_number": f"{number}", "date": ""} for number in (390_001, 390_002, 390_009)]
    with pytest.raises(CommandError) as error:
        _import(csv_file(*rows, {"run_number": "390003"}), tmp_path)
    assert str(error.value).splitlines() == [
        "Nothing was imported.",
        "There is no known shift day of run 390001-390002, 390009. Give one with --date.",
        "The shift day of run 390003 is before the run began (UTC). Correct the date.",
    ]
    assert not TrackerCertification.objects.exists()


@pytest.mark.parametrize("day", ["01.05.2018", "2007-12-31", "2999-01-01"])
def test_option_date_follows_the_rule_of_days(day, admin, tmp_path):
    with pytest.raises(CommandError, match="--date: it is "):
        call_command("import_certifications", str(tmp_path), "--by=admin", "--reason=moved", f"--date={day}")

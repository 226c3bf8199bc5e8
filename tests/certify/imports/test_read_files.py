"""Files that are read, in every form that spreadsheets and programs give them, with the stored values."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from certify.imports.columns import EXPORT_ONLY_COLUMNS, READ_COLUMNS
from certify.models import TrackerCertification
from listruns.export_rows import FIELDS
from listruns.exports import exported_values
from tests.certify.imports.files import DELIMITER_NAMES, ROW, csv_file, csv_text, json_file
from users.models import User

pytestmark = pytest.mark.django_db
HEAD, FIRST = csv_text({}).splitlines()
STORED = {
    **ROW,
    "run_number": 390_001,
    "reference_run_number": 314_768,
    "pixel_lowstat": False,
    "strip_lowstat": True,
    "tracking_lowstat": False,
}
LONG = "z" * 100_000
TEXT = 'he said "ok", then; 5 µm – 🙂\r\nsecond line\tand tab | bar'
FILES = {
    "BOM and CRLF": (csv_text({}, line_end="\r\n").encode("utf-8-sig"), {}),
    "CR only": (csv_file({"comment": "hot"}, line_end="\r"), {"comment": "hot"}),
    **{
        f"{name} and quoted text": (csv_file({"comment": TEXT}, delimiter=delimiter), {"comment": TEXT})
        for delimiter, name in DELIMITER_NAMES.items()
    },
    **{
        f"sep= with {name}": (f"sep={delimiter}\r\n".encode() + csv_file({}, delimiter=delimiter), {})
        for delimiter, name in DELIMITER_NAMES.items()
    },
    "quoted sep=": (b'"SEP=;"\n' + csv_file({}, delimiter=";"), {}),
    "empty rows": (f"\n{HEAD}\n\n{FIRST}\n{',' * HEAD.count(',')}\n , \n\n".encode(), {}),
    "columns without name or content": (f"{HEAD},,\n{FIRST},, \n".encode(), {}),
    "heading in capitals": (f" {HEAD.upper().replace(',', ' , ')}\n{FIRST}\n".encode(), {}),
    "no line end": (f"{HEAD}\n{FIRST}".encode(), {}),
    "words in capitals": (csv_file({"pixel": " GOOD", "reconstruction": "ReRecoUL"}), {"reconstruction": "rerecoul"}),
    "no-break space": (csv_file({"run_number": "390041\u00a0"}), {"run_number": 390_041}),
    "float of a run": (csv_file({"run_number": "390013.0"}), {"run_number": 390_013}),
    "scientific run": (csv_file({"run_number": "3.90006E+05"}), {"run_number": 390_006}),
    "float of lumisections": (csv_file({"lumisections": "655.0"}), {"lumisections": 655}),
    "lumisections with two zeros": (csv_file({"lumisections": "1200.00"}), {"lumisections": 1200}),
    "small luminosity": (csv_file({"recorded_lumi_per_pb": "1.25e-03"}), {"recorded_lumi_per_pb": 0.00125}),
    "luminosity of 0": (csv_file({"recorded_lumi_per_pb": "0"}), {"recorded_lumi_per_pb": 0.0}),
    "booleans of databases": (
        csv_file({"pixel_lowstat": "t", "strip_lowstat": "0"}),
        {"pixel_lowstat": True, "strip_lowstat": False},
    ),
    "booleans in words": (csv_file({"pixel_lowstat": "YES", "is_practice": "no"}), {"pixel_lowstat": True}),
    "live": (csv_file({"state": "Live ", "is_practice": "False", "withdrawn_by": " "}), {}),
    "formula": (csv_file({"comment": "'=1+1"}), {"comment": "=1+1"}),
    "longest comment": (csv_file({"comment": LONG}), {"comment": LONG}),
    "longest dataset": (csv_file({"dataset": "/" + "d" * 149}), {"dataset": "/" + "d" * 149}),
    "quotation mark inside": (
        f"{HEAD}\n{FIRST}\n".replace("shifter,", 'shifter,5" cable').encode(),
        {"comment": '5" cable'},
    ),
    "user with a space": (csv_file({"user": "shifter "}), {}),
    "user in other case": (csv_file({"user": "SHIFTER"}), {}),
    "JSON": (b"\xef\xbb\xbf\n" + json_file({"comment": TEXT}), {"comment": TEXT}),
    "JSON with numbers": (
        json_file({"run_number": 390033.0, "lumisections": 12, "recorded_lumi_per_pb": 0.1, "strip_lowstat": True}),
        {"run_number": 390_033, "lumisections": 12, "recorded_lumi_per_pb": 0.1},
    ),
    "JSON with nulls": (
        json_file({"dataset": None, "lumisections": None, "pixel_lowstat": None}),
        {"dataset": None, "lumisections": None},
    ),
}


def _import(content: bytes, tmp_path, **options) -> None:
    file = tmp_path / "certifications"
    file.write_bytes(content)
    call_command("import_certifications", file, by="admin", reason="moved", **options)


@pytest.mark.parametrize("name", FILES)
def test_file_is_read(name, admin, shifter, tmp_path, capsys):
    content, changes = FILES[name]
    _import(content, tmp_path)
    assert capsys.readouterr().out == "1 certifications imported.\n"
    (stored,) = exported_values(TrackerCertification.objects.all())
    expected = STORED | changes
    assert {column: stored[column] if column != "date" else str(stored[column]) for column in expected} == expected


def test_certifications_that_exist_with_other_flags_are_named(admin, shifter, tmp_path, capsys):
    rows = [{"run_number": f"{390_001 + number}"} for number in range(7)]
    _import(csv_file(*rows), tmp_path)
    capsys.readouterr()
    changed = [rows[0] | {"pixel": "bad"}, rows[1] | {"strip_lowstat": ""}, *rows[2:]]
    _import(csv_file(*changed), tmp_path)
    names = ", ".join(f"{row['run_number']} express" for row in rows[:5])
    assert capsys.readouterr().out.splitlines() == [
        "0 certifications imported.",
        f"7 left out, since certified here: {names}, …",
        "2 of them with other flags here: 390001 express, 390002 express.",
    ]
    assert TrackerCertification.objects.filter(pixel="good", strip_lowstat=True).count() == 7


@pytest.mark.parametrize("content", [HEAD.encode(), f"sep=,\n{HEAD}\n\n".encode(), b"[]", b" [ ]\n"])
def test_file_without_rows_is_named(content, admin, tmp_path, capsys):
    _import(content, tmp_path)
    assert capsys.readouterr().out == "The file has no certifications.\n0 certifications imported.\n"


def test_identical_rows_are_imported_once_and_named(admin, shifter, tmp_path, capsys):
    _import(csv_file({}, {"run_number": "390002"}, {"run_number": "390001.0", "pixel": "Good"}), tmp_path)
    assert TrackerCertification.objects.count() == 2
    assert (
        "1 left out, since twice in the file with the same values: 390001 express (Line 4).\n"
        in capsys.readouterr().out
    )


def test_own_reference_is_imported_and_named(admin, shifter, tmp_path, capsys):
    """As the first reference of an era is: seven of the 13,668 certifications of 2024 are."""
    own = {"reference_run_number": "390001", "reference_reconstruction": "express"}
    _import(csv_file(own, {"run_number": "390002"}), tmp_path)
    assert "1 with the run itself as reference: 390001 express (Line 2).\n" in capsys.readouterr().out
    assert TrackerCertification.objects.count() == 2


def test_unknown_columns_are_left_out_on_request(admin, shifter, tmp_path):
    _import(csv_file({"Weather": "fog"}), tmp_path, ignore=["weather"])
    assert TrackerCertification.objects.get().run_number == 390_001


def test_user_whose_case_is_ambiguous_is_not_guessed(admin, shifter, tmp_path, capsys):
    User.objects.create_user("Shifter")
    rows = [
        {"run_number": f"{390_001 + place}", "user": name}
        for place, name in enumerate(["SHIFTER", "Shifter", "shifter"])
    ]
    _import(csv_file(*rows), tmp_path)
    assert [str(row.user.username) for row in TrackerCertification.objects.order_by("pk")] == [
        "admin",
        "Shifter",
        "shifter",
    ]
    assert "admin owns what is of SHIFTER: they have no account here." in capsys.readouterr().out


def test_every_column_of_the_export_is_known():
    assert set(FIELDS) == READ_COLUMNS | EXPORT_ONLY_COLUMNS and not READ_COLUMNS & EXPORT_ONLY_COLUMNS

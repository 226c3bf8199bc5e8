"""Files of good runs in all layouts, to the byte; the official files where they are at hand."""

import os
from pathlib import Path

import pytest

from golden.layouts import LAYOUTS, FileInvalid, LayoutUnknown, is_layout, layout_text, read_runs

DATA = Path(os.environ.get("CERTHELPER_DATA", "../shared/data"))
RUNS = {315258: ((1, 21),), 315257: ((1, 88), (91, 92)), 315259: (), 315264: ((1, 5), (7, 9), (32, 261))}
EXPECTED = {
    "wrap42": """{
  "315257": [[1, 88], [91, 92]],
  "315258": [[1, 21]],
  "315264": [[1, 5], [7, 9], [32, 261]]
}""",
    "wrap36": """{
  "315257": [[1, 88], [91, 92]],
  "315258": [[1, 21]],
  "315264": [
    [1, 5],
    [7, 9],
    [32, 261]
  ]
}""",
    "indent": """{
    "315258": [
        [
            1,
            21
        ]
    ]
}""",
    "flat": '{"315257": [[1, 88], [91, 92]], "315258": [[1, 21]], "315264": [[1, 5], [7, 9], [32, 261]]}',
    "lumilist": '{"315257": [[1, 88], [91, 92]],\n "315258": [[1, 21]],\n "315264": [[1, 5], [7, 9], [32, 261]]}\n',
}
OFFICIAL = {
    "golden/Cert_271036-284044_13TeV_Legacy2016_Collisions16_JSON.txt": "wrap42",
    "golden/Cert_294927-306462_13TeV_UL2017_Collisions17_GoldenJSON.txt": "wrap80",
    "golden/Cert_314472-325175_13TeV_Legacy2018_Collisions18_JSON.txt": "wrap80",
    "golden/Cert_Collisions2022_355100_362760_Golden.json": "indent",
    "dcsonly/json_DCSONLY_2024.txt": "lumilist",
}


@pytest.mark.parametrize(("layout", "text"), EXPECTED.items())
def test_layout(layout, text):
    runs = {315258: RUNS[315258]} if layout == "indent" else RUNS
    assert layout_text(runs, layout) == text


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_is_read_back(layout):
    assert read_runs(layout_text(RUNS, layout)) == {run: spans for run, spans in sorted(RUNS.items()) if spans}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_file_without_runs_is_json(layout):
    assert read_runs(layout_text({}, layout)) == {}


def test_other_widths_are_layouts_and_other_names_are_not():
    assert is_layout("wrap36") and is_layout("flat")
    assert not is_layout("wrap") and not is_layout("wrap0") and not is_layout("wrap4444")
    with pytest.raises(LayoutUnknown, match="wrap42, wrap80, indent, flat, lumilist"):
        layout_text({}, "nice")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "not {"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"1": [[1, 2]], "1": [[3, 4]]}', "named twice"),
        ('{"abc": []}', "'abc' is no run number"),
        ('{"315257": [[2, 1]]}', "Run 315257"),
        ('{"315257": [[1]]}', "Run 315257"),
        ('{"315257": [[true, 2]]}', "Run 315257"),
        ('{"315257": 5}', "Run 315257"),
    ],
)
def test_what_is_no_file_of_runs_is_refused(text, message):
    with pytest.raises(FileInvalid, match=message):
        read_runs(text)


@pytest.mark.parametrize(("name", "layout"), OFFICIAL.items())
def test_official_files_are_reproduced_byte_for_byte(name, layout):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"NOT PROVEN: {path} is missing. Set CERTHELPER_DATA to the folder with the official files.")
    content = path.read_bytes()
    assert layout_text(read_runs(content.decode()), layout).encode() == content

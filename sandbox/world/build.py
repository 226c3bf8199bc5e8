"""How the sandbox's world was made: `python -m sandbox.world.build FOLDER`.

FOLDER holds the tables named in README.md (the OMS runs and lumisections of 13 April to 13 May 2018, the CMS fill
table, the golden JSON of 2018). The result is written beside this file and committed; the source tables are not.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from sandbox.world.columns import BITS, FILL_COLUMNS, LUMINOSITIES, RUN_COLUMNS, SOURCE_NAME_OF_FILL

HERE = Path(__file__).parent
Row = dict[str, str]


def read(path: Path) -> list[Row]:
    """The rows of a CSV table, gzipped or plain."""
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def write_table(name: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """A tab separated table beside this file; an empty field is "not known"."""
    lines = ["\t".join(columns), *("\t".join(row) for row in rows)]
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def golden_text(ranges: list[list[int]]) -> str:
    """`1-88,91-92`: both ends inclusive."""
    return ",".join(f"{first}-{last}" for first, last in ranges)


def write_runs(runs: list[Row], golden: dict[str, list[list[int]]]) -> None:
    """runs.tsv: one line per run as OMS had it, and its golden lumisections."""
    rows = ([*(run[column] for column in RUN_COLUMNS), golden_text(golden.get(run["run_number"], []))] for run in runs)
    write_table("runs.tsv", [*RUN_COLUMNS, "golden"], rows)


def write_fills(fills: list[Row], wanted: set[str]) -> None:
    """fills.tsv: the fills with stable beams that our runs belong to."""
    ours = [fill for fill in fills if fill["fill_number"] in wanted]
    rows = ([fill[SOURCE_NAME_OF_FILL.get(column, column)] for column in FILL_COLUMNS] for fill in ours)
    write_table("fills.tsv", FILL_COLUMNS, rows)


def mask(row: Row) -> int:
    """The twelve flags of a lumisection as one number, lowest bit first as in BITS."""
    return sum(1 << place for place, bit in enumerate(BITS) if row[bit] == "True")


def run_lengths(values: Iterable[Any]) -> list[list[Any]]:
    """[[value, how many in a row], ...]."""
    return [[value, len(list(same))] for value, same in groupby(values)]


def number(text: str) -> float | None:
    """The figure with seven significant digits: one part in two million, for a third of the size."""
    return float(f"{float(text):.7g}") if text else None


def packed(rows: list[Row]) -> dict[str, Any]:
    """One run's lumisections: numbers, flags and fill run-length encoded, luminosities as they are."""
    numbers = [int(row["lumisection_number"]) for row in rows]
    line: dict[str, Any] = {
        "run": int(rows[0]["run_number"]),
        "numbers": run_lengths(n - place for place, n in enumerate(numbers)),
        "flags": run_lengths(mask(row) for row in rows),
        "fills": run_lengths(int(row["fill_number"]) if row["fill_number"] else None for row in rows),
        "end_lumi_last": number(rows[-1]["end_lumi"]),
    }
    return line | {name: run_lengths(number(row[name]) for row in rows) for name in LUMINOSITIES}


def by_run(rows: list[Row]) -> Iterator[list[Row]]:
    """The rows of each run, in order of lumisection."""
    rows.sort(key=lambda row: (int(row["run_number"]), int(row["lumisection_number"])))
    for _, same in groupby(rows, key=lambda row: row["run_number"]):
        yield list(same)


def write_lumisections(rows: list[Row]) -> None:
    """lumisections.jsonl.gz: a line per run; the same input gives the same bytes."""
    text = "".join(json.dumps(packed(run), separators=(",", ":")) + "\n" for run in by_run(rows))
    kept = io.BytesIO()
    with gzip.GzipFile(fileobj=kept, mode="wb", compresslevel=9, mtime=0, filename="") as archive:
        archive.write(text.encode())
    (HERE / "lumisections.jsonl.gz").write_bytes(kept.getvalue())


def build(source: Path) -> None:
    """Write the three tables from the source tables."""
    runs = read(next(source.glob("**/oms_runs_2018-04-13_2018-05-13.csv")))
    golden = json.loads(next(source.glob("**/Cert_314472-325175_*Legacy2018*")).read_text(encoding="utf-8"))
    write_runs(runs, golden)
    write_fills(read(next(source.glob("**/fills_2015_2018.csv"))), {run["fill_number"] for run in runs})
    write_lumisections(read(next(source.glob("**/oms_lumisections_2018-04-13_2018-05-11.csv.gz"))))


if __name__ == "__main__":
    build(Path(sys.argv[1]))

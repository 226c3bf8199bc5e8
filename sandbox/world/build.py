"""Builds the data of the sandbox: `python -m sandbox.world.build FOLDER`.

FOLDER contains the tables listed in README.md (the OMS runs and lumisections of 13 April to 13 May 2018, the CMS fill
table, the golden JSON of 2018). The result is written to the folder of this file and committed.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.world.columns import BITS, FILL_COLUMNS, LUMINOSITIES, RUN_COLUMNS, SOURCE_NAME_OF_FILL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HERE = Path(__file__).parent
Row = dict[str, str]


def read(path: Path) -> list[Row]:
    """Return the rows of a CSV table, gzipped or plain."""
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def write_table(name: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Write a tab-separated table. An empty field is an unknown value."""
    lines = ["\t".join(columns), *("\t".join(row) for row in rows)]
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def golden_text(ranges: list[list[int]]) -> str:
    """Format ranges as `1-88,91-92`, both ends inclusive."""
    return ",".join(f"{first}-{last}" for first, last in ranges)


def write_runs(runs: list[Row], golden: dict[str, list[list[int]]]) -> None:
    """Write runs.tsv: one line for each run of OMS, with its golden lumisections."""
    rows = ([*(run[column] for column in RUN_COLUMNS), golden_text(golden.get(run["run_number"], []))] for run in runs)
    write_table("runs.tsv", [*RUN_COLUMNS, "golden"], rows)


def write_fills(fills: list[Row], wanted: set[str]) -> None:
    """Write fills.tsv: the fills of the runs that had stable beams."""
    ours = [fill for fill in fills if fill["fill_number"] in wanted]
    rows = ([fill[SOURCE_NAME_OF_FILL.get(column, column)] for column in FILL_COLUMNS] for fill in ours)
    write_table("fills.tsv", FILL_COLUMNS, rows)


def mask(row: Row) -> int:
    """Return the twelve flags of a lumisection as a bit mask, lowest bit first as in BITS."""
    return sum(1 << index for index, bit in enumerate(BITS) if row[bit] == "True")


def run_lengths(values: Iterable[Any]) -> list[list[Any]]:
    """Return the run-length encoding, [[value, length], ...]."""
    return [[value, len(list(same))] for value, same in groupby(values)]


def number(text: str) -> float | None:
    """Return the number with seven significant digits, which reduces the size to a third."""
    return float(f"{float(text):.7g}") if text else None


def packed(rows: list[Row]) -> dict[str, Any]:
    """Return the lumisections of one run, run-length encoded."""
    numbers = [int(row["lumisection_number"]) for row in rows]
    line: dict[str, Any] = {
        "run": int(rows[0]["run_number"]),
        "numbers": run_lengths(n - index for index, n in enumerate(numbers)),
        "flags": run_lengths(mask(row) for row in rows),
        "fills": run_lengths(int(row["fill_number"]) if row["fill_number"] else None for row in rows),
        "end_lumi_last": number(rows[-1]["end_lumi"]),
    }
    return line | {name: run_lengths(number(row[name]) for row in rows) for name in LUMINOSITIES}


def by_run(rows: list[Row]) -> Iterator[list[Row]]:
    """Yield the rows of each run, in order of lumisection."""
    rows.sort(key=lambda row: (int(row["run_number"]), int(row["lumisection_number"])))
    for _, same in groupby(rows, key=lambda row: row["run_number"]):
        yield list(same)


def write_lumisections(rows: list[Row]) -> None:
    """Write lumisections.jsonl.gz, one line for each run. The same input gives the same bytes."""
    text = "".join(json.dumps(packed(run), separators=(",", ":")) + "\n" for run in by_run(rows))
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0, filename="") as archive:
        archive.write(text.encode())
    (HERE / "lumisections.jsonl.gz").write_bytes(buffer.getvalue())


def build(source: Path) -> None:
    """Write the three tables from the source tables."""
    runs = read(next(source.glob("**/oms_runs_2018-04-13_2018-05-13.csv")))
    golden = json.loads(next(source.glob("**/Cert_314472-325175_*Legacy2018*")).read_text(encoding="utf-8"))
    write_runs(runs, golden)
    write_fills(read(next(source.glob("**/fills_2015_2018.csv"))), {run["fill_number"] for run in runs})
    write_lumisections(read(next(source.glob("**/oms_lumisections_2018-04-13_2018-05-11.csv.gz"))))


if __name__ == "__main__":
    build(Path(sys.argv[1]))

"""The 13,668 certifications that CertHelper had on 22 November 2024, as rows of its public list."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

_RECONSTRUCTIONS = {"e": "express", "p": "prompt", "r": "rereco", "u": "rerecoul"}
_REFERENCE = re.compile(r"([epru])(\d+)([epru])(\d+)")
FIRST_DAY = date(2018, 4, 13)
PER_DAY = 40  # certifications; the public list has no shift days
COLUMNS = (
    "run_number",
    "run_reconstruction_type",
    "reference_run_number",
    "reference_run_reconstruction_type",
    "dataset",
)


def real_rows() -> list[tuple[int, str, int, str, str]]:
    """The rows in the order of their runs, as `COLUMNS`."""
    text = (Path(__file__).parent / "certifications_2024.txt").read_text(encoding="utf-8")
    head, _, runs = text.partition("\nruns\n")
    datasets = [line for line in head.split("\n") if not line.startswith("#")]
    rows = []
    for line in runs.splitlines():
        number, _, rest = line.partition(" ")
        for letter, reference, reference_letter, dataset in _REFERENCE.findall(rest):
            rows.append(
                (
                    int(number),
                    _RECONSTRUCTIONS[letter],
                    int(reference),
                    _RECONSTRUCTIONS[reference_letter],
                    datasets[int(dataset)],
                )
            )
    return rows


def as_csv(rows: list[tuple[int, str, int, str, str]]) -> str:
    """The rows as a file to import, with a shift day for each."""
    lines = [",".join([*COLUMNS, "date"])]
    for index, row in enumerate(rows):
        lines.append(",".join([*map(str, row), str(FIRST_DAY + timedelta(days=index // PER_DAY))]))
    return "\n".join(lines) + "\n"

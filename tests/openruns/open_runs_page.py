"""Parser of the open runs page for tests: rows, cells and texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from django.urls import reverse

from oms.models import OmsRun
from tests.factories import CertificationFactory

if TYPE_CHECKING:
    from django.test import Client


@dataclass
class ReadRow:
    """One row: its class, its text, and (state, label, link) of each reconstruction."""

    css_class: str
    text: str = ""
    cells: dict[str, tuple[str, str, str]] = field(default_factory=dict)


class ReadPage(HTMLParser):
    """The parsed response to a search."""

    def __init__(self, answer) -> None:
        super().__init__()
        self.status = answer.status_code
        self.html = answer.content.decode()
        self.rows: dict[int, ReadRow] = {}
        self.words: list[str] = []
        self._row: ReadRow | None = None
        self._cell: str | None = None
        self.errors: dict[str, str] = {}
        self._field = ""
        self.feed(self.html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, _tag, attrs):
        found = {name: value or "" for name, value in attrs}
        if found.get("class") == "field-error":
            self._field = found["id"].removeprefix("id_").removesuffix("_error")
        if "data-run" in found:
            self._row = self.rows[int(found["data-run"])] = ReadRow(found.get("class", ""))
        if "data-reco" in found and self._row:
            self._cell = found["data-reco"]
            self._row.cells[self._cell] = (found["data-state"], "", found.get("href", ""))

    def handle_endtag(self, tag):
        self._cell = None
        if tag == "tr":
            self._row = None
        if tag == "ul":
            self._field = ""

    def handle_data(self, data):
        self.words.append(data)
        if self._field:
            self.errors[self._field] = self.errors.get(self._field, "") + data.strip()
        if self._row:
            self._row.text = " ".join(f"{self._row.text} {data}".split())
        if self._row and self._cell:
            state, word, link = self._row.cells[self._cell]
            self._row.cells[self._cell] = (state, (word + data).strip(), link)


def search(client: Client, runs: str) -> ReadPage:
    """The page of a search."""
    return ReadPage(client.get(reverse("openruns:open-runs"), {"runs": runs}))


def certify(user, run_number: int, reconstruction: str, **values):
    """A certification of a run of the sandbox."""
    run, _ = OmsRun.objects.get_or_create(run_number=run_number)
    return CertificationFactory(run=run, reconstruction=reconstruction, user=user, **values)

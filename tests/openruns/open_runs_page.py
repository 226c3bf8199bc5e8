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
class ParsedRow:
    """One row: its class, its text, and (state, label, link) of each reconstruction."""

    css_class: str
    text: str = ""
    cells: dict[str, tuple[str, str, str]] = field(default_factory=dict)


class ParsedPage(HTMLParser):
    """The parsed response to a search."""

    def __init__(self, response) -> None:
        super().__init__()
        self.status = response.status_code
        self.html = response.content.decode()
        self.rows: dict[int, ParsedRow] = {}
        self.texts: list[str] = []
        self._row: ParsedRow | None = None
        self._cell: str | None = None
        self.errors: dict[str, str] = {}
        self._field = ""
        self.feed(self.html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def handle_starttag(self, _tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        if attributes.get("class") == "field-error":
            self._field = attributes["id"].removeprefix("id_").removesuffix("_error")
        if "data-run" in attributes:
            self._row = self.rows[int(attributes["data-run"])] = ParsedRow(attributes.get("class", ""))
        if "data-reco" in attributes and self._row:
            self._cell = attributes["data-reco"]
            self._row.cells[self._cell] = (attributes["data-state"], "", attributes.get("href", ""))

    def handle_endtag(self, tag):
        self._cell = None
        if tag == "tr":
            self._row = None
        if tag == "ul":
            self._field = ""

    def handle_data(self, data):
        self.texts.append(data)
        if self._field:
            self.errors[self._field] = self.errors.get(self._field, "") + data.strip()
        if self._row:
            self._row.text = " ".join(f"{self._row.text} {data}".split())
        if self._row and self._cell:
            state, label, link = self._row.cells[self._cell]
            self._row.cells[self._cell] = (state, (label + data).strip(), link)


def search(client: Client, runs: str) -> ParsedPage:
    """The page of a search."""
    return ParsedPage(client.get(reverse("openruns:open-runs"), {"runs": runs}))


def certify(user, run_number: int, reconstruction: str, **values):
    """A certification of a run of the sandbox."""
    run, _ = OmsRun.objects.get_or_create(run_number=run_number)
    return CertificationFactory(run=run, reconstruction=reconstruction, user=user, **values)

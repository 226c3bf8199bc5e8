"""Slides read from their files as plain data, so that both formats can be compared with the deck."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from pptx import Presentation

from reports.slides.deck import Deck, RectangleShape, Slide, TableShape, TextBox

Frame = tuple[float, float, float, float]


@dataclass(frozen=True)
class SlideContents:
    """One slide: its title, the texts of its boxes and tables in order, and the frames of its shapes (pt)."""

    title: str
    texts: list[str]
    tables: list[list[list[str]]]
    frames: list[Frame]


def read_deck(deck: Deck) -> list[SlideContents]:
    """The expected content of the files."""
    return [_read_slide(slide, number, deck.footer) for number, slide in enumerate(deck.slides, start=1)]


def _read_slide(slide: Slide, number: int, footer: str) -> SlideContents:
    texts = [
        "\n".join(paragraph.text for paragraph in shape.paragraphs)
        for shape in slide.shapes
        if isinstance(shape, TextBox)
    ]
    tables = [
        [[cell.text for cell in row.cells] for row in paragraph.rows]
        for paragraph in slide.shapes
        if isinstance(paragraph, TableShape)
    ]
    frames = [_frame(slide.title_rect), *(_frame(shape.rect) for shape in slide.shapes)]
    assert all(isinstance(shape, TextBox | TableShape | RectangleShape) for shape in slide.shapes)
    footers = [] if slide.is_cover else [footer, str(number)]
    return SlideContents(slide.title, [*texts, *footers], tables, frames)


def _frame(rect) -> Frame:
    return tuple(round(side, 1) for side in (rect.left, rect.top, rect.width, rect.height))  # type: ignore[return-value]


def read_pptx(content: bytes) -> list[SlideContents]:
    return [
        _read_pptx_slide(slide, number)
        for number, slide in enumerate(Presentation(io.BytesIO(content)).slides, start=1)
    ]


def _read_pptx_slide(slide, number: int) -> SlideContents:
    others = [shape for shape in slide.shapes if shape != slide.shapes.title]
    texts = [_pptx_text(shape, number) for shape in others if shape.has_text_frame and shape.text_frame.text != ""]
    tables = [
        [[cell.text_frame.text.replace("\x0b", "\n") for cell in row.cells] for row in shape.table.rows]
        for shape in others
        if shape.has_table
    ]
    frames = [tuple(round(side.pt, 1) for side in (s.left, s.top, s.width, s.height)) for s in slide.shapes]
    return SlideContents(slide.shapes.title.text_frame.text, texts, tables, frames)


def _pptx_text(shape, number: int) -> str:
    return str(number) if shape.text_frame.text == "#" else shape.text_frame.text.replace("\x0b", "\n")


_NAMES = {
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
    "presentation": "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0",
}


def read_odp(content: bytes) -> list[SlideContents]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.infolist()[0].filename == "mimetype"
        assert file.testzip() is None
        tree = ET.fromstring(file.read("content.xml"))
    return [_read_odp_page(page) for page in tree.iter(f"{{{_NAMES['draw']}}}page")]


def _read_odp_page(page) -> SlideContents:
    title, *boxes = page.findall("draw:frame/draw:text-box", _NAMES)
    tables = [
        [
            [_odp_text(cell) for cell in row.findall("table:table-cell", _NAMES)]
            for row in element.iter(_table("table-row"))
        ]
        for element in page.iter(_table("table"))
    ]
    shapes = [element for element in page if element.tag.rpartition("}")[2] in ("frame", "rect")]
    return SlideContents(
        _odp_text(title), [_odp_text(box) for box in boxes], tables, [_odp_frame(element) for element in shapes]
    )


def _table(name: str) -> str:
    return f"{{{_NAMES['table']}}}{name}"


def _odp_frame(shape) -> Frame:
    sides = (shape.get(f"{{{_NAMES['svg']}}}{side}") for side in ("x", "y", "width", "height"))
    return tuple(round(float(re.fullmatch(r"([\d.]+)pt", side)[1]), 1) for side in sides)  # type: ignore[return-value]


def _odp_text(inside) -> str:
    return "\n".join(_odp_paragraph(paragraph) for paragraph in inside.findall("text:p", _NAMES))


def _odp_paragraph(paragraph) -> str:
    """By the rules of the format: a line break is an element, repeated spaces are a count."""
    text = ""
    for element in paragraph.iter():
        name = element.tag.rpartition("}")[2]
        text += {"line-break": "\n", "s": " "}.get(name, "") + (element.text or "")
        text += "" if name in ("p", "span") else element.tail or ""
    return text

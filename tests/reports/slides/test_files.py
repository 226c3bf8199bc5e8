"""Both files have the texts and positions of the deck, and can be opened."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from reports.slides.column_widths import Column
from reports.slides.deck import (
    BODY,
    COLOURS,
    HEIGHT,
    WIDTH,
    Deck,
    Paragraph,
    Rect,
    RectangleShape,
    Slide,
    TableCell,
    TextBox,
)
from reports.slides.odp_file import odp_bytes
from reports.slides.pptx_file import pptx_bytes
from reports.slides.table_layout import TableExtras, table_slides
from reports.slides.text_layout import text_slides
from tests import office
from tests.reports.slides.reading import read_deck, read_odp, read_pptx

COLUMNS = [Column("Run", is_number=True), Column("Verdict"), Column("Comment")]
LONG = (
    "Pixel HV was off in the barrel, see https://cmsweb.cern.ch/dqm/offline/start?runnr=316187;dataset=/Express\n" * 40
)


def deck() -> Deck:
    """One of each type of slide: a cover, a table over several slides with special characters, a text, bars."""
    rows = [
        [TableCell(str(316000 + number)), TableCell("✕ Bad", "bad", is_bold=True, fill="bad-soft"), TableCell(comment)]
        for number, comment in enumerate(["", "a  b   c", "<b>&amp; größe → 漢字", "x\ny", LONG, *["word " * 60] * 20])
    ]
    points = [Paragraph("First  of all", is_bullet=True), Paragraph("Then", align="center"), Paragraph("", size=9)]
    return Deck(
        title="Week 17 of 2018",
        author="Ana <Müller>\x00",
        footer="CMS Tracker · Week 17 of 2018",
        slides=[
            Slide("Weekly report", (TextBox(Rect(72, 180, 816, 60), (Paragraph("Week 17", 20),)),), is_cover=True),
            *table_slides("Bad & undecided", COLUMNS, rows, TableExtras(note="A note")),
            *text_slides("Summary", [Paragraph(LONG)]),
            Slide("Points", (TextBox(BODY, tuple(points)),)),
            Slide(
                "Bars", (RectangleShape(Rect(50, 100, 60, 300), "good"), RectangleShape(Rect(50, 90, 60, 10), "bad"))
            ),
        ],
    )


def _pointless(read):
    """The .odp writes the bullet of a paragraph as a character."""
    return [text.replace("• ", "") for text in read.texts]


@pytest.mark.parametrize(("write", "read"), [(pptx_bytes, read_pptx), (odp_bytes, read_odp)], ids=["pptx", "odp"])
def test_file_has_the_content_of_the_deck(write, read):
    read_slides, expected = read(write(deck())), read_deck(deck())
    assert [slide.title for slide in read_slides] == [slide.title for slide in expected]
    for slide, other in zip(read_slides, expected, strict=True):
        assert _pointless(slide) == other.texts
        assert slide.tables == other.tables
        assert slide.frames[: len(other.frames)] == other.frames
        assert all(left >= 0 and top >= 0 for left, top, _width, _height in slide.frames)
        assert all(left + width <= WIDTH + 0.1 for left, _top, width, _height in slide.frames)
        assert all(top + height <= HEIGHT + 0.1 for _left, top, _width, height in slide.frames)


def test_colours_are_those_of_the_pages():
    tokens = Path("static/css/tokens.css").read_text(encoding="utf-8")
    for name, colour in COLOURS.items():
        assert f"--{name}: light-dark(#{colour}," in tokens, name


def test_odp_begins_with_its_uncompressed_mimetype():
    content = odp_bytes(deck())
    assert content[30:38] == b"mimetype"
    assert content[38:].startswith(b"application/vnd.oasis.opendocument.presentation")
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        listed = file.read("META-INF/manifest.xml").decode()
        assert all(f'full-path="{name}"' in listed for name in ("content.xml", "styles.xml", "meta.xml"))


def test_pptx_names_its_author_and_has_no_text_of_its_template():
    from pptx import Presentation

    file = Presentation(io.BytesIO(pptx_bytes(deck())))
    assert (file.core_properties.title, file.core_properties.author) == ("Week 17 of 2018", "Ana <Müller>")
    assert file.core_properties.last_modified_by == "Ana <Müller>"
    layouts = [shape for layout in file.slide_layouts for shape in layout.shapes]
    assert all(shape.left >= 0 and shape.left + shape.width <= file.slide_width for shape in layouts)


# The order of elements in the schema; PowerPoint offers to repair a file with another order.
ORDER = {
    "p": ["pPr", "r", "br", "fld", "endParaRPr"],
    "pPr": ["lnSpc", "spcBef", "spcAft", "buFont", "buNone", "buChar"],
    "fld": ["rPr", "t"],
    "r": ["rPr", "t"],
    "tcPr": ["lnB", "solidFill"],
    "spPr": ["xfrm", "prstGeom", "noFill", "solidFill", "ln"],
    "tc": ["txBody", "tcPr"],
    "txBody": ["bodyPr", "lstStyle", "p"],
}
MIXED = {"r": "r", "br": "r", "fld": "r"}  # in any order among each other


def test_pptx_has_its_elements_in_the_order_of_the_schema():
    from pptx import Presentation

    file = Presentation(io.BytesIO(pptx_bytes(deck())))
    checked = set()
    for slide in file.slides:
        for element in slide._element.iter():
            name = element.tag.rpartition("}")[2]
            if name in ORDER:
                inside = [MIXED.get(tag, tag) for tag in (child.tag.rpartition("}")[2] for child in element)]
                places = [ORDER[name].index(tag) for tag in inside]
                assert places == sorted(places), (name, inside)
                assert name != "txBody" or "p" in inside
                checked.add(name)
    assert checked == set(ORDER)
    assert file.element.sldSz.get("type") is None


@pytest.mark.skipif(not office.programs(), reason=office.LACKING)
@pytest.mark.parametrize(("write", "file_format"), [(pptx_bytes, "pptx"), (odp_bytes, "odp")])
def test_libreoffice_renders_every_slide_within_the_body(write, file_format, tmp_path):
    file = tmp_path / f"week.{file_format}"
    file.write_bytes(write(deck()))
    pages = office.words_by_page(file)
    assert len(pages) == len(deck().slides)
    for page, slide in zip(pages, deck().slides, strict=True):
        lowest = max((bottom for _word, bottom in page if bottom < 500), default=0)
        assert lowest <= BODY.bottom + 0.5
        footer = [word for word, bottom in page if bottom > BODY.bottom]
        assert footer == ([] if slide.is_cover else [*deck().footer.split(), footer[-1]])
    assert sum(word == "Pixel" for page in pages for word, _bottom in page) == 80

"""A deck as .pptx: native titles, text boxes, tables and rectangles."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Pt

from reports.slides.deck import (
    COLOURS,
    EDGE,
    FONT,
    FOOTER,
    FOOTER_SIZE,
    HEIGHT,
    NUMBER,
    PAD_X,
    POINT_INDENT,
    WIDTH,
    Block,
    Box,
    Cell,
    Deck,
    Grid,
    Paragraph,
    Shape,
    Slide,
    Words,
)
from reports.slides.text_metrics import clean

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_TITLE_ONLY = 5  # the layout of python-pptx's template that has nothing but a title
_NO_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
_ALIGN = {"start": "l", "center": "ctr", "end": "r"}


def pptx_bytes(deck: Deck) -> bytes:
    """The file, as PowerPoint and LibreOffice open it."""
    file = _blank()
    said = file.core_properties
    said.title, said.subject, said.revision = deck.title, clean(deck.footer), 1
    said.author = said.last_modified_by = clean(deck.author)
    said.created = said.modified = datetime.now(UTC)
    for slide in deck.slides:
        _write_slide(file, slide, deck.footer)
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def _blank() -> Any:
    """An empty wide presentation in our font; its layouts are stretched to it, for slides that people add."""
    file = Presentation()
    stretch = Pt(WIDTH) / file.slide_width
    file.slide_width, file.slide_height = Pt(WIDTH), Pt(HEIGHT)
    file.element.sldSz.attrib.pop("type", None)  # the template says 4:3
    master = file.slide_master
    for shape in [*master.shapes, *(shape for layout in master.slide_layouts for shape in layout.shapes)]:
        if shape._element.spPr.xfrm is not None:  # the others stand where their master has them
            shape.left, shape.width = int(shape.left * stretch), int(shape.width * stretch)
    theme = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    theme._blob = theme.blob.replace(b'"Calibri"', f'"{FONT}"'.encode())
    return file


def _write_slide(file: Any, slide: Slide, footer: str) -> None:
    made = file.slides.add_slide(file.slide_layouts[_TITLE_ONLY])
    title = made.shapes.title
    _place(title, slide.title_box)
    _fill_frame(title.text_frame, [slide.title_paragraph])
    for shape in slide.shapes:
        _write_shape(made.shapes, shape)
    if not slide.is_cover:
        _write_words(made.shapes, FOOTER, [Paragraph(footer, size=FOOTER_SIZE, tone="muted")])
        _write_number(made.shapes)


def _write_shape(shapes: Any, shape: Shape) -> None:
    match shape:
        case Words():
            _write_words(shapes, shape.box, shape.paragraphs)
        case Block():
            _write_block(shapes, shape)
        case Grid():
            _write_grid(shapes, shape)


def _place(shape: Any, box: Box) -> None:
    shape.left, shape.top, shape.width, shape.height = _emu(box)


def _emu(box: Box) -> Iterator[int]:
    return (Pt(length) for length in (box.left, box.top, box.width, box.height))


def _write_words(shapes: Any, box: Box, paragraphs: Iterable[Paragraph]) -> Any:
    made = shapes.add_textbox(*_emu(box))
    _fill_frame(made.text_frame, paragraphs)
    return made


def _write_number(shapes: Any) -> None:
    """The number of the slide as a field, so that it stays true when slides are added."""
    frame = _write_words(shapes, NUMBER, [Paragraph("", size=FOOTER_SIZE, tone="muted", align="end")]).text_frame
    paragraph = frame.paragraphs[0]._p
    field = f'<a:fld {nsdecls("a")} id="{{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}}" type="slidenum"><a:t>#</a:t></a:fld>'
    made = parse_xml(field)
    made.insert(0, _look("rPr", FOOTER_SIZE, "muted", is_bold=False))
    paragraph.find(qn("a:endParaRPr")).addprevious(made)


def _write_block(shapes: Any, block: Block) -> None:
    made = shapes.add_shape(MSO_SHAPE.RECTANGLE, *_emu(block.box))
    made._element.remove(made._element.find(qn("p:style")))  # the template's, with a shadow
    if block.edge:
        made.line.color.rgb, made.line.width = RGBColor.from_string(COLOURS[block.edge].upper()), Pt(EDGE)
    else:
        made.line.fill.background()
    properties = made._element.spPr
    properties.insert(properties.index(properties.find(qn("a:ln"))), _solid(block.tone))


def _write_grid(shapes: Any, grid: Grid) -> None:
    frame = shapes.add_table(len(grid.rows), len(grid.widths), *_emu(grid.box))
    table = frame.table
    table.horz_banding = False
    table._tbl.tblPr.find(qn("a:tableStyleId")).text = _NO_STYLE
    for column, width in zip(table.columns, grid.widths, strict=True):
        column.width = Pt(width)
    for made, row in zip(table._tbl.tr_lst, grid.rows, strict=True):
        made.h = Pt(row.height)
        for place, cell in zip(made.tc_lst, row.cells, strict=True):
            _fill_cell(place, cell, grid)


def _fill_cell(place: Any, cell: Cell, grid: Grid) -> None:
    body = place.get_or_add_txBody()
    align: Any = "end" if cell.is_number else "start"
    _write_paragraphs(body, [Paragraph(cell.text, grid.size, cell.tone, cell.is_bold, align=align)])
    properties = place.get_or_add_tcPr()
    for name, points in (("marL", PAD_X), ("marR", PAD_X), ("marT", grid.pad), ("marB", grid.pad)):
        properties.set(name, str(Pt(points)))
    line = f'<a:lnB {nsdecls("a")} w="6350"><a:solidFill><a:srgbClr val="{COLOURS["line"]}"/></a:solidFill></a:lnB>'
    properties.append(parse_xml(line))
    if cell.fill:
        properties.append(_solid(cell.fill))


def _fill_frame(frame: Any, paragraphs: Iterable[Paragraph]) -> None:
    frame.word_wrap = True
    frame.vertical_anchor = MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    _write_paragraphs(frame._txBody, paragraphs)


def _write_paragraphs(body: Any, paragraphs: Iterable[Paragraph]) -> None:
    for old in body.p_lst:
        body.remove(old)
    for paragraph in paragraphs:
        body.append(_paragraph(paragraph))


def _paragraph(said: Paragraph) -> Any:
    """A paragraph with lines of exact height; its line ends are breaks inside it."""
    made = parse_xml(f"<a:p {nsdecls('a')}/>")
    made.append(_paragraph_look(said))
    for number, line in enumerate(clean(said.text).split("\n")):
        if number:
            made.append(_with_look("br", said))
        if line:
            stretch = _with_look("r", said)
            stretch.append(text := parse_xml(f"<a:t {nsdecls('a')}/>"))
            text.text = line
            made.append(stretch)
    made.append(_look("endParaRPr", said.size, said.tone, said.is_bold))
    return made


def _paragraph_look(said: Paragraph) -> Any:
    indent = Pt(POINT_INDENT) if said.is_point else 0
    point = '<a:buFont typeface="Arial"/><a:buChar char="•"/>' if said.is_point else "<a:buNone/>"
    return parse_xml(
        f'<a:pPr {nsdecls("a")} algn="{_ALIGN[said.align]}" marL="{indent}" indent="{-indent}">'
        f'<a:lnSpc><a:spcPts val="{round(said.line * 100)}"/></a:lnSpc>'
        '<a:spcBef><a:spcPts val="0"/></a:spcBef><a:spcAft><a:spcPts val="0"/></a:spcAft>'
        f"{point}</a:pPr>"
    )


def _with_look(tag: str, said: Paragraph) -> Any:
    made = parse_xml(f"<a:{tag} {nsdecls('a')}/>")
    made.append(_look("rPr", said.size, said.tone, said.is_bold))
    return made


def _look(tag: str, size: float, tone: str, is_bold: bool) -> Any:
    fill = f'<a:solidFill><a:srgbClr val="{COLOURS[tone]}"/></a:solidFill>'
    bold = int(is_bold)
    return parse_xml(f'<a:{tag} {nsdecls("a")} lang="en-GB" sz="{round(size * 100)}" b="{bold}">{fill}</a:{tag}>')


def _solid(tone: str) -> Any:
    return parse_xml(f'<a:solidFill {nsdecls("a")}><a:srgbClr val="{COLOURS[tone]}"/></a:solidFill>')

"""Writes a deck as .pptx with native titles, text boxes, tables and rectangles."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Pt

from reports.slides.deck import (
    BULLET_INDENT,
    COLOURS,
    FONT,
    FOOTER,
    FOOTER_SIZE,
    HEIGHT,
    OUTLINE_WIDTH,
    PAD_X,
    SLIDE_NUMBER,
    WIDTH,
    Deck,
    Paragraph,
    Rect,
    RectangleShape,
    Shape,
    Slide,
    TableCell,
    TableShape,
    TextBox,
)
from reports.slides.text_metrics import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_TITLE_ONLY_LAYOUT = 5  # index of the layout with only a title in the template of python-pptx
_NO_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
_ALIGN = {"start": "l", "center": "ctr", "end": "r"}
_rgb_colour: Any = RGBColor  # python-pptx has no annotations


def pptx_bytes(deck: Deck) -> bytes:
    """The bytes of the file, which PowerPoint and LibreOffice open."""
    file = _new_presentation()
    properties = file.core_properties
    properties.title, properties.subject, properties.revision = deck.title, clean_text(deck.footer), 1
    properties.author = properties.last_modified_by = clean_text(deck.author)
    properties.created = properties.modified = datetime.now(UTC)
    for slide in deck.slides:
        _write_slide(file, slide, deck.footer)
    buffer = io.BytesIO()
    file.save(buffer)
    return buffer.getvalue()


def _new_presentation() -> Any:
    """An empty 16:9 presentation in `FONT`. Its layouts are stretched as well, for slides that people add."""
    file = Presentation()
    stretch = Pt(WIDTH) / file.slide_width
    file.slide_width, file.slide_height = Pt(WIDTH), Pt(HEIGHT)
    file.element.sldSz.attrib.pop("type", None)  # the template is 4:3
    master = file.slide_master
    for shape in [*master.shapes, *(shape for layout in master.slide_layouts for shape in layout.shapes)]:
        if shape._element.spPr.xfrm is not None:  # the others inherit the position from their master
            shape.left, shape.width = int(shape.left * stretch), int(shape.width * stretch)
    theme = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    theme._blob = theme.blob.replace(b'"Calibri"', f'"{FONT}"'.encode())
    return file


def _write_slide(file: Any, slide: Slide, footer: str) -> None:
    pptx_slide = file.slides.add_slide(file.slide_layouts[_TITLE_ONLY_LAYOUT])
    title = pptx_slide.shapes.title
    _place(title, slide.title_rect)
    _fill_frame(title.text_frame, [slide.title_paragraph])
    for shape in slide.shapes:
        _write_shape(pptx_slide.shapes, shape)
    if not slide.is_cover:
        _write_text_box(pptx_slide.shapes, FOOTER, [Paragraph(footer, size=FOOTER_SIZE, tone="muted")])
        _write_number(pptx_slide.shapes)


def _write_shape(shapes: Any, shape: Shape) -> None:
    match shape:
        case TextBox():
            _write_text_box(shapes, shape.rect, shape.paragraphs)
        case RectangleShape():
            _write_rectangle(shapes, shape)
        case TableShape():
            _write_table(shapes, shape)


def _place(shape: Any, rect: Rect) -> None:
    shape.left, shape.top, shape.width, shape.height = _emu_lengths(rect)


def _emu_lengths(rect: Rect) -> Iterator[int]:
    return (Pt(length) for length in (rect.left, rect.top, rect.width, rect.height))


def _write_text_box(shapes: Any, rect: Rect, paragraphs: Iterable[Paragraph]) -> Any:
    box = shapes.add_textbox(*_emu_lengths(rect))
    _fill_frame(box.text_frame, paragraphs)
    return box


def _write_number(shapes: Any) -> None:
    """Add the slide number as a field, which stays correct when slides are added."""
    frame = _write_text_box(
        shapes, SLIDE_NUMBER, [Paragraph("", size=FOOTER_SIZE, tone="muted", align="end")]
    ).text_frame
    paragraph = frame.paragraphs[0]._p
    field = f'<a:fld {nsdecls("a")} id="{{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}}" type="slidenum"><a:t>#</a:t></a:fld>'
    field_element = parse_xml(field)
    field_element.insert(0, _text_properties("rPr", FOOTER_SIZE, "muted", is_bold=False))
    paragraph.find(qn("a:endParaRPr")).addprevious(field_element)


def _write_rectangle(shapes: Any, rectangle: RectangleShape) -> None:
    pptx_shape = shapes.add_shape(MSO_SHAPE.RECTANGLE, *_emu_lengths(rectangle.rect))
    pptx_shape._element.remove(pptx_shape._element.find(qn("p:style")))  # the style of the template has a shadow
    if rectangle.outline:
        pptx_shape.line.color.rgb, pptx_shape.line.width = (
            _rgb_colour(*bytes.fromhex(COLOURS[rectangle.outline])),
            Pt(OUTLINE_WIDTH),
        )
    else:
        pptx_shape.line.fill.background()
    properties = pptx_shape._element.spPr
    properties.insert(properties.index(properties.find(qn("a:ln"))), _solid_fill(rectangle.tone))


def _write_table(shapes: Any, grid: TableShape) -> None:
    frame = shapes.add_table(len(grid.rows), len(grid.widths), *_emu_lengths(grid.rect))
    table = frame.table
    table.horz_banding = False
    table._tbl.tblPr.find(qn("a:tableStyleId")).text = _NO_STYLE
    for column, width in zip(table.columns, grid.widths, strict=True):
        column.width = Pt(width)
    for pptx_row, row in zip(table._tbl.tr_lst, grid.rows, strict=True):
        pptx_row.h = Pt(row.height)
        for pptx_cell, cell in zip(pptx_row.tc_lst, row.cells, strict=True):
            _fill_cell(pptx_cell, cell, grid)


def _fill_cell(pptx_cell: Any, cell: TableCell, grid: TableShape) -> None:
    body = pptx_cell.get_or_add_txBody()
    align: Any = "end" if cell.is_number else "start"
    _write_paragraphs(body, [Paragraph(cell.text, grid.size, cell.tone, cell.is_bold, align=align)])
    properties = pptx_cell.get_or_add_tcPr()
    for name, points in (("marL", PAD_X), ("marR", PAD_X), ("marT", grid.pad), ("marB", grid.pad)):
        properties.set(name, str(Pt(points)))
    line = f'<a:lnB {nsdecls("a")} w="6350"><a:solidFill><a:srgbClr val="{COLOURS["line"]}"/></a:solidFill></a:lnB>'
    properties.append(parse_xml(line))
    if cell.fill:
        properties.append(_solid_fill(cell.fill))


def _fill_frame(frame: Any, paragraphs: Iterable[Paragraph]) -> None:
    frame.word_wrap = True
    frame.vertical_anchor = MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    _write_paragraphs(frame._txBody, paragraphs)


def _write_paragraphs(body: Any, paragraphs: Iterable[Paragraph]) -> None:
    for old in body.p_lst:
        body.remove(old)
    for paragraph in paragraphs:
        body.append(_paragraph_element(paragraph))


def _paragraph_element(paragraph: Paragraph) -> Any:
    """A paragraph with lines of exact height; line ends become line breaks."""
    new_element = parse_xml(f"<a:p {nsdecls('a')}/>")
    new_element.append(_paragraph_properties(paragraph))
    for number, line in enumerate(clean_text(paragraph.text).split("\n")):
        if number:
            new_element.append(_styled_element("br", paragraph))
        if line:
            text_run = _styled_element("r", paragraph)
            text_run.append(text := parse_xml(f"<a:t {nsdecls('a')}/>"))
            text.text = line
            new_element.append(text_run)
    new_element.append(_text_properties("endParaRPr", paragraph.size, paragraph.tone, paragraph.is_bold))
    return new_element


def _paragraph_properties(paragraph: Paragraph) -> Any:
    indent = Pt(BULLET_INDENT) if paragraph.is_bullet else 0
    point = '<a:buFont typeface="Arial"/><a:buChar char="•"/>' if paragraph.is_bullet else "<a:buNone/>"
    return parse_xml(
        f'<a:pPr {nsdecls("a")} algn="{_ALIGN[paragraph.align]}" marL="{indent}" indent="{-indent}">'
        f'<a:lnSpc><a:spcPts val="{round(paragraph.line_height * 100)}"/></a:lnSpc>'
        '<a:spcBef><a:spcPts val="0"/></a:spcBef><a:spcAft><a:spcPts val="0"/></a:spcAft>'
        f"{point}</a:pPr>"
    )


def _styled_element(tag: str, paragraph: Paragraph) -> Any:
    new_element = parse_xml(f"<a:{tag} {nsdecls('a')}/>")
    new_element.append(_text_properties("rPr", paragraph.size, paragraph.tone, paragraph.is_bold))
    return new_element


def _text_properties(tag: str, size: float, tone: str, is_bold: bool) -> Any:
    fill = f'<a:solidFill><a:srgbClr val="{COLOURS[tone]}"/></a:solidFill>'
    bold = int(is_bold)
    return parse_xml(f'<a:{tag} {nsdecls("a")} lang="en-GB" sz="{round(size * 100)}" b="{bold}">{fill}</a:{tag}>')


def _solid_fill(tone: str) -> Any:
    return parse_xml(f'<a:solidFill {nsdecls("a")}><a:srgbClr val="{COLOURS[tone]}"/></a:solidFill>')

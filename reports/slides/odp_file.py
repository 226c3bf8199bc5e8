"""Writes a deck as .odp with native titles, text boxes, tables and rectangles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    SMALLEST,
    TITLE,
    TITLE_SIZE,
    WIDTH,
    Deck,
    Paragraph,
    Rect,
    RectangleShape,
    Shape,
    Slide,
    TableCell,
    TableRow,
    TableShape,
    TextBox,
)
from reports.slides.odf import CONTENT_TYPE, VERSION, Styles, element, length, package, style
from reports.slides.text_metrics import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from xml.etree.ElementTree import Element

__all__ = ["CONTENT_TYPE", "odp_bytes"]
_MASTER_NAME, _LAYOUT_NAME = "Week", "wide"
_PLAIN_FRAME = {"draw:stroke": "none", "draw:fill": "none", "fo:wrap-option": "wrap", "draw:auto-grow-height": "false"}
_NO_PADDING = {f"fo:padding-{side}": "0pt" for side in ("top", "bottom", "left", "right")}
_FRAME_STYLE = {"style:graphic-properties": _PLAIN_FRAME | _NO_PADDING | {"draw:textarea-vertical-align": "top"}}


def odp_bytes(deck: Deck) -> bytes:
    """The bytes of the file, which LibreOffice and PowerPoint open."""
    styles = Styles()
    pages = [_page(styles, slide, number, deck.footer) for number, slide in enumerate(deck.slides, start=1)]
    content = _document("content", element("office:automatic-styles", None, *styles.elements), _body(pages))
    return package({"content.xml": content, "styles.xml": _styles(), "meta.xml": _metadata(deck)})


def _document(root_name: str, *parts: Element) -> Element:
    return element(f"office:document-{root_name}", {"office:version": VERSION}, *parts)


def _body(pages: list[Element]) -> Element:
    return element("office:body", None, element("office:presentation", None, *pages))


def _metadata(deck: Deck) -> Element:
    texts = {
        "meta:generator": "CertHelper",
        "dc:title": deck.title,
        "dc:subject": deck.footer,
        "meta:initial-creator": deck.author,
        "dc:creator": deck.author,
    }
    return _document("meta", element("office:meta", None, *(element(n, text=clean_text(t)) for n, t in texts.items())))


def _styles() -> Element:
    """The styles that all slides share: page size, font, position of the title.

    An empty cell is as high as a line of the standard size, which is therefore the smallest size of cells.
    """
    size = {"fo:page-width": length(WIDTH), "fo:page-height": length(HEIGHT), "style:print-orientation": "landscape"}
    margins = {f"fo:margin-{side}": "0pt" for side in ("top", "bottom", "left", "right")}
    page = element("style:page-layout-properties", size | margins)
    background = {"style:drawing-page-properties": {"draw:fill": "solid", "draw:fill-color": f"#{COLOURS['surface']}"}}
    text = {"style:text-properties": _text_properties(Paragraph("", SMALLEST))}
    title = {"style:text-properties": _text_properties(Paragraph("", TITLE_SIZE, is_bold=True))}
    return _document(
        "styles",
        element("office:styles", None, style("standard", "graphic", text), *_title_styles(title)),
        element(
            "office:automatic-styles",
            None,
            element("style:page-layout", {"style:name": _LAYOUT_NAME}, page),
            style("background", "drawing-page", background),
        ),
        element("office:master-styles", None, _master_page()),
    )


def _title_styles(properties: dict[str, dict[str, str]]) -> Iterator[Element]:
    yield style(f"{_MASTER_NAME}-title", "presentation", _FRAME_STYLE | properties)


def _master_page() -> Element:
    attributes = {"style:name": _MASTER_NAME, "style:page-layout-name": _LAYOUT_NAME, "draw:style-name": "background"}
    presentation = {"presentation:style-name": f"{_MASTER_NAME}-title", "presentation:class": "title"}
    frame = element("draw:frame", _position(TITLE) | presentation | {"presentation:placeholder": "true"}, _text_box())
    return element("style:master-page", attributes, frame)


def _page(styles: Styles, slide: Slide, number: int, footer: str) -> Element:
    attributes = {"draw:name": f"{number} {slide.title}", "draw:master-page-name": _MASTER_NAME}
    shapes = [_title_frame(styles, slide), *(_shape(styles, shape) for shape in slide.shapes)]
    if not slide.is_cover:
        small: dict[str, Any] = {"size": FOOTER_SIZE, "tone": "muted"}
        shapes.append(_text_frame(styles, FOOTER, [Paragraph(footer, **small)]))
        shapes.append(_number_frame(styles, Paragraph(str(number), align="end", **small)))
    return element("draw:page", attributes, *shapes)


def _title_frame(styles: Styles, slide: Slide) -> Element:
    presentation = {
        "presentation:style-name": styles.name("presentation", _FRAME_STYLE, f"{_MASTER_NAME}-title"),
        "presentation:class": "title",
        "presentation:user-transformed": "true",
    }
    box = _text_box(_paragraph(styles, slide.title_paragraph))
    return element("draw:frame", _position(slide.title_rect) | presentation, box)


def _shape(styles: Styles, shape: Shape) -> Element:
    match shape:
        case TextBox():
            return _text_frame(styles, shape.rect, shape.paragraphs)
        case RectangleShape():
            return _rectangle(styles, shape)
        case TableShape():
            return _table(styles, shape)


def _position(rect: Rect) -> dict[str, str]:
    return {
        "draw:layer": "layout",
        "svg:x": length(rect.left),
        "svg:y": length(rect.top),
        "svg:width": length(rect.width),
        "svg:height": length(rect.height),
    }


def _text_box(*paragraphs: Element) -> Element:
    return element("draw:text-box", None, *paragraphs)


def _text_frame(styles: Styles, rect: Rect, paragraphs: Iterable[Paragraph]) -> Element:
    attributes = {"draw:style-name": styles.name("graphic", _FRAME_STYLE, "standard")}
    return element(
        "draw:frame",
        _position(rect) | attributes,
        _text_box(*(_paragraph(styles, paragraph) for paragraph in paragraphs)),
    )


def _number_frame(styles: Styles, paragraph: Paragraph) -> Element:
    """The slide number as a field, which stays correct when slides are added."""
    frame = _text_frame(styles, SLIDE_NUMBER, [paragraph])
    span = next(child for child in frame.iter() if child.tag.endswith("}span"))
    span.text = None
    span.append(element("text:page-number", text=paragraph.text))
    return frame


def _rectangle(styles: Styles, rectangle: RectangleShape) -> Element:
    outline = {
        "draw:stroke": "solid",
        "svg:stroke-width": length(OUTLINE_WIDTH),
        "svg:stroke-color": f"#{COLOURS.get(rectangle.outline)}",
    }
    properties = {"draw:stroke": "none", "draw:fill": "solid", "draw:fill-color": f"#{COLOURS[rectangle.tone]}"}
    properties |= outline if rectangle.outline else {}
    name = styles.name("graphic", {"style:graphic-properties": properties}, "standard")
    return element("draw:rect", _position(rectangle.rect) | {"draw:style-name": name})


def _table(styles: Styles, table: TableShape) -> Element:
    columns = [
        element("table:table-column", {"table:style-name": _column_style(styles, width)}) for width in table.widths
    ]
    rows = [_row(styles, row, table) for row in table.rows]
    head = {"table:use-first-row-styles": "true"}
    return element("draw:frame", _position(table.rect), element("table:table", head, *columns, *rows))


def _column_style(styles: Styles, width: float) -> str:
    properties = {"style:column-width": length(width), "style:use-optimal-column-width": "false"}
    return styles.name("table-column", {"style:table-column-properties": properties})


def _row(styles: Styles, row: TableRow, table: TableShape) -> Element:
    properties = {"style:row-height": length(row.height), "style:use-optimal-row-height": "false"}
    name = styles.name("table-row", {"style:table-row-properties": properties})
    return element("table:table-row", {"table:style-name": name}, *(_cell(styles, cell, table) for cell in row.cells))


def _cell(styles: Styles, cell: TableCell, table: TableShape) -> Element:
    align: Any = "end" if cell.is_number else "start"
    paragraph = Paragraph(cell.text, table.size, cell.tone, cell.is_bold, align=align)
    name = styles.name("table-cell", _cell_properties(cell.fill, table.pad))
    return element("table:table-cell", {"table:style-name": name}, _paragraph(styles, paragraph))


def _cell_properties(fill: str, pad: float) -> dict[str, dict[str, str]]:
    """Fill and border twice: as in the standard, and as LibreOffice reads them for slides."""
    padding = {
        "fo:padding-top": length(pad),
        "fo:padding-bottom": length(pad),
        "fo:padding-left": length(PAD_X),
        "fo:padding-right": length(PAD_X),
    }
    sides = dict.fromkeys(("fo:border-left", "fo:border-right", "fo:border-top"), "none")
    border = {**sides, "fo:border-bottom": f"0.5pt solid #{COLOURS['line']}"}
    filled = {"draw:fill": "solid", "draw:fill-color": f"#{COLOURS[fill]}"} if fill else {"draw:fill": "none"}
    return {
        "style:table-cell-properties": {
            "fo:background-color": f"#{COLOURS[fill]}" if fill else "transparent",
            "style:vertical-align": "top",
            **padding,
            **border,
        },
        "loext:graphic-properties": {**filled, "draw:textarea-vertical-align": "top", **padding},
        "style:paragraph-properties": border,
    }


def _paragraph(styles: Styles, paragraph: Paragraph) -> Element:
    """A paragraph with lines of exact height; line ends become line breaks."""
    new_element = element("text:p", {"text:style-name": styles.name("paragraph", _paragraph_properties(paragraph))})
    if not paragraph.text:
        return new_element
    text_style = styles.name("text", {"style:text-properties": _text_properties(paragraph)})
    span = element("text:span", {"text:style-name": text_style})
    first, *others = clean_text(f"• {paragraph.text}" if paragraph.is_bullet else paragraph.text).split("\n")
    _append_line(span, first)
    for line in others:
        span.append(element("text:line-break"))
        _append_line(span, line)
    new_element.append(span)
    return new_element


def _append_line(span: Element, line: str) -> None:
    """Append text to a span. The format collapses repeated spaces unless they are text:s elements."""
    _append_text(span, line[:0])
    chunks = line.split("  ")
    for number, chunk in enumerate(chunks):
        if number:
            _append_text(span, " ")
            span.append(element("text:s"))
        _append_text(span, chunk)


def _append_text(span: Element, text: str) -> None:
    if len(span):
        span[-1].tail = (span[-1].tail or "") + text
    else:
        span.text = (span.text or "") + text


def _paragraph_properties(paragraph: Paragraph) -> dict[str, dict[str, str]]:
    indent = BULLET_INDENT if paragraph.is_bullet else 0.0
    properties = {
        "fo:margin-left": length(indent),
        "fo:text-indent": length(-indent),
        "fo:margin-top": "0pt",
        "fo:margin-bottom": "0pt",
        "fo:line-height": length(paragraph.line_height),
        "fo:text-align": paragraph.align,
    }
    return {"style:paragraph-properties": properties, "style:text-properties": _text_properties(paragraph)}


def _text_properties(paragraph: Paragraph) -> dict[str, str]:
    weight = "bold" if paragraph.is_bold else "normal"
    sizes = dict.fromkeys(("fo:font-size", "style:font-size-asian", "style:font-size-complex"), length(paragraph.size))
    weights = dict.fromkeys(("fo:font-weight", "style:font-weight-asian", "style:font-weight-complex"), weight)
    return {"fo:font-family": FONT, "fo:color": f"#{COLOURS[paragraph.tone]}", **sizes, **weights}

"""A deck as .odp: native titles, text boxes, tables and rectangles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

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

__all__ = ["CONTENT_TYPE", "odp_bytes"]
_MASTER_NAME, _LAYOUT_NAME = "Week", "wide"
_PLAIN_FRAME = {"draw:stroke": "none", "draw:fill": "none", "fo:wrap-option": "wrap", "draw:auto-grow-height": "false"}
_NO_PADDING = {f"fo:padding-{side}": "0pt" for side in ("top", "bottom", "left", "right")}
_FRAME_STYLE = {"style:graphic-properties": _PLAIN_FRAME | _NO_PADDING | {"draw:textarea-vertical-align": "top"}}


def odp_bytes(deck: Deck) -> bytes:
    """The file, as LibreOffice and PowerPoint open it."""
    styles = Styles()
    pages = [_page(styles, slide, number, deck.footer) for number, slide in enumerate(deck.slides, start=1)]
    content = _document("content", element("office:automatic-styles", None, *styles.elements), _body(pages))
    return package({"content.xml": content, "styles.xml": _styles(), "meta.xml": _metadata(deck)})


def _document(kind: str, *parts: Element) -> Element:
    return element(f"office:document-{kind}", {"office:version": VERSION}, *parts)


def _body(pages: list[Element]) -> Element:
    return element("office:body", None, element("office:presentation", None, *pages))


def _metadata(deck: Deck) -> Element:
    said = {
        "meta:generator": "CertHelper",
        "dc:title": deck.title,
        "dc:subject": deck.footer,
        "meta:initial-creator": deck.author,
        "dc:creator": deck.author,
    }
    return _document("meta", element("office:meta", None, *(element(n, text=clean_text(t)) for n, t in said.items())))


def _styles() -> Element:
    """What every slide shares: the size of the page, the font, where a title stands.

    An empty cell is as high as a line of the standard size, so that is the smallest of cells.
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


def _title_styles(look: dict[str, dict[str, str]]) -> Iterator[Element]:
    yield style(f"{_MASTER_NAME}-title", "presentation", _FRAME_STYLE | look)


def _master_page() -> Element:
    said = {"style:name": _MASTER_NAME, "style:page-layout-name": _LAYOUT_NAME, "draw:style-name": "background"}
    place = {"presentation:style-name": f"{_MASTER_NAME}-title", "presentation:class": "title"}
    frame = element("draw:frame", _position(TITLE) | place | {"presentation:placeholder": "true"}, _text_box())
    return element("style:master-page", said, frame)


def _page(styles: Styles, slide: Slide, number: int, footer: str) -> Element:
    said = {"draw:name": f"{number} {slide.title}", "draw:master-page-name": _MASTER_NAME}
    shapes = [_title_frame(styles, slide), *(_shape(styles, shape) for shape in slide.shapes)]
    if not slide.is_cover:
        small: dict[str, Any] = {"size": FOOTER_SIZE, "tone": "muted"}
        shapes.append(_text_frame(styles, FOOTER, [Paragraph(footer, **small)]))
        shapes.append(_number_frame(styles, Paragraph(str(number), align="end", **small)))
    return element("draw:page", said, *shapes)


def _title_frame(styles: Styles, slide: Slide) -> Element:
    place = {
        "presentation:style-name": styles.name("presentation", _FRAME_STYLE, f"{_MASTER_NAME}-title"),
        "presentation:class": "title",
        "presentation:user-transformed": "true",
    }
    box = _text_box(_paragraph(styles, slide.title_paragraph))
    return element("draw:frame", _position(slide.title_rect) | place, box)


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
    said = {"draw:style-name": styles.name("graphic", _FRAME_STYLE, "standard")}
    return element("draw:frame", _position(rect) | said, _text_box(*(_paragraph(styles, one) for one in paragraphs)))


def _number_frame(styles: Styles, paragraph: Paragraph) -> Element:
    """The number of the slide as a field, so that it stays true when slides are added."""
    frame = _text_frame(styles, SLIDE_NUMBER, [paragraph])
    span = next(one for one in frame.iter() if one.tag.endswith("}span"))
    span.text = None
    span.append(element("text:page-number", text=paragraph.text))
    return frame


def _rectangle(styles: Styles, rectangle: RectangleShape) -> Element:
    edge = {
        "draw:stroke": "solid",
        "svg:stroke-width": length(OUTLINE_WIDTH),
        "svg:stroke-color": f"#{COLOURS.get(rectangle.outline)}",
    }
    look = {"draw:stroke": "none", "draw:fill": "solid", "draw:fill-color": f"#{COLOURS[rectangle.tone]}"}
    look |= edge if rectangle.outline else {}
    name = styles.name("graphic", {"style:graphic-properties": look}, "standard")
    return element("draw:rect", _position(rectangle.rect) | {"draw:style-name": name})


def _table(styles: Styles, table: TableShape) -> Element:
    columns = [
        element("table:table-column", {"table:style-name": _column_style(styles, width)}) for width in table.widths
    ]
    rows = [_row(styles, row, table) for row in table.rows]
    head = {"table:use-first-row-styles": "true"}
    return element("draw:frame", _position(table.rect), element("table:table", head, *columns, *rows))


def _column_style(styles: Styles, width: float) -> str:
    wide = {"style:column-width": length(width), "style:use-optimal-column-width": "false"}
    return styles.name("table-column", {"style:table-column-properties": wide})


def _row(styles: Styles, row: TableRow, table: TableShape) -> Element:
    high = {"style:row-height": length(row.height), "style:use-optimal-row-height": "false"}
    name = styles.name("table-row", {"style:table-row-properties": high})
    return element("table:table-row", {"table:style-name": name}, *(_cell(styles, cell, table) for cell in row.cells))


def _cell(styles: Styles, cell: TableCell, table: TableShape) -> Element:
    align: Any = "end" if cell.is_number else "start"
    said = Paragraph(cell.text, table.size, cell.tone, cell.is_bold, align=align)
    name = styles.name("table-cell", _cell_properties(cell.fill, table.pad))
    return element("table:table-cell", {"table:style-name": name}, _paragraph(styles, said))


def _cell_properties(fill: str, pad: float) -> dict[str, dict[str, str]]:
    """Fill and border as the standard has them, and again as LibreOffice reads them for slides."""
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
    """A paragraph with lines of exact height; its line ends are breaks inside it."""
    made = element("text:p", {"text:style-name": styles.name("paragraph", _paragraph_properties(paragraph))})
    if not paragraph.text:
        return made
    look = styles.name("text", {"style:text-properties": _text_properties(paragraph)})
    span = element("text:span", {"text:style-name": look})
    first, *others = clean_text(f"• {paragraph.text}" if paragraph.is_bullet else paragraph.text).split("\n")
    _append_line(span, first)
    for line in others:
        span.append(element("text:line-break"))
        _append_line(span, line)
    made.append(span)
    return made


def _append_line(span: Element, line: str) -> None:
    """Text put at the end of a span; the format folds spaces that follow one another, unless they are counted."""
    _append_text(span, line[:0])
    words = line.split("  ")
    for number, word in enumerate(words):
        if number:
            _append_text(span, " ")
            span.append(element("text:s"))
        _append_text(span, word)


def _append_text(span: Element, text: str) -> None:
    if len(span):
        span[-1].tail = (span[-1].tail or "") + text
    else:
        span.text = (span.text or "") + text


def _paragraph_properties(paragraph: Paragraph) -> dict[str, dict[str, str]]:
    indent = BULLET_INDENT if paragraph.is_bullet else 0.0
    look = {
        "fo:margin-left": length(indent),
        "fo:text-indent": length(-indent),
        "fo:margin-top": "0pt",
        "fo:margin-bottom": "0pt",
        "fo:line-height": length(paragraph.line_height),
        "fo:text-align": paragraph.align,
    }
    return {"style:paragraph-properties": look, "style:text-properties": _text_properties(paragraph)}


def _text_properties(paragraph: Paragraph) -> dict[str, str]:
    weight = "bold" if paragraph.is_bold else "normal"
    sizes = dict.fromkeys(("fo:font-size", "style:font-size-asian", "style:font-size-complex"), length(paragraph.size))
    weights = dict.fromkeys(("fo:font-weight", "style:font-weight-asian", "style:font-weight-complex"), weight)
    return {"fo:font-family": FONT, "fo:color": f"#{COLOURS[paragraph.tone]}", **sizes, **weights}

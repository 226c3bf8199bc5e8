"""A deck as .odp: native titles, text boxes, tables and rectangles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

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
    SMALLEST,
    TITLE,
    TITLE_SIZE,
    WIDTH,
    Block,
    Box,
    Cell,
    Deck,
    Grid,
    Paragraph,
    Row,
    Shape,
    Slide,
    Words,
)
from reports.slides.odf import CONTENT_TYPE, VERSION, Styles, element, length, package, style
from reports.slides.text_metrics import clean

__all__ = ["CONTENT_TYPE", "odp_bytes"]
_MASTER, _LAYOUT = "Week", "wide"
_BARE = {"draw:stroke": "none", "draw:fill": "none", "fo:wrap-option": "wrap", "draw:auto-grow-height": "false"}
_NO_PADDING = {f"fo:padding-{side}": "0pt" for side in ("top", "bottom", "left", "right")}
_FRAME = {"style:graphic-properties": _BARE | _NO_PADDING | {"draw:textarea-vertical-align": "top"}}


def odp_bytes(deck: Deck) -> bytes:
    """The file, as LibreOffice and PowerPoint open it."""
    styles = Styles()
    pages = [_page(styles, slide, number, deck.footer) for number, slide in enumerate(deck.slides, start=1)]
    content = _document("content", element("office:automatic-styles", None, *styles.elements), _body(pages))
    return package({"content.xml": content, "styles.xml": _styles(), "meta.xml": _meta(deck)})


def _document(kind: str, *parts: Element) -> Element:
    return element(f"office:document-{kind}", {"office:version": VERSION}, *parts)


def _body(pages: list[Element]) -> Element:
    return element("office:body", None, element("office:presentation", None, *pages))


def _meta(deck: Deck) -> Element:
    said = {
        "meta:generator": "CertHelper",
        "dc:title": deck.title,
        "dc:subject": deck.footer,
        "meta:initial-creator": deck.author,
        "dc:creator": deck.author,
    }
    return _document("meta", element("office:meta", None, *(element(n, text=clean(t)) for n, t in said.items())))


def _styles() -> Element:
    """What every slide shares: the size of the page, the font, where a title stands.

    An empty cell is as high as a line of the standard size, so that is the smallest of cells.
    """
    size = {"fo:page-width": length(WIDTH), "fo:page-height": length(HEIGHT), "style:print-orientation": "landscape"}
    margins = {f"fo:margin-{side}": "0pt" for side in ("top", "bottom", "left", "right")}
    page = element("style:page-layout-properties", size | margins)
    background = {"style:drawing-page-properties": {"draw:fill": "solid", "draw:fill-color": f"#{COLOURS['surface']}"}}
    text = {"style:text-properties": _text_look(Paragraph("", SMALLEST))}
    title = {"style:text-properties": _text_look(Paragraph("", TITLE_SIZE, is_bold=True))}
    return _document(
        "styles",
        element("office:styles", None, style("standard", "graphic", text), *_titles(title)),
        element(
            "office:automatic-styles",
            None,
            element("style:page-layout", {"style:name": _LAYOUT}, page),
            style("background", "drawing-page", background),
        ),
        element("office:master-styles", None, _master()),
    )


def _titles(look: dict[str, dict[str, str]]) -> Iterator[Element]:
    yield style(f"{_MASTER}-title", "presentation", _FRAME | look)


def _master() -> Element:
    said = {"style:name": _MASTER, "style:page-layout-name": _LAYOUT, "draw:style-name": "background"}
    place = {"presentation:style-name": f"{_MASTER}-title", "presentation:class": "title"}
    frame = element("draw:frame", _placed(TITLE) | place | {"presentation:placeholder": "true"}, _text_box())
    return element("style:master-page", said, frame)


def _page(styles: Styles, slide: Slide, number: int, footer: str) -> Element:
    said = {"draw:name": f"{number} {slide.title}", "draw:master-page-name": _MASTER}
    shapes = [_title(styles, slide), *(_shape(styles, shape) for shape in slide.shapes)]
    if not slide.is_cover:
        small: dict[str, Any] = {"size": FOOTER_SIZE, "tone": "muted"}
        shapes.append(_words(styles, FOOTER, [Paragraph(footer, **small)]))
        shapes.append(_number(styles, Paragraph(str(number), align="end", **small)))
    return element("draw:page", said, *shapes)


def _title(styles: Styles, slide: Slide) -> Element:
    place = {
        "presentation:style-name": styles.name("presentation", _FRAME, f"{_MASTER}-title"),
        "presentation:class": "title",
        "presentation:user-transformed": "true",
    }
    box = _text_box(_paragraph(styles, slide.title_paragraph))
    return element("draw:frame", _placed(slide.title_box) | place, box)


def _shape(styles: Styles, shape: Shape) -> Element:
    match shape:
        case Words():
            return _words(styles, shape.box, shape.paragraphs)
        case Block():
            return _block(styles, shape)
        case Grid():
            return _grid(styles, shape)


def _placed(box: Box) -> dict[str, str]:
    return {
        "draw:layer": "layout",
        "svg:x": length(box.left),
        "svg:y": length(box.top),
        "svg:width": length(box.width),
        "svg:height": length(box.height),
    }


def _text_box(*paragraphs: Element) -> Element:
    return element("draw:text-box", None, *paragraphs)


def _words(styles: Styles, box: Box, paragraphs: Iterable[Paragraph]) -> Element:
    said = {"draw:style-name": styles.name("graphic", _FRAME, "standard")}
    return element("draw:frame", _placed(box) | said, _text_box(*(_paragraph(styles, one) for one in paragraphs)))


def _number(styles: Styles, said: Paragraph) -> Element:
    """The number of the slide as a field, so that it stays true when slides are added."""
    frame = _words(styles, NUMBER, [said])
    span = next(one for one in frame.iter() if one.tag.endswith("}span"))
    span.text = None
    span.append(element("text:page-number", text=said.text))
    return frame


def _block(styles: Styles, block: Block) -> Element:
    edge = {"draw:stroke": "solid", "svg:stroke-width": length(EDGE), "svg:stroke-color": f"#{COLOURS.get(block.edge)}"}
    look = {"draw:stroke": "none", "draw:fill": "solid", "draw:fill-color": f"#{COLOURS[block.tone]}"}
    look |= edge if block.edge else {}
    name = styles.name("graphic", {"style:graphic-properties": look}, "standard")
    return element("draw:rect", _placed(block.box) | {"draw:style-name": name})


def _grid(styles: Styles, grid: Grid) -> Element:
    columns = [element("table:table-column", {"table:style-name": _column(styles, width)}) for width in grid.widths]
    rows = [_row(styles, row, grid) for row in grid.rows]
    head = {"table:use-first-row-styles": "true"}
    return element("draw:frame", _placed(grid.box), element("table:table", head, *columns, *rows))


def _column(styles: Styles, width: float) -> str:
    wide = {"style:column-width": length(width), "style:use-optimal-column-width": "false"}
    return styles.name("table-column", {"style:table-column-properties": wide})


def _row(styles: Styles, row: Row, grid: Grid) -> Element:
    high = {"style:row-height": length(row.height), "style:use-optimal-row-height": "false"}
    name = styles.name("table-row", {"style:table-row-properties": high})
    return element("table:table-row", {"table:style-name": name}, *(_cell(styles, cell, grid) for cell in row.cells))


def _cell(styles: Styles, cell: Cell, grid: Grid) -> Element:
    align: Any = "end" if cell.is_number else "start"
    said = Paragraph(cell.text, grid.size, cell.tone, cell.is_bold, align=align)
    name = styles.name("table-cell", _cell_look(cell.fill, grid.pad))
    return element("table:table-cell", {"table:style-name": name}, _paragraph(styles, said))


def _cell_look(fill: str, pad: float) -> dict[str, dict[str, str]]:
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


def _paragraph(styles: Styles, said: Paragraph) -> Element:
    """A paragraph with lines of exact height; its line ends are breaks inside it."""
    made = element("text:p", {"text:style-name": styles.name("paragraph", _paragraph_look(said))})
    if not said.text:
        return made
    look = styles.name("text", {"style:text-properties": _text_look(said)})
    span = element("text:span", {"text:style-name": look})
    first, *others = clean(f"• {said.text}" if said.is_point else said.text).split("\n")
    _spaced(span, first)
    for line in others:
        span.append(element("text:line-break"))
        _spaced(span, line)
    made.append(span)
    return made


def _spaced(span: Element, line: str) -> None:
    """Text put at the end of a span; the format folds spaces that follow one another, unless they are counted."""
    _put(span, line[:0])
    words = line.split("  ")
    for number, word in enumerate(words):
        if number:
            _put(span, " ")
            span.append(element("text:s"))
        _put(span, word)


def _put(span: Element, text: str) -> None:
    if len(span):
        span[-1].tail = (span[-1].tail or "") + text
    else:
        span.text = (span.text or "") + text


def _paragraph_look(said: Paragraph) -> dict[str, dict[str, str]]:
    indent = POINT_INDENT if said.is_point else 0.0
    look = {
        "fo:margin-left": length(indent),
        "fo:text-indent": length(-indent),
        "fo:margin-top": "0pt",
        "fo:margin-bottom": "0pt",
        "fo:line-height": length(said.line),
        "fo:text-align": said.align,
    }
    return {"style:paragraph-properties": look, "style:text-properties": _text_look(said)}


def _text_look(said: Paragraph) -> dict[str, str]:
    weight = "bold" if said.is_bold else "normal"
    sizes = dict.fromkeys(("fo:font-size", "style:font-size-asian", "style:font-size-complex"), length(said.size))
    weights = dict.fromkeys(("fo:font-weight", "style:font-weight-asian", "style:font-weight-complex"), weight)
    return {"fo:font-family": FONT, "fo:color": f"#{COLOURS[said.tone]}", **sizes, **weights}

"""Long tables and texts continue on further slides; no text is lost, and all shapes are inside the slide."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.models.choices import Verdict
from reports.slides.column_widths import Column
from reports.slides.deck import BODY, PAD_X, Paragraph, RectangleShape, TableCell, TableShape, TextBox, line_height
from reports.slides.table_layout import TableExtras, table_slides
from reports.slides.text_layout import text_height, text_slides
from reports.slides.text_metrics import wrap_text
from reports.slides.totals import SlideTotal

COLUMNS = [Column("Run", is_number=True), Column("Verdict"), Column("Comment"), Column("Shifter")]
comments = st.text(st.sampled_from("abcdefgh WM.\n"), max_size=400) | st.integers(1, 9000).map("pixel ".__mul__)
rows = st.lists(st.tuples(st.integers(300000, 400000), comments), min_size=1, max_size=30)


def _cells(run: int, comment: str) -> list[TableCell]:
    return [TableCell(str(run)), TableCell("Bad", "bad", fill="bad-soft"), TableCell(comment), TableCell("Ana")]


def _grids(slides) -> list[TableShape]:
    return [shape for slide in slides for shape in slide.shapes if isinstance(shape, TableShape)]


def _column_text(grids: list[TableShape], column: int) -> list[str]:
    return " ".join(row.cells[column].text for grid in grids for row in grid.rows[1:]).split()


@settings(deadline=None, max_examples=30)
@given(rows, st.sampled_from(["", "A note. " * 40]))
def test_tables_fit_and_lose_no_text(given_rows, note):
    slides = table_slides("Why", COLUMNS, [_cells(*row) for row in given_rows], TableExtras(note=note))
    grids = _grids(slides)
    assert len(grids) == len(slides)
    assert all(grid.rect.bottom <= BODY.bottom + 0.01 and grid.rect.top >= BODY.top for grid in grids)
    assert "".join(_column_text(grids, 2)) == "".join("".join(comment.split()) for _run, comment in given_rows)
    assert [word for word in _column_text(grids, 0) if word != "…"][: len(given_rows)]
    assert _column_text(grids, 1) == ["Bad"] * len(given_rows)
    for grid in grids:
        assert sum(grid.widths) == pytest.approx(BODY.width)
        for row in grid.rows:
            lines = [
                wrap_text(cell.text, width - 2 * PAD_X, grid.size, cell.is_bold)
                for cell, width in zip(row.cells, grid.widths, strict=True)
            ]
            assert row.height >= max(map(len, lines)) * line_height(grid.size) + 2 * grid.pad - 0.01


def test_short_rows_are_not_split_and_each_slide_repeats_the_head():
    slides = table_slides("Why", COLUMNS, [_cells(run, "word " * 100) for run in range(300000, 300060)])
    grids = _grids(slides)
    assert len(slides) >= 3
    assert slides[0].title == f"Why (1 of {len(slides)})"
    assert {tuple(cell.text for cell in grid.rows[0].cells) for grid in grids} == {
        ("Run", "Verdict", "Comment", "Shifter")
    }
    assert _column_text(grids, 0) == [str(run) for run in range(300000, 300060)]


def test_row_higher_than_a_slide_repeats_its_first_cell():
    grids = _grids(table_slides("Why", COLUMNS, [_cells(316187, "word " * 9000)]))
    assert [grid.rows[1].cells[0].text for grid in grids] == ["316187", *["316187\xa0…"] * (len(grids) - 1)]
    assert _column_text(grids, 2) == ["word"] * 9000


def test_table_has_the_largest_size_that_fits_a_slide():
    small = [_cells(316187, "power cut")]
    assert _grids(table_slides("Why", COLUMNS, small))[0].size == 20
    assert 14 <= _grids(table_slides("Why", COLUMNS, small * 14))[0].size < 20
    assert {grid.size for grid in _grids(table_slides("Why", COLUMNS, small * 40))} == {14}


def test_smaller_size_is_preferred_to_a_split_word():
    (grid,) = _grids(table_slides("Why", COLUMNS, [_cells(316187, "w" * 60)]))
    assert grid.size < 20
    assert [row.height for row in grid.rows] == [line_height(grid.size) + 2 * grid.pad] * 2
    (grid,) = _grids(table_slides("Why", COLUMNS, [_cells(316187, "w" * 400)]))
    assert _column_text([grid], 0) + _column_text([grid], 1) == ["316187", "Bad"]


def test_totals_are_above_and_bars_fill_the_remaining_height():
    sums = [SlideTotal("Runs", "12"), SlideTotal("✓ Good", "11", "good")]
    shares = [("collisions express", {Verdict.GOOD: 11, Verdict.BAD: 1}), ("cosmics express", {Verdict.GOOD: 3})]
    beside = TableExtras(sums, "A note.", [Paragraph("word " * 20)], shares)
    (slide,) = table_slides("Monday", COLUMNS, [_cells(316187, "x")] * 2, beside)
    bars = [rectangle for rectangle in slide.shapes if isinstance(rectangle, RectangleShape)][len(sums) :]
    assert [bar.tone for bar in bars] == ["good", "bad-soft", "good"]
    assert bars[0].rect.width == pytest.approx(11 * bars[2].rect.width / 3)
    assert all(shape.rect.bottom <= BODY.bottom and shape.rect.right <= BODY.right + 0.01 for shape in slide.shapes)
    for count in range(1, 9):
        (full,) = table_slides("Monday", COLUMNS, [_cells(316187, "x")] * count, replace(beside, text=[Paragraph("x")]))
        assert (
            len([rectangle for rectangle in full.shapes if isinstance(rectangle, RectangleShape)]) == len(sums) + 3
        ), count
    (crowded,) = table_slides("Monday", COLUMNS, [_cells(316187, "x")] * 10, beside)
    assert len([rectangle for rectangle in crowded.shapes if isinstance(rectangle, RectangleShape)]) == len(sums)


def test_text_follows_the_table_and_continues_on_further_slides():
    for count in (0, 5, 12, 30):
        for word_count in (5, 3000):
            below = [Paragraph("word " * word_count)]
            slides = table_slides("Day", COLUMNS, [_cells(316187, "x " * 300)] * count, TableExtras(text=below))
            boxes = [shape for slide in slides for shape in slide.shapes if isinstance(shape, TextBox)]
            assert (
                sum(paragraph.text.split().count("word") for box in boxes for paragraph in box.paragraphs) == word_count
            )
            assert all(box.rect.top + text_height(box.paragraphs, BODY.width) <= BODY.bottom + 0.01 for box in boxes)
            for slide in slides:
                assert all(a.rect.bottom <= b.rect.top for a, b in zip(slide.shapes, slide.shapes[1:], strict=False))


def test_single_slide_has_a_title_without_number():
    assert [slide.title for slide in table_slides("Fills", COLUMNS, [_cells(1, "")])] == ["Fills"]


@settings(deadline=None, max_examples=30)
@given(st.lists(comments, min_size=1, max_size=20), st.booleans())
def test_texts_fit_and_lose_no_text(texts, is_bullet):
    slides = text_slides("Summary", [Paragraph(text, is_bullet=is_bullet) for text in texts])
    boxes = [shape for slide in slides for shape in slide.shapes]
    assert all(isinstance(box, TextBox) for box in boxes)
    assert all(text_height(box.paragraphs, BODY.width) <= BODY.height + 0.01 for box in boxes)
    laid_out = "".join("".join(paragraph.text.split()) for box in boxes for paragraph in box.paragraphs)
    assert laid_out == "".join("".join(text.split()) for text in texts)

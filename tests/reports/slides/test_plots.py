"""Bars: height in proportion to luminosity, inside the slide, verdicts distinguished also by shape."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.models.choices import Verdict
from reports.slides.deck import BODY, RectangleShape, TextBox
from reports.slides.plots import MAX_DAYS, bar_slides
from reports.slides.text_layout import text_height

MONDAY = date(2018, 4, 23)
amounts = st.dictionaries(st.sampled_from(list(Verdict)), st.floats(-5, 20_000), min_size=1)


def _bars(slide) -> list[RectangleShape]:
    """Without the legend and the axis."""
    return [shape for shape in slide.shapes if isinstance(shape, RectangleShape)][len(Verdict) + 1 :]


@settings(deadline=None, max_examples=40)
@given(st.lists(amounts, min_size=1, max_size=40))
def test_bars_and_their_labels_are_inside_the_body(by_day):
    days = [MONDAY + timedelta(days=number) for number in range(len(by_day))]
    slides = bar_slides("Luminosity", days, dict(zip(days, by_day, strict=True)))
    assert len(slides) == -(-len(days) // MAX_DAYS)
    drawn = sum(value > 0 for verdicts in by_day for value in verdicts.values())
    assert sum(len(_bars(slide)) for slide in slides) == drawn
    for shape in (shape for slide in slides for shape in slide.shapes):
        assert BODY.left <= shape.rect.left and shape.rect.right <= BODY.right + 0.01
        assert BODY.top - 0.01 <= shape.rect.top and shape.rect.bottom <= BODY.bottom + 1
        if isinstance(shape, TextBox):
            assert text_height(shape.paragraphs, shape.rect.width) <= shape.rect.height + 0.01


def test_heights_are_in_proportion_on_every_slide():
    days = [MONDAY + timedelta(days=number) for number in range(MAX_DAYS + 1)]
    slides = bar_slides("Luminosity", days, {days[0]: {Verdict.GOOD: 100.0}, days[-1]: {Verdict.GOOD: 25.0}})
    (high,), (low,) = _bars(slides[0]), _bars(slides[1])
    assert low.rect.height == pytest.approx(high.rect.height / 4)
    assert low.rect.bottom == pytest.approx(high.rect.bottom)


def test_bar_of_a_day_has_its_sum_and_outlines_bad():
    (slide,) = bar_slides("Luminosity", [MONDAY], {MONDAY: {Verdict.GOOD: 20.5, Verdict.BAD: 0.25}})
    texts = [paragraph.text for shape in slide.shapes if isinstance(shape, TextBox) for paragraph in shape.paragraphs]
    assert texts == ["✓\xa0Good", "✕\xa0Bad", "?\xa0Undecided", "20.750 /pb", "Mon\n23 Apr"]
    assert [(bar.tone, bar.outline) for bar in _bars(slide)] == [("good", ""), ("bad-soft", "bad")]

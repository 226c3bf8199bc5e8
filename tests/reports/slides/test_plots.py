"""Bars: height in proportion to luminosity, inside the slide, verdicts distinguished also by shape."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.models.choices import Verdict
from reports.lumi_sums import LumiSum
from reports.slides.deck import BODY, RectangleShape, TextBox
from reports.slides.plots import MAX_DAYS, bar_slides
from reports.slides.text_layout import text_height

MONDAY = date(2018, 4, 23)
sums = st.builds(LumiSum, st.floats(-5, 20_000), st.integers(0, 99))
amounts = st.dictionaries(st.sampled_from(list(Verdict)), sums, min_size=1)


def _bars(slide) -> list[RectangleShape]:
    """Without the legend and the axis."""
    return [shape for shape in slide.shapes if isinstance(shape, RectangleShape)][len(Verdict) + 1 :]


def _texts(slide) -> list[str]:
    return [paragraph.text for shape in slide.shapes if isinstance(shape, TextBox) for paragraph in shape.paragraphs]


@settings(deadline=None, max_examples=40)
@given(st.lists(amounts, min_size=1, max_size=40))
def test_bars_and_their_labels_are_inside_the_body(by_day):
    days = [MONDAY + timedelta(days=number) for number in range(len(by_day))]
    slides = bar_slides("Luminosity", days, dict(zip(days, by_day, strict=True)))
    assert len(slides) == -(-len(days) // MAX_DAYS)
    drawn = sum(lumi.recorded > 0 for verdicts in by_day for lumi in verdicts.values())
    assert sum(len(_bars(slide)) for slide in slides) == drawn
    for shape in (shape for slide in slides for shape in slide.shapes):
        assert BODY.left <= shape.rect.left and shape.rect.right <= BODY.right + 0.01
        assert BODY.top - 0.01 <= shape.rect.top and shape.rect.bottom <= BODY.bottom + 1
        if isinstance(shape, TextBox):
            assert text_height(shape.paragraphs, shape.rect.width) <= shape.rect.height + 0.01


def test_heights_are_in_proportion_on_every_slide():
    days = [MONDAY + timedelta(days=number) for number in range(MAX_DAYS + 1)]
    slides = bar_slides(
        "Luminosity", days, {days[0]: {Verdict.GOOD: LumiSum(100.0)}, days[-1]: {Verdict.GOOD: LumiSum(25.0)}}
    )
    (high,), (low,) = _bars(slides[0]), _bars(slides[1])
    assert low.rect.height == pytest.approx(high.rect.height / 4)
    assert low.rect.bottom == pytest.approx(high.rect.bottom)


def test_bar_of_a_day_has_its_sum_and_outlines_bad():
    (slide,) = bar_slides("Luminosity", [MONDAY], {MONDAY: {Verdict.GOOD: LumiSum(20.5), Verdict.BAD: LumiSum(0.25)}})
    assert _texts(slide) == ["✓\xa0Good", "✕\xa0Bad", "?\xa0Undecided", "20.750 /pb", "Mon\n23 Apr"]
    assert [(bar.tone, bar.outline) for bar in _bars(slide)] == [("good", ""), ("bad-soft", "bad")]


def test_days_with_unknown_luminosity_have_an_asterisk_and_a_note():
    days = [MONDAY, MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)]
    sums = [LumiSum(20.5, unknown=2), LumiSum(0.0, unknown=1), LumiSum(4.0)]
    (slide,) = bar_slides("Luminosity", days, {day: {Verdict.GOOD: lumi} for day, lumi in zip(days, sums, strict=True)})
    texts = _texts(slide)
    assert "* without 3 certifications of unknown luminosity" in texts
    assert [text for text in texts if text.endswith(("/pb", "/pb*"))] == ["20.500 /pb*", "0.000 /pb*", "4.000 /pb"]

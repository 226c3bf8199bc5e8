"""Wrapping without a font file: no character is lost, and no line is wider than its width."""

from hypothesis import given
from hypothesis import strategies as st

from reports.slides.text_metrics import clean_text, join_lines, text_width, wrap_text

typed_texts = st.text(st.sampled_from("aiWM /-.,:äß→✓漢\u0301\n "), max_size=300)


@given(text=typed_texts, room=st.floats(8, 900), size=st.sampled_from([9, 11, 14, 24]))
def test_wrapping_loses_no_text_and_stays_within_the_width(text, room, size):
    lines = wrap_text(text, room, size)
    assert join_lines(lines).split() == text.split()
    assert all(text_width(line.text, size) <= room or len(line.text) == 1 for line in lines)
    assert join_lines(lines).count("\n") == text.count("\n")


@given(text=typed_texts, room=st.floats(20, 400))
def test_wrapping_is_the_same_from_any_line(text, room):
    lines = wrap_text(text, room, 11)
    for cut in range(len(lines)):
        again = wrap_text(join_lines(lines[cut:]), room, 11)
        assert [line.text for line in again] == [line.text for line in lines[cut:]]


def test_width_is_that_of_the_font():
    assert 11 * 0.556 * 6 <= text_width("316187", 11) < 11 * 0.556 * 6 * 1.05
    assert text_width("316187", 11, is_bold=True) > text_width("316187", 11)


def test_word_longer_than_the_width_is_split():
    assert [line.text for line in wrap_text("i" * 10, 11.6, 10)] == ["iiiii", "iiiii"]


@given(st.text(max_size=100))
def test_clean_text_is_valid_in_a_file(text):
    from lxml import etree

    element = etree.Element("p")
    element.text = clean_text(text)
    assert "\r" not in element.text
    assert "\t" not in element.text


def test_clean_keeps_every_word_and_line():
    assert clean_text("a\r\nb\rc\x0bd\x00\te") == "a\nb\nc\nd    e"

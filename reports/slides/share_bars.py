"""Bars of the number of runs by verdict, one for each run type and reconstruction, in the free space of a slide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from certify.models.choices import Verdict
from reports.slides.deck import BODY, GAP, Paragraph, Rect, Shape, TextBox
from reports.slides.phrases import VERDICT_LABELS, verdict_rectangle
from reports.slides.text_metrics import text_width

Share = tuple[str, Mapping[Verdict, int]]

_TEXT_SIZE = 14.0
_MIN_BAR_HEIGHT, _MAX_BAR_HEIGHT = 26.0, 46.0  # pt, including the gap to the next bar


def share_bars_height(shares: Sequence[Share]) -> float:
    """Minimum height (pt) of all bars."""
    return GAP + _MIN_BAR_HEIGHT * len(shares) if shares else 0.0


def share_bars(shares: Sequence[Share], top: float, available_height: float) -> list[Shape]:
    """The bars below `top`; none if `available_height` (pt) is too small for all of them."""
    step = min((available_height - GAP) / len(shares), _MAX_BAR_HEIGHT) if shares else 0.0
    if step < _MIN_BAR_HEIGHT:
        return []
    labels = max(text_width(label, _TEXT_SIZE) for label, _ in shares) + 12
    texts = max(text_width(_counts_text(counts), _TEXT_SIZE) for _, counts in shares) + 12
    track = BODY.width - labels - texts
    maximum = max(sum(counts.values()) for _, counts in shares)
    return [
        shape
        for index, (label, counts) in enumerate(shares)
        for shape in _bar_shapes(label, counts, Rect(BODY.left + labels, top + index * step, track, step), maximum)
    ]


def _counts_text(counts: Mapping[Verdict, int]) -> str:
    return "   ".join(f"{VERDICT_LABELS[verdict.value][0]} {count}" for verdict, count in counts.items() if count)


def _bar_shapes(label: str, counts: Mapping[Verdict, int], rect: Rect, maximum: int) -> list[Shape]:
    """The label, a rectangle for each verdict, and the counts."""
    label_paragraph = Paragraph(label, _TEXT_SIZE)
    middle, bar_height = rect.top + (rect.height - label_paragraph.line_height) / 2, rect.height * 0.68
    shapes: list[Shape] = [
        TextBox(Rect(BODY.left, middle, rect.left - BODY.left, label_paragraph.line_height), (label_paragraph,))
    ]
    left = rect.left
    for verdict, count in counts.items():
        if count:
            width = max(rect.width * count / maximum, 1.0)
            shapes.append(
                verdict_rectangle(Rect(left, rect.top + (rect.height - bar_height) / 2, width, bar_height), verdict)
            )
            left += width
    shapes.append(
        TextBox(
            Rect(left + 12, middle, BODY.right - left - 12, label_paragraph.line_height),
            (Paragraph(_counts_text(counts), _TEXT_SIZE),),
        )
    )
    return shapes

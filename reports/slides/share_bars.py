"""How many runs came to which verdict, a bar for each kind of certification, in the room that a slide has left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from certify.models.choices import Verdict
from reports.slides.deck import BODY, GAP, Paragraph, Rect, Shape, TextBox
from reports.slides.phrases import VERDICT_LABELS, verdict_rectangle
from reports.slides.text_metrics import text_width

Share = tuple[str, Mapping[Verdict, int]]

_TEXT_SIZE = 14.0
_MIN_BAR_HEIGHT, _MAX_BAR_HEIGHT = 26.0, 46.0  # the height that a bar takes with what is between


def share_bars_height(shares: Sequence[Share]) -> float:
    """The room that the bars take at least."""
    return GAP + _MIN_BAR_HEIGHT * len(shares) if shares else 0.0


def share_bars(shares: Sequence[Share], top: float, available_height: float) -> list[Shape]:
    """The bars from `top` on; none where `left_over` points are too few for all of them."""
    step = min((available_height - GAP) / len(shares), _MAX_BAR_HEIGHT) if shares else 0.0
    if step < _MIN_BAR_HEIGHT:
        return []
    labels = max(text_width(label, _TEXT_SIZE) for label, _ in shares) + 12
    texts = max(text_width(_counts_text(counts), _TEXT_SIZE) for _, counts in shares) + 12
    track = BODY.width - labels - texts
    most = max(sum(counts.values()) for _, counts in shares)
    return [
        shape
        for place, (label, counts) in enumerate(shares)
        for shape in _bar_shapes(label, counts, Rect(BODY.left + labels, top + place * step, track, step), most)
    ]


def _counts_text(counts: Mapping[Verdict, int]) -> str:
    return "   ".join(f"{VERDICT_LABELS[verdict.value][0]} {count}" for verdict, count in counts.items() if count)


def _bar_shapes(label: str, counts: Mapping[Verdict, int], rect: Rect, most: int) -> list[Shape]:
    """Label, the stretches of each verdict, and what they count."""
    said = Paragraph(label, _TEXT_SIZE)
    middle, high = rect.top + (rect.height - said.line_height) / 2, rect.height * 0.68
    shapes: list[Shape] = [TextBox(Rect(BODY.left, middle, rect.left - BODY.left, said.line_height), (said,))]
    left = rect.left
    for verdict, count in counts.items():
        if count:
            wide = max(rect.width * count / most, 1.0)
            shapes.append(verdict_rectangle(Rect(left, rect.top + (rect.height - high) / 2, wide, high), verdict))
            left += wide
    shapes.append(
        TextBox(
            Rect(left + 12, middle, BODY.right - left - 12, said.line_height),
            (Paragraph(_counts_text(counts), _TEXT_SIZE),),
        )
    )
    return shapes

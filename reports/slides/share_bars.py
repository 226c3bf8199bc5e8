"""How many runs came to which verdict, a bar for each kind of certification, in the room that a slide has left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from certify.models.choices import Verdict
from reports.slides.deck import BODY, GAP, Box, Paragraph, Shape, Words
from reports.slides.phrases import VERDICT_WORDS, verdict_block
from reports.slides.text_metrics import width

Share = tuple[str, Mapping[Verdict, int]]

_SIZE = 14.0
_LEAST, _MOST = 26.0, 46.0  # the height that a bar takes with what is between


def shares_height(shares: Sequence[Share]) -> float:
    """The room that the bars take at least."""
    return GAP + _LEAST * len(shares) if shares else 0.0


def share_bars(shares: Sequence[Share], top: float, left_over: float) -> list[Shape]:
    """The bars from `top` on; none where `left_over` points are too few for all of them."""
    step = min((left_over - GAP) / len(shares), _MOST) if shares else 0.0
    if step < _LEAST:
        return []
    labels = max(width(label, _SIZE) for label, _ in shares) + 12
    texts = max(width(_text(of), _SIZE) for _, of in shares) + 12
    track = BODY.width - labels - texts
    most = max(sum(of.values()) for _, of in shares)
    return [
        shape
        for place, (label, of) in enumerate(shares)
        for shape in _bar(label, of, Box(BODY.left + labels, top + place * step, track, step), most)
    ]


def _text(of: Mapping[Verdict, int]) -> str:
    return "   ".join(f"{VERDICT_WORDS[verdict.value][0]} {count}" for verdict, count in of.items() if count)


def _bar(label: str, of: Mapping[Verdict, int], box: Box, most: int) -> list[Shape]:
    """Label, the stretches of each verdict, and what they count."""
    said = Paragraph(label, _SIZE)
    middle, high = box.top + (box.height - said.line) / 2, box.height * 0.68
    shapes: list[Shape] = [Words(Box(BODY.left, middle, box.left - BODY.left, said.line), (said,))]
    left = box.left
    for verdict, count in of.items():
        if count:
            wide = max(box.width * count / most, 1.0)
            shapes.append(verdict_block(Box(left, box.top + (box.height - high) / 2, wide, high), verdict))
            left += wide
    shapes.append(Words(Box(left + 12, middle, BODY.right - left - 12, said.line), (Paragraph(_text(of), _SIZE),)))
    return shapes

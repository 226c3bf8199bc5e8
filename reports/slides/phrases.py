"""Verdicts as slides write and draw them: the shape and the word of the pages."""

from certify.models.choices import Verdict
from reports.slides.deck import EDGE, Block, Box

_MARKS = {Verdict.GOOD: "✓", Verdict.BAD: "✕", Verdict.UNDECIDED: "?"}
VERDICT_WORDS = {verdict.value: f"{mark}\xa0{verdict.label}" for verdict, mark in _MARKS.items()}


def verdict_block(box: Box, verdict: Verdict) -> Block:
    """Good is filled, the others are outlined, so that they are told apart without colours; as on the pages."""
    if verdict == Verdict.GOOD:
        return Block(box, verdict.value)
    inside = EDGE / 2
    inner = Box(box.left + inside, box.top + inside, max(box.width - EDGE, 0.5), max(box.height - EDGE, 0.5))
    return Block(inner, f"{verdict.value}-soft", edge=verdict.value)

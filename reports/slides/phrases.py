"""Labels and rectangles of verdicts on slides, with the symbols of the pages."""

from certify.models.choices import Verdict
from reports.slides.deck import OUTLINE_WIDTH, Rect, RectangleShape

_VERDICT_SYMBOLS = {Verdict.GOOD: "✓", Verdict.BAD: "✕", Verdict.UNDECIDED: "?"}
VERDICT_LABELS = {verdict.value: f"{mark}\xa0{verdict.label}" for verdict, mark in _VERDICT_SYMBOLS.items()}


def verdict_rectangle(rect: Rect, verdict: Verdict) -> RectangleShape:
    """Good is filled and the others are outlined, as on the pages, so that colour is not the only distinction."""
    if verdict == Verdict.GOOD:
        return RectangleShape(rect, verdict.value)
    inside = OUTLINE_WIDTH / 2
    inner = Rect(
        rect.left + inside,
        rect.top + inside,
        max(rect.width - OUTLINE_WIDTH, 0.5),
        max(rect.height - OUTLINE_WIDTH, 0.5),
    )
    return RectangleShape(inner, f"{verdict.value}-soft", outline=verdict.value)

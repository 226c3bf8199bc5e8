"""The checklists of a new system: the five before certifying, and the shift leader's own."""

from __future__ import annotations

from pathlib import Path

from certify.choices import ChecklistUse
from certify.models import Checklist
from certify.word_actions import ChecklistSaid, keep_checklist

HERE = Path(__file__).parent
TITLES = {
    "general": "General",
    "trackermap": "Tracker map",
    "pixel": "Pixel",
    "sistrip": "Strip",
    "tracking": "Tracking",
    "shiftleader": "Shift leader's week",
}
OF_THE_WEEK = "shiftleader"


def load_checklists() -> int:
    """Write them where there is no checklist at all; how many."""
    if Checklist.objects.exists():
        return 0
    for position, (identifier, title) in enumerate(TITLES.items(), 1):
        used = ChecklistUse.WEEK if identifier == OF_THE_WEEK else ChecklistUse.CERTIFY
        text = (HERE / f"{identifier}.md").read_text(encoding="utf-8").strip()
        keep_checklist(None, identifier, ChecklistSaid(title, text, used, position), is_new=True)
    return len(TITLES)

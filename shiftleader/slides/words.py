"""Verdicts as slides write them: the shape and the word of the pages."""

from certify.choices import Verdict

_MARKS = {Verdict.GOOD: "✓", Verdict.BAD: "✕", Verdict.UNDECIDED: "?"}
VERDICT_WORDS = {verdict.value: f"{mark} {verdict.label}" for verdict, mark in _MARKS.items()}

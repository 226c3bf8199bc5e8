"""The answer to why a lumisection or a run is in or out of a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from golden.contexts import NO_LUMI
from golden.dataset_patterns import PatternInvalid
from golden.evaluation import EvaluationFailed
from golden.file_pages.amounts import UNKNOWN, lumi_text, lumi_words
from golden.policy_text import PolicyInvalid
from golden.selectors import DatasetsOverlap
from golden.vocabulary import VARIABLES, Level, ValueType
from golden.why import Explanation, RunExplanation, explain_lumisection, explain_run
from infrastructure.number_ranges import count_numbers

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import QueryDict

    from golden.evaluation import ClauseValue
    from golden.models import GoldenFile
    from golden.why import Stretch

_ENTRY = re.compile(r"\s*([1-9][0-9]{4,6})\s*(?:[:, ]\s*([1-9][0-9]{0,6})\s*)?")
BAD_ENTRY = "Write a run, or a run and a lumisection: 315322:120."
MAX_STRETCHES = 40


@dataclass(frozen=True)
class WhyEntry:
    """What was typed: a run, and a lumisection or None. `error`: what is wrong with it, empty if nothing is."""

    text: str
    run: int = 0
    number: int | None = None
    error: str = ""


def read_entry(query: QueryDict) -> WhyEntry:
    """Return the run and lumisection of `?run=315322&ls=120`, also `?run=315322:120`."""
    run, number = query.get("run", "")[:40], query.get("ls", "")[:10]
    text = f"{run}:{number}" if number.strip() else run
    found = _ENTRY.fullmatch(text)
    if not found:
        return WhyEntry(text, error=BAD_ENTRY)
    return WhyEntry(text, int(found[1]), int(found[2]) if found[2] else None)


@dataclass(frozen=True)
class ClauseResult:
    """A clause in a lumisection: its label, the values of what it names as text, and whether it is true."""

    label: str
    value: str
    holds: bool


@dataclass(frozen=True)
class StretchRow:
    """Neighbouring lumisections of equal outcome."""

    first: int
    last: int
    is_in: bool
    failing: str
    lumi: str

    @property
    def span(self) -> str:
        return f"{self.first}–{self.last}" if self.last > self.first else f"{self.first}"


@dataclass(frozen=True)
class WhyPage:
    """An answer, or the error of the entry. `explanation` is None with an error, and for a whole run."""

    entry: WhyEntry
    run: RunExplanation | None = None
    explanation: Explanation | None = None
    error: str = ""

    @property
    def is_in(self) -> bool:
        if self.explanation:
            return self.explanation.is_in
        return bool(self.run and any(stretch.is_in for stretch in self.run.stretches))

    @property
    def verdict(self) -> str:
        """In or out; a run of which a part is in: partly in."""
        if self.run and not self.explanation and self.is_in and not all(each.is_in for each in self.run.stretches):
            return "Partly in"
        return "In" if self.is_in else "Out"

    @property
    def first_failing(self) -> str:
        clause = self.explanation.first_failing if self.explanation else None
        return clause.label if clause else ""

    @property
    def sentence(self) -> str:
        """Return how many rules fail, and whether a single one would bring it back."""
        failing = self.explanation.stretch.failing if self.explanation and self.explanation.stretch else ()
        if len(failing) == 1:
            return "the only rule that fails. Without it the lumisection would be in."
        return f"the first of {len(failing)} rules that fail. No single rule would bring it back."

    @property
    def reason(self) -> str:
        return (self.explanation.reason if self.explanation else self.run.reason if self.run else "") or ""

    @property
    def price(self) -> str:
        return lumi_words(*self.explanation.recorded) if self.explanation else ""

    @property
    def clauses(self) -> list[ClauseResult]:
        return [_clause_row(value) for value in self.explanation.clauses] if self.explanation else []

    @property
    def stretches(self) -> list[StretchRow]:
        """The lumisections of the run by outcome, without an explanation of one of them."""
        return [_stretch_row(each) for each in self.run.stretches[:MAX_STRETCHES]] if self.run else []

    @property
    def more_stretches(self) -> int:
        return max(len(self.run.stretches) - MAX_STRETCHES, 0) if self.run else 0

    @property
    def around(self) -> StretchRow | None:
        """The lumisections around with the same outcome."""
        return _stretch_row(self.explanation.stretch) if self.explanation and self.explanation.stretch else None

    @property
    def run_sums(self) -> str:
        """Return what of a run is in and out."""
        texts = []
        for is_in, word in ((True, "in"), (False, "out")):
            parts = [each for each in (self.run.stretches if self.run else ()) if each.is_in == is_in]
            total = NO_LUMI
            for each in parts:
                total = total.plus(each.recorded)
            count = count_numbers((each.first, each.last) for each in parts)
            texts.append(f"{count:,} LS {word}, {lumi_words(*total)}" if count else f"none {word}")
        return "; ".join(texts)

    @property
    def certification(self) -> Any:
        return self.run.certification if self.run else None

    @property
    def person(self) -> Any:
        row = self.certification
        return (row.updated_by or row.user) if row else None

    @property
    def sources(self) -> list[str]:
        """Return each source with its time, once: "OMS 2018-05-03 12:00 UTC"; lumisections apart from the run."""
        found = (self.explanation.sources or {}) if self.explanation else {}
        texts = (_source_text(_source_name(name, each.text), each.at) for name, each in found.items())
        return list(dict.fromkeys(texts))


def why_page(file: GoldenFile, entry: WhyEntry) -> WhyPage:
    """Return the answer for a file, as it was when the file was made: seven queries, none for an unreadable entry."""
    if entry.error:
        return WhyPage(entry)
    rules, stale = file.policy_version.rules, file.listed_stale
    try:
        if entry.number is None:
            return WhyPage(entry, explain_run(rules, file.as_of, entry.run, stale))
        explanation = explain_lumisection(rules, file.as_of, entry.run, entry.number, stale)
    except (DatasetsOverlap, EvaluationFailed, PolicyInvalid, PatternInvalid) as error:
        return WhyPage(entry, error=str(error))
    return WhyPage(entry, explanation.run, explanation)


def why_json(page: WhyPage) -> dict[str, Any]:
    """Return the answer as JSON."""
    if error := page.entry.error or page.error:
        return {"error": error}
    row = page.certification
    explanation = page.explanation
    return {
        "run": page.entry.run,
        "lumisection": page.entry.number,
        "in": page.is_in,
        "reason": page.reason,
        "first_failing": page.first_failing or None,
        "is_only_failing": bool(explanation and explanation.only_failing),
        "clauses": _clauses_json(explanation),
        "recorded_lumi": round(explanation.recorded.lumi, 6) if explanation else None,
        "certification": row and {"id": row.pk, "version": row.version, "by": str(page.person), "comment": row.comment},
        "stretches": [_stretch_json(each) for each in (page.run.stretches if page.run else ())],
    }


def _stretch_json(stretch: Stretch) -> dict[str, Any]:
    failing = [clause.label for clause in stretch.failing]
    return {"first": stretch.first, "last": stretch.last, "in": stretch.is_in, "failing": failing}


def _clauses_json(explanation: Explanation | None) -> list[dict[str, Any]]:
    if explanation is None:
        return []
    sources = explanation.sources or {}
    return [
        {
            "clause": each.clause.label,
            "holds": each.holds,
            "values": each.values,
            "sources": {
                name: {"source": sources[name].text, "at": sources[name].at} for name in each.values if name in sources
            },
        }
        for each in explanation.clauses
    ]


def _clause_row(value: ClauseValue) -> ClauseResult:
    texts = [_value_text(name, each) for name, each in value.values.items()]
    return ClauseResult(value.clause.label, ", ".join(texts), value.holds)


def _value_text(name: str, value: Any) -> str:
    variable = VARIABLES.get(name)
    if value is None or variable is None:
        return UNKNOWN if value is None else str(value)
    if variable.value_type == ValueType.BOOLEAN:
        words = ("on", "off") if variable.label.endswith(" on") else ("yes", "no")
        return words[not value]
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if name.startswith("lumisection.rr."):
        return str(value).lower()
    text = f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)
    return f"{text} {variable.unit}".rstrip()


def _stretch_row(stretch: Stretch) -> StretchRow:
    failing = ", ".join(clause.label for clause in stretch.failing)
    return StretchRow(stretch.first, stretch.last, stretch.is_in, failing, lumi_text(*stretch.recorded))


def _source_name(variable: str, source: str) -> str:
    is_of_lumisection = source == "OMS" and VARIABLES[variable].level != Level.RUN
    return "OMS by lumisection" if is_of_lumisection else source


def _source_text(text: str, at: datetime | None) -> str:
    time = f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else "time unknown"
    return f"{text} {time}"

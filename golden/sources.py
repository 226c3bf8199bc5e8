"""Where the value of a variable is from, and since when: OMS, typed, Run Registry, the certification, a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from certify.facts.snapshot import IMPORT
from golden.registry_values import NOT_READ
from golden.vocabulary import IMPORTED_GOLDEN, REGISTRY_VARIABLES, VARIABLES, Level

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class ValueSource:
    """A source as text, such as "OMS" or "typed by shifter1", and the time (UTC) of the value, None if unknown."""

    text: str
    at: datetime | None = None


def value_sources(
    variables: Iterable[str],
    facts: dict[str, Any],
    saved_at: datetime | None,
    read_at: datetime | None,
    registry_read_at: datetime | None = None,
) -> dict[str, ValueSource]:
    """Return {variable: source}. `facts`: of the certification; `saved_at`: of it; `read_at`: of the lumisections.

    `registry_read_at`: of the flags of other detectors, None if they were not read.
    """
    registry = ValueSource("Run Registry", registry_read_at) if registry_read_at else ValueSource(NOT_READ)
    return {
        name: registry if name in REGISTRY_VARIABLES else _source(name, facts, saved_at, read_at)
        for name in sorted(variables)
    }


def _source(name: str, facts: dict[str, Any], saved_at: datetime | None, read_at: datetime | None) -> ValueSource:
    variable = VARIABLES[name]
    if name.startswith("lumisection.rr.") or variable.source == "CertHelper":
        return ValueSource("certification", saved_at)
    if name == IMPORTED_GOLDEN:
        return ValueSource("imported file: cause unknown, may not be the Tracker's", saved_at)
    if variable.level != Level.RUN:
        return ValueSource("imported file", saved_at) if IMPORT in facts else ValueSource("OMS", read_at)
    if not name.startswith("run.oms."):
        return ValueSource("Run Registry", _time((facts.get("registry") or {}).get("asked_at")))
    typed = ((facts.get("typed") or {}).get("run") or {}).get(variable.field)
    if typed:
        return ValueSource(f"typed by {typed.get('by', '')}", _time(typed.get("at")))
    return ValueSource("OMS", _time(facts.get("read_at")))


def _time(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None

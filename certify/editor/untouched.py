"""Whether a form that was sent says more than it was opened with: one that does not is no draft."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import QueryDict

from certify.editor.editor import Desk

# What travels with the form unseen.
_UNSEEN = {"reconstruction", "ticket", "version", "idempotency_key", "runs"}
_OF_FACTS = ("run-", "fill-")


def says_something(desk: Desk, sent: QueryDict) -> bool:
    """Whether a person has typed, chosen or ticked anything."""
    form = desk.form
    changed = set(form.changed_data) - _UNSEEN - _as_proposed(desk, sent)
    return bool(changed or desk.new_words or form.confirmed) or any(_is_typed(sent, name) for name in sent)


def _as_proposed(desk: Desk, sent: QueryDict) -> set[str]:
    """Fields of a new form that a person may leave as they come, and that came so."""
    if desk.standing is not None:
        return {"dataset"}
    best = next((one.reference.pk for one in desk.ranked if one.is_possible), None)
    proposed = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "reference_runreconstruction": str(best or "")}
    found = {name for name, value in proposed.items() if sent.get(name, "") == value}
    return found | ({"dataset"} if desk.form["dataset"].is_hidden else set())


def _is_typed(sent: QueryDict, name: str) -> bool:
    """Whether the input of a fact has something else than what stood in it; a unit alone says nothing."""
    if not name.startswith(_OF_FACTS) or name.endswith("_unit"):
        return False
    return str(sent[name]).strip() != sent.get(f"shown-{name}", "").strip()

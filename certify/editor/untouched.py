"""Whether a form that was sent says more than it was opened with: one that does not is no draft."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import QueryDict

from certify.editor.editor import CertificationEditor

# What travels with the form unseen.
_UNSEEN_FIELDS = {"reconstruction", "ticket", "version", "idempotency_key", "runs"}
_FACT_PREFIXES = ("run-", "fill-")


def is_dirty(editor: CertificationEditor, sent: QueryDict) -> bool:
    """Whether a person has typed, chosen or ticked anything."""
    form = editor.form
    changed = set(form.changed_data) - _UNSEEN_FIELDS - _unchanged_proposals(editor, sent)
    return bool(changed or editor.new_term_forms or form.confirmed) or any(_is_fact_typed(sent, name) for name in sent)


def _unchanged_proposals(editor: CertificationEditor, sent: QueryDict) -> set[str]:
    """Fields of a new form that a person may leave as they come, and that came so."""
    if editor.existing is not None:
        return {"dataset"}
    best = next((one.reference.pk for one in editor.ranked if one.is_possible), None)
    proposed = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "reference_runreconstruction": str(best or "")}
    found = {name for name, value in proposed.items() if sent.get(name, "") == value}
    return found | ({"dataset"} if editor.form["dataset"].is_hidden else set())


def _is_fact_typed(sent: QueryDict, name: str) -> bool:
    """Whether the input of a fact has something else than what stood in it; a unit alone says nothing."""
    if not name.startswith(_FACT_PREFIXES) or name.endswith("_unit"):
        return False
    return str(sent[name]).strip() != sent.get(f"shown-{name}", "").strip()

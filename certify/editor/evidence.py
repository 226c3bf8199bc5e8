"""The links of an open form to other services, at its run, dataset and chosen reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certify.evidence_links import EvidenceLink, RunDataset, evidence_links

if TYPE_CHECKING:
    from certify.editor.editor import CertificationEditor
    from certify.references.ranking import ReferenceFeatures


def chosen_reference(editor: CertificationEditor) -> ReferenceFeatures | None:
    """Return the reference that is chosen in the form, or None."""
    chosen = str(editor.form["reference_runreconstruction"].value() or "")
    return next((ranked.reference for ranked in editor.ranked if str(ranked.reference.pk) == chosen), None)


def form_evidence(editor: CertificationEditor) -> list[EvidenceLink]:
    """Return the links at the values of the form as it is."""
    reference = chosen_reference(editor)
    return evidence_links(
        RunDataset(editor.run.run_number, str(editor.form["dataset"].value() or "")),
        RunDataset(reference.run_number, reference.dataset) if reference else None,
        editor.run.fill_number,
    )

"""Undo of one change: a new change, refused after later ones, for users who may make the opposite change."""

import pytest
from django.core.exceptions import PermissionDenied

from audit.models import Change
from audit.undo import ReasonMissing, UndoBlocked, undo_change
from certify.actions.certify import amend_certification, certify_run
from certify.actions.input import CertificationContext
from certify.actions.lifecycle import hand_over_certification, withdraw_certification
from certify.models import BadReason, Checklist, RunReconstruction, TrackerCertification
from certify.references.actions import adopt_reference, retire_reference
from certify.vocabulary.actions import add_term
from oms.models import OmsFill, OmsRun
from tests.audit.test_operation import decision, last_change
from tests.factories import (
    BadReasonFactory,
    CertificationFactory,
    ChecklistFactory,
    PixelProblemFactory,
    ReconstructionFactory,
    RunFactory,
)
from users.models import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def reference():
    return ReconstructionFactory(reference=True)


@pytest.fixture
def certification(shifter, reference):
    return certify_run(shifter, RunFactory().run_number, "express", decision(reference), CertificationContext())


def test_undo_restores_changed_fields_including_problems(shifter, reference, certification):
    hot = PixelProblemFactory(name="hot")
    bad = decision(
        reference,
        pixel="bad",
        bad_reason=BadReasonFactory(),
        comment="hole",
        problems={"pixel_problems": [hot]},
        confirmed=["pixel"],
    )
    amend_certification(shifter, certification, 1, bad, CertificationContext())
    change = last_change()
    undone = undo_change(shifter, change, "looked again")
    certification.refresh_from_db()
    assert (
        certification.pixel,
        certification.bad_reason,
        certification.comment,
        list(certification.pixel_problems.all()),
    ) == ("good", None, "", [])
    assert (undone.kind, undone.undoes, undone.why, certification.version) == ("undo", change, "looked again", 3)
    undo_change(shifter, undone, "no, it was right")
    certification.refresh_from_db()
    assert (certification.pixel, certification.comment, list(certification.pixel_problems.all())) == (
        "bad",
        "hole",
        [hot],
    )


def test_undo_of_a_long_text_shows_a_difference_after_a_common_start(shift_leader_client):
    """Texts are compared by their first two thousand characters."""
    row = ChecklistFactory(text="- look\n" * 400)
    row.text += "- call the expert\n"
    row.save()
    page = shift_leader_client.get(f"/history/{last_change().pk}/undo/").text
    assert '<th scope="row">Text</th>' in page and "It is set back as it was." not in page


def test_undo_requires_a_reason(shifter, certification):
    with pytest.raises(ReasonMissing):
        undo_change(shifter, last_change(), " ")


def test_undo_of_a_certification_withdraws_it_and_reverts_typed_facts(shifter, reference):
    typed = {"run_type": {"value": "collisions"}, "lumisections": {"value": 12}}
    basis = CertificationContext(
        typed_run=typed, typed_fill={"fill_number": {"value": 6650}, "era": {"value": "2018A"}}
    )
    certification = certify_run(shifter, 318000, "express", decision(reference, confirmed=["lumi"]), basis)
    undo_change(shifter, last_change(), "wrong run")
    certification.refresh_from_db()
    assert (certification.state, certification.withdrawn_by, certification.withdrawn_reason) == (
        "withdrawn",
        shifter,
        "wrong run",
    )
    run = OmsRun.objects.get(pk=318000)
    assert (run.run_type, run.lumisections, run.fill, run.typed) == ("unknown", None, None, {})
    assert (OmsFill.objects.get(pk=6650).era, OmsFill.objects.get(pk=6650).typed) == (None, {})


def test_changes_of_two_users_on_one_run_can_be_undone_independently(shifter, other_shifter, reference):
    cosmic = ReconstructionFactory(reference=True, run=RunFactory(cosmics=True, older=True))
    run = RunFactory(bare=True)
    certify_run(
        shifter, run.pk, "express", decision(cosmic), CertificationContext(typed_run={"run_type": {"value": "cosmics"}})
    )
    certify_run(
        other_shifter, run.pk, "prompt", decision(cosmic), CertificationContext(typed_run={"energy": {"value": 6500.0}})
    )
    first = Change.objects.filter(by=shifter, kind="certify").get()
    undo_change(shifter, first, "typed the wrong run")
    run.refresh_from_db()
    assert (run.run_type, run.energy, set(run.typed)) == ("unknown", 6500.0, {"energy"})


def test_undo_is_refused_after_later_changes_of_the_same_field(shifter, reference, certification):
    amend_certification(shifter, certification, 1, decision(reference, comment="one"), CertificationContext())
    first = last_change()
    amend_certification(shifter, certification, 2, decision(reference, comment="two"), CertificationContext())
    with pytest.raises(UndoBlocked) as caught:
        undo_change(shifter, first, "why not")
    assert caught.value.plan.later_changes == [last_change()]
    assert caught.value.plan.steps[0].conflicts == [("Comment", "none", "two")]
    certification.refresh_from_db()
    assert certification.comment == "two" and not Change.objects.filter(kind="undo").exists()


def test_undo_is_allowed_after_later_changes_of_other_fields(shifter, reference, certification):
    amend_certification(shifter, certification, 1, decision(reference, comment="one"), CertificationContext())
    first = last_change()
    amend_certification(
        shifter, certification, 2, decision(reference, comment="one", trackermap="missing"), CertificationContext()
    )
    undo_change(shifter, first, "no comment")
    certification.refresh_from_db()
    assert (certification.comment, certification.trackermap) == ("", "missing")


def test_creation_of_a_changed_certification_cannot_be_undone(shifter, reference, certification):
    certified = last_change()
    amend_certification(shifter, certification, 1, decision(reference, comment="one"), CertificationContext())
    with pytest.raises(UndoBlocked):
        undo_change(shifter, certified, "wrong run")


def test_undo_of_a_withdrawal_where_another_one_is_live_is_refused(shifter, reference, certification):
    withdraw_certification(shifter, certification, 1, "wrong")
    withdrawal = last_change()
    certify_run(shifter, certification.run_number, "express", decision(reference), CertificationContext())
    with pytest.raises(UndoBlocked) as caught:
        undo_change(shifter, withdrawal, "right after all")
    assert "another live certification" in caught.value.plan.refusal
    assert TrackerCertification.objects.live().count() == 1


def test_undo_requires_the_permission_for_the_opposite_change(
    shifter, other_shifter, shift_leader, expert, admin, guest, reference, certification
):
    amend_certification(
        shift_leader, certification, 1, decision(reference, comment="one"), CertificationContext(), reason="better"
    )
    amended = last_change()
    for person in (guest, other_shifter):
        with pytest.raises(PermissionDenied):
            undo_change(person, amended, "mine")
    undo_change(shifter, amended, "it is mine")
    certification.refresh_from_db()
    hand_over_certification(shift_leader, certification, certification.version, other_shifter, "took the shift")
    handed = last_change()
    for person in (shifter, other_shifter):
        with pytest.raises(PermissionDenied):
            undo_change(person, handed, "back")
    undo_change(expert, handed, "back")
    adopt_reference(shift_leader, RunFactory(), "express", "first")
    with pytest.raises(PermissionDenied):
        undo_change(shifter, last_change(), "no")
    other_shifter.role = Role.SHIFT_LEADER
    other_shifter.save()
    with pytest.raises(PermissionDenied):
        undo_change(expert, last_change(), "too early")
    undo_change(admin, last_change(), "too early")
    other_shifter.refresh_from_db()
    assert (other_shifter.role, other_shifter.role_changed_by) == (Role.SHIFTER, "admin")
    shifter.first_name = "Ann"
    shifter.save()
    undo_change(admin, last_change(), "not her name")
    shifter.refresh_from_db()
    assert (shifter.first_name, shifter.role_changed_by) == ("", "")


def test_undo_restores_references_terms_and_deleted_rows(shifter, shift_leader):
    run = RunFactory()
    reference = adopt_reference(shift_leader, run, "express", "first")
    adopted = last_change()
    certification = CertificationFactory(reference_runreconstruction=reference)
    retire_reference(shift_leader, reference, "too old")
    certification.refresh_from_db()
    assert certification.reference_runreconstruction == reference
    undo_change(shift_leader, last_change(), "still good")
    assert RunReconstruction.objects.get(pk=reference.pk).is_reference
    undo_change(shift_leader, adopted, "never was")
    restored = RunReconstruction.objects.get(pk=reference.pk)
    assert (restored.is_reference, restored.reference_by, restored.reference_since) == (False, None, None)
    reason = add_term(shifter, BadReason, "HV off")
    with pytest.raises(PermissionDenied):
        undo_change(shifter, last_change(), "typo")
    undo_change(shift_leader, last_change(), "typo")
    assert BadReason.objects.get(pk=reason.pk).is_retired
    checklist = ChecklistFactory(text="one")
    key, identifier = checklist.pk, checklist.identifier
    checklist.delete()
    undo_change(shift_leader, last_change(), "needed")
    again = Checklist.objects.get(pk=key)
    assert (again.identifier, again.text) == (identifier, "one")


def test_certifications_on_facts_that_were_undone_become_stale(shifter, shift_leader, reference):
    typed = {"run_type": {"value": "collisions"}, "lumisections": {"value": 12}}
    run = RunFactory(bare=True)
    confirmed = decision(reference, confirmed=["lumi"])
    certify_run(shifter, run.pk, "express", confirmed, CertificationContext(typed_run=typed))
    first = last_change()
    other = certify_run(shifter, run.pk, "prompt", confirmed, CertificationContext())
    assert (other.run_type, other.is_stale) == ("collisions", False)
    undo_change(shifter, first, "typed for the wrong run")
    other.refresh_from_db()
    assert other.is_stale

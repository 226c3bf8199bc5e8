"""Actions that certify and amend: each is one transaction that enforces the rules of entry."""

import uuid
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from certify.actions.certify import amend_certification, certify_run
from certify.actions.input import CertificationContext, CertificationInput
from certify.errors import AlreadyCertified, ChangedMeanwhile, EntryInvalid
from certify.models import BadReason, RunReconstruction, TrackerCertification
from certify.references.actions import adopt_reference
from certify.vocabulary.actions import add_term
from oms.models import OmsFill, OmsRun
from tests.certify.page_form import GOOD
from tests.factories import (
    BadReasonFactory,
    CertificationFactory,
    PixelProblemFactory,
    ReconstructionFactory,
    RunFactory,
)

pytestmark = pytest.mark.django_db
DATASET = "/Express/Collisions2018/DQM"


@pytest.fixture
def run():
    return RunFactory()


@pytest.fixture
def reference():
    return ReconstructionFactory(reference=True)


def _decision(reference, **changes):
    columns = {**GOOD, "date": date(2018, 6, 2)}
    return CertificationInput.from_columns(**{**columns, "reference": reference, **changes})


def test_certify_stores_decision_facts_reference_and_dataset(shifter, run, reference):
    problem = PixelProblemFactory()
    decision = _decision(reference, comment="seen", problems={"pixel_problems": [problem]})
    certification = certify_run(
        shifter, run.run_number, "express", decision, CertificationContext(dataset=DATASET, is_complete=True)
    )
    stored = TrackerCertification.objects.get(pk=certification.pk)
    assert (stored.user, stored.run_number, stored.reconstruction, stored.version) == (
        shifter,
        run.run_number,
        "express",
        1,
    )
    assert (stored.run_type, stored.lumisections, stored.recorded_lumi) == ("collisions", 617, 78.15)
    assert stored.facts["run"]["hlt_key"] == run.hlt_key
    assert stored.facts["fill"]["fill_number"] == run.fill_id
    assert stored.facts["dataset"] == DATASET == stored.dataset.name
    assert stored.facts["reference"]["run_number"] == reference.run_id
    assert list(stored.pixel_problems.all()) == [problem]
    assert stored.external_info_complete and stored.comment == "seen"


def test_frozen_facts_do_not_change_with_the_mirror(shifter, run, reference):
    certification = certify_run(shifter, run.run_number, "express", _decision(reference), CertificationContext())
    OmsRun.objects.filter(pk=run.pk).update(recorded_lumi=1.0, run_type="cosmics", lumisections=3)
    certification.refresh_from_db()
    assert (certification.recorded_lumi, certification.run_type, certification.lumisections) == (
        78.15,
        "collisions",
        617,
    )
    assert certification.facts["run"]["recorded_lumi"] == 78.15


def test_invalid_entry_is_refused_and_writes_nothing(shifter, run, reference):
    typed = {"lumisections": {"value": 5}}
    with pytest.raises(EntryInvalid) as caught:
        certify_run(
            shifter, run.run_number, "express", _decision(reference, pixel="bad"), CertificationContext(typed_run=typed)
        )
    assert [issue.field for issue in caught.value.issues] == ["bad_reason", "comment", "confirm_pixel"]
    assert not TrackerCertification.objects.exists()
    assert OmsRun.objects.get(pk=run.pk).lumisections == 617


def test_second_certification_by_any_user_conflicts_with_the_live_certification(shifter, other_shifter, run, reference):
    first = certify_run(shifter, run.run_number, "express", _decision(reference), CertificationContext())
    other = _decision(reference, comment="seen again")
    for person, decision in ((shifter, other), (other_shifter, other), (other_shifter, _decision(reference))):
        with pytest.raises(AlreadyCertified) as caught:
            certify_run(person, run.run_number, "express", decision, CertificationContext(), uuid.uuid4())
        assert caught.value.existing == first
    assert TrackerCertification.objects.count() == 1


def test_same_key_returns_the_existing_certification(shifter, run, reference):
    key = uuid.uuid4()
    first = certify_run(shifter, run.run_number, "express", _decision(reference), CertificationContext(), key)
    again = certify_run(shifter, run.run_number, "express", _decision(reference), CertificationContext(), key)
    assert again == first
    assert TrackerCertification.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [{"comment": "changed"}, {"pixel_lowstat": True}, {"problems": "one"}, {"dataset": "/Express/X/DQM"}],
    ids=str,
)
def test_same_key_with_other_content_is_a_conflict(shifter, run, reference, changes):
    key, problems = uuid.uuid4(), {"pixel_problems": [PixelProblemFactory()]}
    first = certify_run(shifter, run.run_number, "express", _decision(reference), CertificationContext(), key)
    context = CertificationContext(dataset=changes.get("dataset", ""))
    decision_changes = {"problems": problems} if "problems" in changes else {} if "dataset" in changes else changes
    with pytest.raises(AlreadyCertified) as caught:
        certify_run(shifter, run.run_number, "express", _decision(reference, **decision_changes), context, key)
    assert caught.value.existing == first


def test_same_key_for_another_run_creates_a_certification(shifter, other_shifter, reference):
    key = uuid.uuid4()
    run, other_run = RunFactory(), RunFactory()
    first = certify_run(shifter, run.run_number, "express", _decision(reference), CertificationContext(), key)
    second = certify_run(shifter, other_run.run_number, "express", _decision(reference), CertificationContext(), key)
    third = certify_run(
        other_shifter, other_run.run_number, "prompt", _decision(reference), CertificationContext(), key
    )
    assert len({first.pk, second.pk, third.pk}) == 3


def test_withdrawn_certification_does_not_prevent_a_new_one(shifter, run, reference):
    CertificationFactory(run=run, reconstruction="express", withdrawn=True)
    certification = certify_run(shifter, run.run_number, "express", _decision(reference), CertificationContext())
    assert certification.state == "live"
    assert TrackerCertification.objects.count() == 2


def test_typed_facts_are_stored_with_their_author(shifter, reference):
    typed_run = {
        "run_type": {"value": "collisions"},
        "lumisections": {"value": 12},
        "energy": {"value": 6500.0},
        "recorded_lumi": {"value": 0.5, "as_typed": "500", "unit": "nb^{-1}"},
    }
    context = CertificationContext(
        typed_run=typed_run, typed_fill={"fill_number": {"value": 6650}, "era": {"value": "2018A"}}
    )
    certification = certify_run(shifter, 318000, "express", _decision(reference), context)
    run = OmsRun.objects.get(pk=318000)
    assert (run.run_type, run.lumisections, run.recorded_lumi, run.fill_id) == ("collisions", 12, 0.5, 6650)
    assert run.typed["recorded_lumi"]["by"] == "shifter"
    assert run.typed["recorded_lumi"]["unit"] == "nb^{-1}"
    assert run.source_of("lumisections").kind == "typed"
    assert OmsFill.objects.get(pk=6650).typed["era"]["by"] == "shifter"
    assert certification.facts["typed"]["run"]["lumisections"]["by"] == "shifter"
    assert certification.run_type == "collisions"


def test_typed_value_equal_to_oms_is_no_correction(shifter, run, reference):
    context = CertificationContext(typed_run={"lumisections": {"value": 617}})
    certify_run(shifter, run.run_number, "express", _decision(reference), context)
    assert OmsRun.objects.get(pk=run.pk).typed == {}


def test_amend_increments_the_version_and_preserves_the_owner(shifter, shift_leader, run, reference):
    certification = certify_run(
        shifter, run.run_number, "express", _decision(reference), CertificationContext(dataset=DATASET)
    )
    changes = {"pixel": "bad", "bad_reason": BadReasonFactory(), "comment": "hole in layer 1", "confirmed": ["pixel"]}
    decision = _decision(reference, **changes)
    changed = amend_certification(
        shift_leader, certification, 1, decision, CertificationContext(dataset=DATASET), reason="seen again"
    )
    changed.refresh_from_db()
    assert (changed.pixel, changed.version, changed.user, changed.updated_by) == ("bad", 2, shifter, shift_leader)
    assert changed.change_reason == "seen again"


def test_amend_of_an_old_version_is_a_conflict(shifter, run, reference):
    certification = certify_run(shifter, run.run_number, "express", _decision(reference), CertificationContext())
    amend_certification(shifter, certification, 1, _decision(reference, comment="one"), CertificationContext())
    with pytest.raises(ChangedMeanwhile) as caught:
        amend_certification(shifter, certification, 1, _decision(reference, comment="two"), CertificationContext())
    assert caught.value.existing.comment == "one"
    assert TrackerCertification.objects.get().comment == "one"


def test_amend_of_a_withdrawn_certification_is_a_conflict_at_any_version(shifter):
    certification = CertificationFactory(user=shifter)
    withdrawn = {
        "state": "withdrawn",
        "withdrawn_by": shifter,
        "withdrawn_at": certification.created_at,
        "withdrawn_reason": "wrong run",
    }
    TrackerCertification.everything.filter(pk=certification.pk).update(**withdrawn)
    with pytest.raises(ChangedMeanwhile) as caught:
        amend_certification(
            shifter,
            certification,
            certification.version,
            _decision(certification.reference_runreconstruction),
            CertificationContext(),
        )
    assert caught.value.existing.state == "withdrawn"


@pytest.mark.parametrize("typed_run", [{}, {"recorded_lumi": {"value": 0.5}}], ids=["read", "typed"])
def test_facts_are_complete_only_when_none_was_typed(shifter, reference, typed_run):
    run = RunFactory(recorded_lumi=None) if typed_run else RunFactory()
    context = CertificationContext(dataset=DATASET, is_complete=True, typed_run=typed_run)
    certification = certify_run(shifter, run.run_number, "express", _decision(reference), context)
    assert certification.external_info_complete is not bool(typed_run)


def test_amend_sent_twice_with_the_same_key_changes_once(shifter, run, reference):
    certification, key = (
        certify_run(shifter, run.run_number, "express", _decision(reference), CertificationContext()),
        uuid.uuid4(),
    )
    for _ in range(2):
        amend_certification(
            shifter, certification, 1, _decision(reference, comment="one"), CertificationContext(), idempotency_key=key
        )
    assert TrackerCertification.objects.get().version == 2


def test_same_key_with_other_typed_facts_is_a_conflict(shifter, reference):
    key, typed = uuid.uuid4(), {"run_type": {"value": "cosmics"}, "lumisections": {"value": 100}}
    reference.run.run_type = "cosmics"
    reference.run.save()
    first = certify_run(shifter, 318001, "express", _decision(reference), CertificationContext(typed_run=typed), key)
    assert (
        certify_run(shifter, 318001, "express", _decision(reference), CertificationContext(typed_run=typed), key)
        == first
    )
    other_context = CertificationContext(typed_run={**typed, "lumisections": {"value": 222}})
    with pytest.raises(AlreadyCertified):
        certify_run(shifter, 318001, "express", _decision(reference), other_context, key)
    assert OmsRun.objects.get(pk=318001).lumisections == 100


def test_typed_fill_values_without_a_fill_number_are_refused(shifter, reference):
    context = CertificationContext(typed_run={"run_type": {"value": "cosmics"}}, typed_fill={"era": {"value": "2018A"}})
    with pytest.raises(EntryInvalid) as caught:
        certify_run(shifter, 318002, "express", _decision(reference), context)
    assert [issue.field for issue in caught.value.issues] == ["fill-fill_number"]


def test_guest_cannot_add_a_reason_and_shifter_cannot_adopt_a_reference(guest, shifter, run):
    with pytest.raises(PermissionDenied):
        add_term(guest, BadReason, "HV off")
    with pytest.raises(PermissionDenied):
        adopt_reference(shifter, run, "express", "mine")
    with pytest.raises(EntryInvalid):
        adopt_reference(None, run, "express", " ")


def test_amend_sent_again_with_other_content_is_a_conflict(shifter, run, reference):
    certification, key = (
        certify_run(shifter, run.run_number, "express", _decision(reference), CertificationContext()),
        uuid.uuid4(),
    )
    amend_certification(
        shifter, certification, 1, _decision(reference, comment="one"), CertificationContext(), idempotency_key=key
    )
    with pytest.raises(ChangedMeanwhile):
        amend_certification(
            shifter, certification, 1, _decision(reference, comment="two"), CertificationContext(), idempotency_key=key
        )
    assert TrackerCertification.objects.get().comment == "one"


def test_amend_with_the_key_of_another_certification_gets_a_new_key(shifter, reference):
    key, run, other_run = uuid.uuid4(), RunFactory(), RunFactory()
    certify_run(shifter, run.run_number, "express", _decision(reference), CertificationContext(), key)
    certification = certify_run(shifter, other_run.run_number, "express", _decision(reference), CertificationContext())
    changed = amend_certification(
        shifter, certification, 1, _decision(reference, comment="x"), CertificationContext(), idempotency_key=key
    )
    assert changed.version == 2 and changed.idempotency_key != key


def test_actions_check_permissions(shifter, other_shifter, shift_leader, guest, run, reference):
    certification = certify_run(shifter, run.run_number, "express", _decision(reference), CertificationContext())
    with pytest.raises(PermissionDenied):
        certify_run(guest, run.run_number, "prompt", _decision(reference), CertificationContext())
    with pytest.raises(PermissionDenied):
        amend_certification(
            other_shifter, certification, 1, _decision(reference), CertificationContext(), reason="mine"
        )
    with pytest.raises(EntryInvalid) as caught:
        amend_certification(shift_leader, certification, 1, _decision(reference), CertificationContext(), reason=" ")
    assert [issue.field for issue in caught.value.issues] == ["reason"]


def test_run_cannot_be_its_own_reference(shifter, reference):
    with pytest.raises(EntryInvalid) as caught:
        certify_run(shifter, reference.run_id, reference.reconstruction, _decision(reference), CertificationContext())
    assert [issue.field for issue in caught.value.issues] == ["reference_runreconstruction"]


def test_amend_clears_problems_that_were_unticked(shifter, run, reference):
    decision = _decision(reference, problems={"pixel_problems": [PixelProblemFactory()]})
    certification = certify_run(shifter, run.run_number, "express", decision, CertificationContext())
    amend_certification(shifter, certification, 1, _decision(reference), CertificationContext())
    assert not certification.pixel_problems.exists()


def test_reason_with_an_existing_name_is_not_created_again(shifter):
    reason = add_term(shifter, BadReason, "HV off", "high voltage was off")
    again = add_term(shifter, BadReason, "hv OFF")
    assert (again.pk, again.description) == (reason.pk, "high voltage was off")


def test_adopted_reference_has_its_author_and_reason(shift_leader, run):
    adopt_reference(shift_leader, run, "prompt", "first of the year")
    adopted = RunReconstruction.objects.get(run=run, reconstruction="prompt")
    assert (adopted.is_reference, adopted.reference_by, adopted.reference_reason) == (
        True,
        shift_leader,
        "first of the year",
    )
    assert adopted.reference_since is not None


def test_database_refuses_a_second_live_certification():
    certification = CertificationFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        CertificationFactory(runreconstruction=certification.runreconstruction)


@pytest.mark.parametrize(
    "broken", [{"pixel": "fine"}, {"trackermap": "maybe"}, {"run_type": "rain"}, {"state": "withdrawn"}], ids=str
)
def test_database_refuses_unknown_values_and_withdrawal_without_details(broken):
    with pytest.raises(IntegrityError), transaction.atomic():
        CertificationFactory(**broken)

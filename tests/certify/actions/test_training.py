"""Practice certifications of people in training, separate from live certifications."""

from __future__ import annotations

import html
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from certify.actions.certify import amend_certification, certify_run
from certify.actions.input import CertificationContext, CertificationInput
from certify.actions.lifecycle import hand_over_certification, restore_certification, withdraw_certification
from certify.errors import AlreadyCertified, EntryInvalid
from certify.models import StripProblem, TrackerCertification
from certify.selectors import live_certification
from certify.vocabulary.actions import add_term
from oms.models import OmsFill, OmsRun
from tests.certify.page_form import GOOD, open_form, send_form
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory, UserFactory
from tests.openruns.open_runs_page import search

pytestmark = pytest.mark.django_db
DATASET = "/Express/Collisions2018/DQM"
CLOSED = 314890


@pytest.fixture
def trainee():
    return UserFactory(username="trainee", in_training=True)


@pytest.fixture
def trainee_client(client, trainee):
    client.force_login(trainee)
    return client


def _decision(**changes):
    columns = {**GOOD, "date": date(2018, 6, 2)}
    return CertificationInput.from_columns(**{**columns, "reference": ReconstructionFactory(reference=True), **changes})


def _practise(person, run, reconstruction="express", **facts):
    context = CertificationContext(dataset=DATASET, is_complete=True, training_of=person.pk, **facts)
    return certify_run(person, run.run_number, reconstruction, _decision(), context)


def test_practice_and_live_certification_coexist(trainee, shifter):
    run = RunFactory()
    live = certify_run(shifter, run.run_number, "express", _decision(), CertificationContext(dataset=DATASET))
    own = _practise(trainee, run)
    other_practice = _practise(UserFactory(in_training=True), run)
    assert (live.is_practice, own.is_practice, other_practice.is_practice) == (False, True, True)
    assert list(TrackerCertification.objects.all()) == [live]
    assert live_certification(run.run_number, "express") == live
    assert live_certification(run.run_number, "express", trainee.pk) == own


def test_practice_does_not_prevent_a_certification(trainee, shifter):
    run = RunFactory()
    _practise(trainee, run)
    assert (
        certify_run(shifter, run.run_number, "express", _decision(), CertificationContext(dataset=DATASET)).is_practice
        is False
    )


def test_second_practice_of_a_person_and_reconstruction_is_refused(trainee):
    run = RunFactory()
    own = _practise(trainee, run)
    with pytest.raises(AlreadyCertified) as already:
        _practise(trainee, run)
    assert already.value.existing == own
    with pytest.raises(IntegrityError), transaction.atomic():
        CertificationFactory(run=run, user=trainee, is_practice=True)


def test_form_opened_in_the_other_mode_is_refused(trainee):
    run, training_context = RunFactory(), CertificationContext(dataset=DATASET, training_of=trainee.pk)
    trainee.in_training = False
    with pytest.raises(EntryInvalid, match="in training no longer"):
        certify_run(trainee, run.run_number, "express", _decision(), training_context)
    with pytest.raises(EntryInvalid, match="in training now"):
        trainee.in_training = True
        certify_run(trainee, run.run_number, "express", _decision(), CertificationContext(dataset=DATASET))
    assert not TrackerCertification.everything.exists()


def test_counterpart_in_training_is_the_users_own_practice(trainee, shifter):
    run = RunFactory()
    certify_run(
        shifter, run.run_number, "prompt", _decision(tracking="excluded"), CertificationContext(dataset=DATASET)
    )
    _practise(trainee, run)  # the live certification of prompt is not the counterpart
    with pytest.raises(EntryInvalid) as refused:
        context = CertificationContext(dataset=DATASET, training_of=trainee.pk)
        certify_run(trainee, run.run_number, "prompt", _decision(tracking="excluded"), context)
    assert [issue.field for issue in refused.value.issues] == ["confirm_counterpart"]


def test_facts_typed_in_training_are_not_stored_in_the_mirror(trainee):
    run = RunFactory(bare=True)
    typed = {"run_type": {"value": "collisions"}, "lumisections": {"value": 5}, "recorded_lumi": {"value": 2.0}}
    own = _practise(
        trainee, run, typed_run=typed, typed_fill={"fill_number": {"value": 5999}, "era": {"value": "2018Z"}}
    )
    assert (own.run_type, own.lumisections, own.facts["fill"]["era"]) == ("collisions", 5, "2018Z")
    stored_run = OmsRun.objects.get(pk=run.pk)
    assert (stored_run.run_type, stored_run.lumisections, stored_run.typed, stored_run.fill_number) == (
        "unknown",
        None,
        {},
        None,
    )
    assert not OmsFill.objects.filter(pk=5999).exists()


def test_practice_can_be_changed_by_its_owner_only(trainee, shift_leader):
    own = _practise(trainee, RunFactory())
    with pytest.raises(PermissionDenied):
        amend_certification(shift_leader, own, 1, _decision(), CertificationContext(dataset=DATASET), reason="wrong")
    with pytest.raises(PermissionDenied):
        withdraw_certification(shift_leader, own, 1, "wrong")
    changed = amend_certification(trainee, own, 1, _decision(comment="seen"), CertificationContext(dataset=DATASET))
    assert (changed.version, changed.comment, changed.is_practice) == (2, "seen", True)
    withdrawn = withdraw_certification(trainee, changed, 2, "again")
    _practise(trainee, OmsRun.objects.get(pk=own.run_number))
    with pytest.raises(AlreadyCertified):
        restore_certification(trainee, withdrawn, 3, "back")


def test_practice_cannot_be_handed_over(shift_leader, shifter):
    shift_leader.in_training = True
    shift_leader.save()
    own = _practise(shift_leader, RunFactory())
    with pytest.raises(PermissionDenied, match="stays with who made it"):
        hand_over_certification(shift_leader, own, 1, shifter, "yours")


def test_closed_and_certified_reconstructions_are_open_in_training(
    trainee, trainee_client, shifter, shifter_client, references, sandbox
):
    CertificationFactory(run=OmsRun.objects.get_or_create(run_number=CLOSED)[0], reconstruction="prompt", user=shifter)
    cells = search(trainee_client, str(CLOSED)).rows[CLOSED].cells
    assert {name: state for name, (state, *_) in cells.items()} == dict.fromkeys(cells, "open")
    opened = open_form(trainee_client, f"/certify/{CLOSED}/express/")
    assert "practice</span></h1>" in opened.text and "not open for Tracker" not in opened.text
    saved = send_form(trainee_client, opened, f"/certify/{CLOSED}/express/", **GOOD)
    assert saved.status_code == 303, saved.context and saved.context["form"].errors
    assert search(trainee_client, str(CLOSED)).rows[CLOSED].cells["express"][:2] == ("mine", "practice")
    assert search(shifter_client, str(CLOSED)).rows[CLOSED].cells["express"][0] == "closed"


def test_end_of_training_with_an_open_form_requires_a_second_save(trainee, trainee_client, references):
    path = f"/certify/{CLOSED}/express/"
    opened = open_form(trainee_client, path)
    trainee.in_training = False
    trainee.save()
    refused = send_form(trainee_client, opened, path, **GOOD)
    assert refused.status_code == 422 and "saved now, this counts" in refused.text
    assert send_form(trainee_client, refused, path).status_code == 303
    assert TrackerCertification.objects.get().user == trainee


def test_open_form_of_a_trainee_is_not_shown_to_others(trainee_client, shifter_client, references):
    open_form(trainee_client, "/certify/315257/express/")
    assert "trainee" not in search(shifter_client, "315257").html
    assert "trainee" not in shifter_client.get("/certify/315257/express/").text


def test_vocabulary_cannot_be_added_in_training(trainee, trainee_client, shifter_client, references):
    path = f"/certify/{CLOSED}/express/"
    opened = open_form(trainee_client, path)
    assert "Add a problem" not in opened.text and "Add a reason" not in opened.text
    typed = {"add_problem": "1", "new_problem_of": "strip", "new_problem": "TIB hot", "comment": "half typed"}
    refused = send_form(trainee_client, opened, path, **typed)
    assert refused.status_code == 422 and "In training no reason or problem is added" in refused.text
    assert "TIB hot" in refused.text and "half typed" in refused.text
    assert not StripProblem.objects.exists()
    with pytest.raises(PermissionDenied, match="In training"):
        add_term(trainee, StripProblem, "TIB hot")
    assert "Add a problem" in open_form(shifter_client, "/certify/315257/express/").text


def test_oms_values_cannot_be_taken_in_training(trainee, trainee_client, shifter_client):
    typed = {"by": "shifter", "at": "2018-04-27T18:20:00+00:00", "value": 3.7}
    run = RunFactory(b_field=3.7, typed={"b_field": typed}, reported={"b_field": {"value": 3.8, "unit": "T"}})
    address = f"/list/facts/{run.run_number}/"
    assert "In training no OMS value can be taken" in trainee_client.get(address).text
    refused = trainee_client.post(address, {"take": "run-b_field", "seen-run-b_field": "3.8"})
    assert refused.status_code == 403 and "In training OMS's values are not taken" in html.unescape(refused.text)
    assert set(OmsRun.objects.get(pk=run.pk).typed) == {"b_field"}
    assert "Take OMS values</button>" in shifter_client.get(address).text

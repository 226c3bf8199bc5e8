"""Adopt, promote and retire references: refusals, recorded changes and undo."""

import pytest
from django.core.exceptions import PermissionDenied

from audit.models import Change
from audit.undo import undo_change
from certify.errors import EntryInvalid
from certify.models import RunReconstruction, TrackerCertification
from certify.references.actions import adopt_reference, promote_reference, retire_reference
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory

pytestmark = pytest.mark.django_db


def html(response):
    return " ".join(response.content.decode().split())


def reloaded(row):
    return RunReconstruction.objects.get(pk=row.pk)


def last_change():
    return Change.objects.first()


def promote(client, certification, reason="clean and long"):
    return client.post(f"/references/promote/{certification.pk}/", {"reason": reason})


def test_promotion_is_recorded_with_author_and_reason_and_can_be_undone(shift_leader_client, shift_leader):
    certification = CertificationFactory()
    assert f'href="/references/promote/{certification.pk}/"' in html(
        shift_leader_client.get(f"/list/{certification.pk}/")
    )
    page = html(shift_leader_client.get(f"/references/promote/{certification.pk}/"))
    assert "Shifters are offered it" in page
    response = promote(shift_leader_client, certification)
    reference = reloaded(certification.runreconstruction)
    assert (response.status_code, response["Location"]) == (303, f"/references/{reference.pk}/")
    assert (reference.is_reference, reference.reference_by, reference.reference_reason) == (
        True,
        shift_leader,
        "clean and long",
    )
    assert (last_change().kind, last_change().why, last_change().run_number) == (
        "promote",
        "clean and long",
        certification.run_number,
    )
    assert "clean and long" in html(shift_leader_client.get(response["Location"]))
    assert "/references/promote/" not in html(shift_leader_client.get(f"/list/{certification.pk}/"))
    undo_change(shift_leader, last_change(), "too early")
    reference = reloaded(reference)
    assert (reference.is_reference, reference.reference_by, reference.reference_since) == (False, None, None)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"strip": "bad", "pixel": "excluded"}, "It is bad: Pixel is excluded and Strip is bad."),
        ({"tracking": "bad", "withdrawn": True}, "It is withdrawn (by"),
        ({"is_practice": True}, "It was made for practice, and practice is no reference."),
        ({"run_type": "unknown", "pixel": "bad"}, "Its verdict is undecided, because the run type is unknown."),
    ],
)
def test_promotion_is_refused_with_its_reason(shift_leader_client, columns, sentence):
    certification = CertificationFactory(**columns)
    page = html(shift_leader_client.get(f"/references/promote/{certification.pk}/"))
    assert sentence in page and '<button class="button button-primary"' not in page
    response = promote(shift_leader_client, certification)
    assert response.status_code == 422 and sentence in html(response)
    assert not reloaded(certification.runreconstruction).is_reference and last_change().kind != "promote"


def test_refused_promotion_lists_all_reasons_without_pixel_for_cosmics():
    certification = CertificationFactory(run=RunFactory(cosmics=True), pixel="bad", strip="bad", withdrawn=True)
    RunReconstruction.objects.filter(pk=certification.runreconstruction_id).update(is_reference=True)
    leader = certification.user
    leader.role = "shift_leader"
    with pytest.raises(EntryInvalid) as caught:
        promote_reference(leader, certification, "x")
    sentences = [issue.sentence for issue in caught.value.issues]
    assert len(sentences) == 3 and sentences[2].startswith("It is bad: Strip is bad.")


def test_promotion_checks_the_stored_flags(shift_leader):
    certification = CertificationFactory()
    loaded = TrackerCertification.objects.get(pk=certification.pk)
    TrackerCertification.objects.filter(pk=certification.pk).update(strip="bad")
    with pytest.raises(EntryInvalid, match="Strip is bad"):
        promote_reference(shift_leader, loaded, "x")


def test_actions_require_a_reason_and_the_role_of_shift_leader(shift_leader_client, shifter, shift_leader):
    certification, reference = CertificationFactory(), ReconstructionFactory(reference=True)
    assert promote(shift_leader_client, certification, " ").status_code == 422
    assert shift_leader_client.post(f"/references/{reference.pk}/retire/", {"reason": ""}).status_code == 422
    for action in (
        lambda: promote_reference(shifter, certification, "x"),
        lambda: retire_reference(shifter, reference, "x"),
        lambda: adopt_reference(shifter, certification.runreconstruction.run, "prompt", "x"),
    ):
        with pytest.raises(PermissionDenied):
            action()


def adopt(client, run=314811, reconstruction="express", reason="first of the year"):
    return client.post("/references/adopt/", {"run_number": run, "reconstruction": reconstruction, "reason": reason})


def test_run_known_to_oms_is_adopted_with_its_facts(shift_leader_client, shift_leader, sandbox):
    response = adopt(shift_leader_client)
    reference = RunReconstruction.objects.select_related("run").get(run_id=314811)
    assert (response.status_code, response["Location"]) == (303, f"/references/{reference.pk}/")
    assert (reference.is_reference, reference.reference_by, reference.run.run_type) == (
        True,
        shift_leader,
        "collisions",
    )
    assert (last_change().kind, last_change().why) == ("adopt", "first of the year")
    page = html(shift_leader_client.get(response["Location"]))
    assert "<dt>Run type</dt><dd>collisions</dd>" in page and "first of the year" in page
    again = adopt(shift_leader_client)
    assert again.status_code == 422 and "314811 express is a reference run already." in html(again)
    undo_change(shift_leader, last_change(), "wrong run")
    assert not reloaded(reference).is_reference


def test_refused_adoption_shows_its_reason_and_preserves_the_form(shift_leader_client, sandbox):
    good = CertificationFactory(run=RunFactory(run_number=315259))
    bad = CertificationFactory(run=RunFactory(run_number=315264), strip="bad")
    for run, sentence in (
        (999999, "OMS does not know run 999999. Check the number."),
        (99, "Run numbers go from 100000"),
        (315259, f"certified good by {good.user.display_name}. Promote that certification instead."),
        (315264, f"certified bad by {bad.user.display_name}. Only what is good, or not certified"),
    ):
        response = adopt(shift_leader_client, run)
        page = html(response)
        assert response.status_code == 422 and sentence in page and "first of the year" in page
    assert not RunReconstruction.objects.filter(is_reference=True, run_id__in=(315259, 315264)).exists()


def test_only_mirrored_runs_can_be_adopted_while_oms_is_unavailable(shift_leader_client, sandbox):
    sandbox.faults("oms", "refuse")
    response = adopt(shift_leader_client)
    assert response.status_code == 422
    assert "OMS broke off the connection. Only a run that OMS knows can be adopted: try again later." in html(response)
    RunFactory(run_number=314811)
    assert adopt(shift_leader_client).status_code == 303


def test_certifications_keep_a_retired_reference_that_has_a_successor(shift_leader_client, shift_leader):
    reference, successor = (ReconstructionFactory(reference=True) for _ in "12")
    cosmics = ReconstructionFactory(run=RunFactory(run_number=313000, cosmics=True), reference=True)
    certification = CertificationFactory(reference_runreconstruction=reference)
    page = html(shift_leader_client.get(f"/references/{reference.pk}/retire/"))
    assert f'<option value="{successor.pk}">{successor} ·' in page and f'<option value="{cosmics.pk}">' not in page
    assert "The 1 certification below keeps it." in page
    assert "No certification rests on it." in html(shift_leader_client.get(f"/references/{successor.pk}/retire/"))
    response = shift_leader_client.post(
        f"/references/{reference.pk}/retire/", {"reason": "too old", "successor": successor.pk}
    )
    assert response.status_code == 303
    retired = reloaded(reference)
    assert (retired.is_reference, retired.successor) == (False, successor)
    certification.refresh_from_db()
    assert certification.reference_runreconstruction == reference
    page = html(shift_leader_client.get(response["Location"]))
    assert f'<a href="/references/{successor.pk}/">{successor}</a> is offered in its place.' in page
    assert f'In the place of <a href="/references/{reference.pk}/">{reference}</a>' in html(
        shift_leader_client.get(f"/references/{successor.pk}/")
    )
    assert ["In its place", "none", str(successor)] in last_change().lines[0]["fields"]["successor"]["says"]
    undo_change(shift_leader, last_change(), "still good")
    assert (reloaded(reference).is_reference, reloaded(reference).successor) == (True, None)


def test_retiring_a_successor_moves_all_references_to_its_successor(shift_leader):
    first, second, third = (ReconstructionFactory(reference=True) for _ in "123")
    retire_reference(shift_leader, first, "old", second)
    retire_reference(shift_leader, second, "old too", third)
    assert (reloaded(first).successor, reloaded(second).successor) == (third, third)
    undo_change(shift_leader, last_change(), "back")
    assert (reloaded(first).successor, reloaded(second).is_reference) == (second, True)
    retire_reference(shift_leader, second, "for good")
    assert reloaded(first).successor is None


def test_successor_must_be_another_reference_of_the_same_type(shift_leader, shift_leader_client):
    reference, cosmics = (
        ReconstructionFactory(reference=True),
        ReconstructionFactory(run=RunFactory(cosmics=True), reference=True),
    )
    plain = ReconstructionFactory()
    for successor in (reference, cosmics, plain):
        with pytest.raises(EntryInvalid) as caught:
            retire_reference(shift_leader, reference, "x", successor)
        assert caught.value.issues[0].field == "successor"
        response = shift_leader_client.post(
            f"/references/{reference.pk}/retire/", {"reason": "x", "successor": successor.pk}
        )
        assert response.status_code == 422 and "Choose another" in html(response)
    assert reloaded(reference).is_reference


def test_retired_reference_can_be_adopted_again(shift_leader):
    reference, successor = (ReconstructionFactory(reference=True) for _ in "12")
    retire_reference(shift_leader, reference, "x", successor)
    adopt_reference(shift_leader, reference.run, reference.reconstruction, "better after all")
    assert (reloaded(reference).is_reference, reloaded(reference).successor) == (True, None)

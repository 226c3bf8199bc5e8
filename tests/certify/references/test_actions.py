"""Adopt, promote, retire: what is refused and why, what is on record, what an undo sets back."""

import pytest
from django.core.exceptions import PermissionDenied

from audit.models import Change
from audit.undo import undo_change
from certify.errors import EntryInvalid
from certify.models import RunReconstruction, TrackerCertification
from certify.references.actions import adopt_reference, promote_reference, retire_reference
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory

pytestmark = pytest.mark.django_db


def html(answer):
    return " ".join(answer.content.decode().split())


def now(row):
    return RunReconstruction.objects.get(pk=row.pk)


def last():
    return Change.objects.first()


def promote(client, made, reason="clean and long"):
    return client.post(f"/references/promote/{made.pk}/", {"reason": reason})


def test_good_certification_is_promoted_with_who_and_why_and_undone(shift_leader_client, shift_leader):
    made = CertificationFactory()
    assert f'href="/references/promote/{made.pk}/"' in html(shift_leader_client.get(f"/list/{made.pk}/"))
    page = html(shift_leader_client.get(f"/references/promote/{made.pk}/"))
    assert "Shifters are offered it" in page
    answer = promote(shift_leader_client, made)
    kept = now(made.runreconstruction)
    assert (answer.status_code, answer["Location"]) == (303, f"/references/{kept.pk}/")
    assert (kept.is_reference, kept.reference_by, kept.reference_reason) == (True, shift_leader, "clean and long")
    assert (last().kind, last().why, last().run_number) == ("promote", "clean and long", made.run_number)
    assert "clean and long" in html(shift_leader_client.get(answer["Location"]))
    assert "/references/promote/" not in html(shift_leader_client.get(f"/list/{made.pk}/"))
    undo_change(shift_leader, last(), "too early")
    kept = now(kept)
    assert (kept.is_reference, kept.reference_by, kept.reference_since) == (False, None, None)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"strip": "bad", "pixel": "excluded"}, "It is bad: Pixel is excluded and Strip is bad."),
        ({"tracking": "bad", "withdrawn": True}, "It is withdrawn (by"),
        ({"is_practice": True}, "It was made for practice, and practice is no reference."),
        ({"run_type": "unknown", "pixel": "bad"}, "Its verdict is undecided, because the run type is unknown."),
    ],
)
def test_what_cannot_be_promoted_is_said_precisely(shift_leader_client, said, sentence):
    made = CertificationFactory(**said)
    page = html(shift_leader_client.get(f"/references/promote/{made.pk}/"))
    assert sentence in page and '<button class="button button-primary"' not in page
    answer = promote(shift_leader_client, made)
    assert answer.status_code == 422 and sentence in html(answer)
    assert not now(made.runreconstruction).is_reference and last().kind != "promote"


def test_pixel_does_not_count_in_cosmics_and_all_obstacles_are_named():
    made = CertificationFactory(run=RunFactory(cosmics=True), pixel="bad", strip="bad", withdrawn=True)
    RunReconstruction.objects.filter(pk=made.runreconstruction_id).update(is_reference=True)
    leader = made.user
    leader.role = "shift_leader"
    with pytest.raises(EntryInvalid) as caught:
        promote_reference(leader, made, "x")
    said = [one.sentence for one in caught.value.issues]
    assert len(said) == 3 and said[2].startswith("It is bad: Strip is bad.")


def test_promotion_looks_at_what_stands_not_at_what_was_loaded(shift_leader):
    made = CertificationFactory()
    loaded = TrackerCertification.objects.get(pk=made.pk)
    TrackerCertification.objects.filter(pk=made.pk).update(strip="bad")
    with pytest.raises(EntryInvalid, match="Strip is bad"):
        promote_reference(shift_leader, loaded, "x")


def test_reason_is_asked_for_and_shifters_may_not(shift_leader_client, shifter, shift_leader):
    made, reference = CertificationFactory(), ReconstructionFactory(reference=True)
    assert promote(shift_leader_client, made, " ").status_code == 422
    assert shift_leader_client.post(f"/references/{reference.pk}/retire/", {"reason": ""}).status_code == 422
    for deed in (
        lambda: promote_reference(shifter, made, "x"),
        lambda: retire_reference(shifter, reference, "x"),
        lambda: adopt_reference(shifter, made.runreconstruction.run, "prompt", "x"),
    ):
        with pytest.raises(PermissionDenied):
            deed()


def adopt(client, run=314811, reconstruction="express", reason="first of the year"):
    return client.post("/references/adopt/", {"run_number": run, "reconstruction": reconstruction, "reason": reason})


def test_run_that_oms_knows_is_adopted_with_its_facts(shift_leader_client, shift_leader, sandbox):
    answer = adopt(shift_leader_client)
    kept = RunReconstruction.objects.select_related("run").get(run_id=314811)
    assert (answer.status_code, answer["Location"]) == (303, f"/references/{kept.pk}/")
    assert (kept.is_reference, kept.reference_by, kept.run.run_type) == (True, shift_leader, "collisions")
    assert (last().kind, last().why) == ("adopt", "first of the year")
    page = html(shift_leader_client.get(answer["Location"]))
    assert "<dt>Run type</dt><dd>collisions</dd>" in page and "first of the year" in page
    again = adopt(shift_leader_client)
    assert again.status_code == 422 and "314811 express is a reference run already." in html(again)
    undo_change(shift_leader, last(), "wrong run")
    assert not now(kept).is_reference


def test_what_cannot_be_adopted_is_said_beside_its_field_and_kept(shift_leader_client, sandbox):
    good = CertificationFactory(run=RunFactory(run_number=315259))
    bad = CertificationFactory(run=RunFactory(run_number=315264), strip="bad")
    for run, sentence in (
        (999999, "OMS does not know run 999999. Check the number."),
        (99, "Run numbers go from 100000"),
        (315259, f"certified good by {good.user.display_name}. Promote that certification instead."),
        (315264, f"certified bad by {bad.user.display_name}. Only what is good, or not certified"),
    ):
        answer = adopt(shift_leader_client, run)
        page = html(answer)
        assert answer.status_code == 422 and sentence in page and "first of the year" in page
    assert not RunReconstruction.objects.filter(is_reference=True, run_id__in=(315259, 315264)).exists()


def test_oms_out_a_run_it_once_knew_is_adopted_another_is_not(shift_leader_client, sandbox):
    sandbox.faults("oms", "refuse")
    answer = adopt(shift_leader_client)
    assert answer.status_code == 422
    assert "OMS broke off the connection. Only a run that OMS knows can be adopted: try again later." in html(answer)
    RunFactory(run_number=314811)
    assert adopt(shift_leader_client).status_code == 303


def test_retired_with_a_successor_what_rests_on_it_keeps_it(shift_leader_client, shift_leader):
    one, two = (ReconstructionFactory(reference=True) for _ in "12")
    cosmics = ReconstructionFactory(run=RunFactory(run_number=313000, cosmics=True), reference=True)
    made = CertificationFactory(reference_runreconstruction=one)
    page = html(shift_leader_client.get(f"/references/{one.pk}/retire/"))
    assert f'<option value="{two.pk}">{two} ·' in page and f'<option value="{cosmics.pk}">' not in page
    assert "The 1 certification below keeps it." in page
    assert "No certification rests on it." in html(shift_leader_client.get(f"/references/{two.pk}/retire/"))
    answer = shift_leader_client.post(f"/references/{one.pk}/retire/", {"reason": "too old", "successor": two.pk})
    assert answer.status_code == 303
    retired = now(one)
    assert (retired.is_reference, retired.successor) == (False, two)
    made.refresh_from_db()
    assert made.reference_runreconstruction == one
    page = html(shift_leader_client.get(answer["Location"]))
    assert f'<a href="/references/{two.pk}/">{two}</a> is offered in its place.' in page
    assert f'In the place of <a href="/references/{one.pk}/">{one}</a>' in html(
        shift_leader_client.get(f"/references/{two.pk}/")
    )
    assert ["In its place", "none", str(two)] in last().lines[0]["fields"]["successor"]["says"]
    undo_change(shift_leader, last(), "still good")
    assert (now(one).is_reference, now(one).successor) == (True, None)


def test_who_takes_the_place_of_a_successor_takes_all_its_places(shift_leader):
    one, two, three = (ReconstructionFactory(reference=True) for _ in "123")
    retire_reference(shift_leader, one, "old", two)
    retire_reference(shift_leader, two, "old too", three)
    assert (now(one).successor, now(two).successor) == (three, three)
    undo_change(shift_leader, last(), "back")
    assert (now(one).successor, now(two).is_reference) == (two, True)
    retire_reference(shift_leader, two, "for good")
    assert now(one).successor is None


def test_successor_must_be_another_reference_of_the_type(shift_leader, shift_leader_client):
    one, cosmics = (
        ReconstructionFactory(reference=True),
        ReconstructionFactory(run=RunFactory(cosmics=True), reference=True),
    )
    plain = ReconstructionFactory()
    for other in (one, cosmics, plain):
        with pytest.raises(EntryInvalid) as caught:
            retire_reference(shift_leader, one, "x", other)
        assert caught.value.issues[0].field == "successor"
        answer = shift_leader_client.post(f"/references/{one.pk}/retire/", {"reason": "x", "successor": other.pk})
        assert answer.status_code == 422 and "Choose another" in html(answer)
    assert now(one).is_reference


def test_reference_that_was_retired_can_be_adopted_again(shift_leader):
    one, two = (ReconstructionFactory(reference=True) for _ in "12")
    retire_reference(shift_leader, one, "x", two)
    adopt_reference(shift_leader, one.run, one.reconstruction, "better after all")
    assert (now(one).is_reference, now(one).successor) == (True, None)

"""Files made as of a time and stored; what counts and what is named in the manifest."""

import json
import random
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Change
from certify.actions.lifecycle import withdraw_certification
from certify.errors import EntryInvalid
from certify.facts.staleness import store_differences
from certify.models import StaleMark, TrackerCertification
from certify.models.choices import Reconstruction
from golden import lumisections as lumisections_read
from golden.actions import file_steps, make_file
from golden.choices import StaleRule
from golden.generation import generate_file, run_steps
from golden.models import GoldenFile, PolicyVersion
from golden.selectors import NO_DATASET
from golden.verifications import verify_file
from oms.lumisections.models import LumisectionReading
from oms.models import OmsRun
from tests.audit.past_history import sql
from tests.factories import CertificationFactory, DatasetFactory
from tests.golden.stored import BPIX, DATASET, ENERGY, FLAGS, LOGIC, certification, lumisections, policy
from tests.proof import scaled

pytestmark = pytest.mark.django_db


def _runs(version, moment=None, **options):
    return json.loads(generate_file(version, moment or timezone.now(), "flat", **options).content)


def test_ranges_bits_and_flags_decide(clock):
    certification(315300, off=(1, 2), strip_ranges=[[50, 52]])
    certification(315301, pixel="bad")
    certification(315302, facts={"energy": None})
    certification(315303, facts={"energy": 450.0})
    certification(315304, strip="bad", strip_lowstat=True)
    certification(315305, inactive=range(90, 101))
    file = make_file(None, policy(), timezone.now())
    assert json.loads(file.content) == {
        "315300": [[3, 49], [53, 100]],
        "315304": [[1, 100]],
        "315305": [[1, 89]],
    }
    assert file.manifest["counts"] == {
        "runs": 3,
        "ranges": 4,
        "lumisections": 284,
        "certifications": 6,
        "left_out": 0,
        "stale": 0,
    }
    luminosity = file.manifest["luminosity"]
    assert luminosity["in"] == {"lumisections": 284, "recorded_lumi": 142.0, "unknown": 0}
    # Nothing is recorded while CMS is not active.
    assert luminosity["out"] == {"lumisections": 316, "recorded_lumi": 152.5, "unknown": 0}
    assert file.manifest["unknown_values"] == {"run.oms.energy": 100}
    assert file.manifest["good_by_low_statistics"][0][2] == 315304
    assert file.name == "TrackerOnly_315300-315305_PromptReco-Collisions2018A_tracker2018_v1.json"
    assert file.manifest["title"] == "Tracker-good JSON"
    assert "lumisection.rr.muon-muon" in file.manifest["flags_not_applied"]
    assert file.manifest["by_day"] == {"2018-05-03": {"in": luminosity["in"], "out": luminosity["out"]}}


def test_losses_by_clause_in_total_and_alone(clock):
    certification(315300, off=range(41, 51), strip_ranges=[[46, 60]])
    losses = make_file(None, policy(), timezone.now()).manifest["losses"]
    by_clause = {row["clause"]: (row["fails"]["recorded_lumi"], row["alone"]["recorded_lumi"]) for row in losses}
    assert by_clause["BPIX on"] == (5.0, 2.5)
    assert by_clause["Strip GOOD"] == (7.5, 5.0)
    assert by_clause["energy ≥ 6000 GeV"] == (0.0, 0.0)


def test_what_does_not_count_is_named(clock, shifter):
    certification(315300)
    unread = certification(315301, read=False)
    undecided = certification(315302, pixel="bad", run_type="unknown")
    certification(315303, is_practice=True)
    withdraw_certification(shifter, certification(315304, user=shifter), 1, "wrong run")
    certification(315305, dataset=DatasetFactory(name="/Express/Collisions2018/DQM"), reconstruction="express")
    manifest = make_file(None, policy(), timezone.now()).manifest
    assert [row[2] for row in manifest["certifications"]] == [315300]
    assert {row[0]: row[5] for row in manifest["left_out"]} == {
        unread.pk: "the lumisections of the run had not been read",
        undecided.pk: "its verdict is undecided",
    }


def test_a_certification_without_dataset_is_named_where_its_run_has_no_other(clock):
    certification(315300)
    named = certification(315301, dataset=None)
    certification(315302)
    CertificationFactory(run=OmsRun.objects.get(pk=315302), dataset=None, reconstruction=Reconstruction.EXPRESS)
    certification(315400, dataset=None)  # after the last run
    manifest = make_file(None, policy(), timezone.now()).manifest
    assert [row[2] for row in manifest["certifications"]] == [315300, 315302]
    assert [(row[0], row[5]) for row in manifest["left_out"]] == [(named.pk, NO_DATASET)]


def test_lumisections_without_a_row_are_counted(clock):
    certification(315300, read=False, last=100)
    lumisections(315300, 90)
    assert make_file(None, policy(), timezone.now()).manifest["without_row_in_oms"][0][5] == 10


@pytest.mark.parametrize(("rule", "runs"), [(StaleRule.COUNTS, ["315300", "315301"]), (StaleRule.LEFT_OUT, ["315300"])])
def test_stale_certifications_count_by_the_policy_and_are_listed(clock, rule, runs):
    certification(315300)
    stale = certification(315301)
    store_differences(stale, [{"fact": "energy"}])
    file = make_file(None, policy(stale=rule), timezone.now())
    assert list(json.loads(file.content)) == runs
    assert [row[0] for row in file.manifest["stale"]] == [stale.pk]
    clock(1)
    store_differences(stale, [])
    assert verify_file(file).is_verified


def test_a_file_as_of_a_time_is_the_same_whenever_it_is_made(clock):
    """A certification is stale and fresh again, twice; each file is made again after each change."""
    certification(315300)
    stale = certification(315301)
    version, made = policy(stale=StaleRule.LEFT_OUT), {}

    def make_all(hour):
        for moment in [*made, clock(hour)]:
            made.setdefault(moment, []).append(generate_file(version, moment).sha256)

    make_all(1)
    for hour, differences in ((2, [{"fact": "energy"}]), (3, []), (4, [{"fact": "lumisections"}]), (5, [])):
        clock(hour - 0.5)
        store_differences(TrackerCertification.objects.get(pk=stale.pk), differences)
        make_all(hour)
    assert [len({*digests}) for digests in made.values()] == [1] * 5
    fresh, left_out = (made[moment][0] for moment in list(made)[:2])
    assert fresh != left_out
    assert [digests[0] for digests in made.values()] == [fresh, left_out, fresh, left_out, fresh]


def test_a_file_with_a_manifest_of_the_first_format_is_verified_by_its_list(clock):
    row = certification(315300)
    store_differences(row, [{"fact": "energy"}])
    file = make_file(None, policy(), timezone.now())
    sql("DELETE FROM certify_stalemark")
    assert verify_file(file).changed == ["counts", "stale"]
    file.manifest["format"] = 1
    assert verify_file(file).is_verified


def test_two_certifications_of_a_run_are_refused_with_both_names(clock):
    certification(315300)
    version = policy(pattern="%")
    certification_of_the_same_run = {"dataset": DatasetFactory(name="/ReReco/X/DQM"), "reconstruction": "rereco"}
    first = TrackerCertification.objects.get()
    CertificationFactory(run=first.runreconstruction.run, **certification_of_the_same_run)
    with pytest.raises(EntryInvalid, match=rf"run 315300: {DATASET} \(prompt\) and /ReReco/X/DQM \(rereco\)"):
        make_file(None, version, timezone.now())
    with pytest.raises(EntryInvalid, match="Narrow the pattern"):
        policy(pattern="/(PromptReco|ReReco)/%")


def test_as_of_each_time_everything_is_as_it_was(clock):
    """The certification, its ranges, the lumisections and the policy change one after the other."""
    before = timezone.now()
    clock(1)
    row = certification(315300)
    version = policy()
    clock(2)
    row.strip_ranges = [[1, 10]]
    row.save()
    clock(3)
    lumisections(315300, 100, off=(99, 100), at=timezone.now())
    clock(4)
    policy({"and": [ENERGY, BPIX]})
    clock(5)
    row.strip, row.strip_ranges = "bad", []
    row.save()
    expected = {1: [[1, 100]], 2: [[11, 100]], 3: [[11, 98]], 4: [[11, 98]], 5: None}
    for hour, ranges in expected.items():
        found = _runs(version, before + timedelta(hours=hour))
        assert found == ({"315300": ranges} if ranges else {}), hour
    latest = PolicyVersion.objects.as_of(before + timedelta(hours=4)).first()
    assert latest.number == 2
    assert _runs(latest, before + timedelta(hours=5)) == {"315300": [[1, 98]]}


def _chance_change(source, rows, hour):
    """Change something that a file rests on."""
    row = source.choice(rows)
    last = source.randint(10, 58)
    choice = source.randint(0, 3)
    if choice == 0:
        row.pixel_ranges = [[last, last + 1]]
    elif choice == 1:
        row.strip = source.choice(["good", "bad", "excluded"])
    elif choice == 2:
        lumisections(row.run_number, 60, off=(last,), at=timezone.now())
    else:
        policy({"and": [ENERGY, {"<": [{"var": "lumisection.lumisection_number"}, last + hour / 1000]}, *FLAGS]})
    row.save()


def test_files_of_random_times_are_made_again_whatever_happens_later(clock):
    source = random.Random(3)
    rows = [certification(315300 + number, last=60) for number in range(5)]
    start, files = timezone.now(), {}
    policy()
    changes = scaled(10, 100)
    for hour in range(1, changes + 1):
        clock(hour)
        _chance_change(source, rows, hour)
        moment = start + timedelta(hours=source.uniform(0, hour))
        version = PolicyVersion.objects.as_of(moment).first()
        files[version, moment] = generate_file(version, moment).sha256
    assert {key: generate_file(*key).sha256 for key in files} == files
    assert len(set(files.values())) >= scaled(4, 20)


def test_flipping_one_lumisection_changes_one_range_and_undoing_it_gives_the_same_file(clock):
    rows = [certification(315300 + number) for number in range(3)]
    version = policy()
    first = make_file(None, version, timezone.now())
    clock(1)
    rows[1].strip_ranges = [[20, 20]]
    rows[1].save()
    flipped = make_file(None, version, timezone.now())
    assert json.loads(flipped.content) == json.loads(first.content) | {"315301": [[1, 19], [21, 100]]}
    clock(2)
    rows[1].strip_ranges = []
    rows[1].save()
    assert make_file(None, version, timezone.now()).content == first.content
    assert verify_file(first).is_verified and verify_file(flipped).is_verified


def test_the_same_file_is_stored_once(clock):
    certification(315300)
    version, moment = policy(), timezone.now()
    assert make_file(None, version, moment).pk == make_file(None, version, moment).pk
    assert make_file(None, version, moment, "indent").layout == "indent"
    assert GoldenFile.objects.count() == 2


def test_luminosities_of_many_runs_are_read_in_parts(clock, monkeypatch):
    for number in range(3):
        certification(315300 + number, strip_ranges=[[5, 6 + number]])
    version, moment = policy(), timezone.now()
    manifest = generate_file(version, moment).manifest
    monkeypatch.setattr(lumisections_read, "_RUNS_AT_ONCE", 2)
    assert generate_file(version, moment).manifest == manifest
    assert manifest["luminosity"]["out"]["recorded_lumi"] == 4.5


def test_two_that_make_the_same_file_at_once_store_one(clock):
    certification(315300)
    version, moment = policy(), timezone.now()
    makers = [file_steps(None, version, moment) for _ in range(2)]
    for steps in makers:
        next(steps)  # both are making it
    files = {run_steps(steps).pk for steps in makers}
    (file,) = GoldenFile.objects.all()
    assert files == {file.pk}
    file.pk, file._state.adding = None, True
    with pytest.raises(IntegrityError), transaction.atomic():
        file.save()


def test_a_file_of_the_same_text_and_other_facts_is_another_file(clock):
    row, version = certification(315300), policy()
    moment = timezone.now()
    first = make_file(None, version, moment)
    StaleMark.objects.create(certification=row, at=moment, differences=[{"fact": "energy"}])
    other = make_file(None, version, moment)
    assert first.sha256 == other.sha256
    assert (first.manifest["counts"]["stale"], other.manifest["counts"]["stale"]) == (0, 1)
    assert make_file(None, version, moment).pk == other.pk != first.pk


def test_a_policy_is_a_change_with_its_reason_and_experts_save_it(clock, shift_leader, expert):
    assert policy(actor=expert).number == 1
    assert policy({"and": [ENERGY, BPIX]}, actor=expert).number == 2
    change = Change.objects.first()
    assert (change.kind, change.why, change.by) == ("policy", "for tests", expert)
    with pytest.raises(PermissionDenied):
        policy(actor=shift_leader)
    with pytest.raises(PermissionDenied):
        make_file(shift_leader, PolicyVersion.objects.first(), timezone.now())
    with pytest.raises(EntryInvalid, match="It is the same as tracker2018 v2"):
        policy({"and": [ENERGY, BPIX]})


def test_all_that_is_wrong_with_a_policy_is_said_by_field(clock):
    with pytest.raises(EntryInvalid) as refused:
        policy({"==": [{"var": "nope"}, 1]}, name="Bad name", pattern="*", layout="nice", stale="x")
    assert [issue.field for issue in refused.value.issues] == ["name", "logic", "layout", "stale", "dataset_pattern"]


def test_no_file_of_the_future_or_before_its_policy(clock):
    certification(315300)
    version = policy()
    with pytest.raises(EntryInvalid, match="in the future"):
        make_file(None, version, timezone.now() + timedelta(seconds=1))
    with pytest.raises(EntryInvalid, match="was saved later"):
        make_file(None, version, timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("count", [1, 30])
def test_queries_do_not_grow_with_certifications(clock, django_assert_num_queries, count):
    for number in range(count):
        certification(315300 + number, last=20, strip_ranges=[[5, 6]])
    version = policy(LOGIC)
    assert LumisectionReading.objects.count() == count
    with django_assert_num_queries(7):
        assert len(generate_file(version, timezone.now()).tally.ranges) == count

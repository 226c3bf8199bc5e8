"""Demo content: certifications of April 2018, created once and never overwritten."""

from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from certhelper.demo.certifications import DemoCertification, demo_certifications
from certhelper.demo.people import PEOPLE
from certify.models import BadReason, RunReconstruction, TrackerCertification
from certify.models.components import Component
from oms.models import OmsRun
from users.models import Role, User


def _demo() -> str:
    output = StringIO()
    call_command("demo", stdout=output)
    return output.getvalue()


def _row(**changes) -> DemoCertification:
    plain = {
        "run": 314000,
        "reconstruction": "express",
        "reference_run": 313130,
        "reference_reconstruction": "express",
        "dataset": "/a/b/DQMIO",
        "golden": 0,
        "active": 100,
    }
    ready = {Component.PIXEL: 100, Component.STRIP: 100}
    ready |= {component: changes.pop(f"{component}_ready") for component in ready if f"{component}_ready" in changes}
    return DemoCertification(**plain | changes, ready=ready)


def test_file_has_the_86_certifications_below_run_315190():
    assert len(demo_certifications()) == len({row.key for row in demo_certifications()}) == 86
    assert (
        min(demo_certifications(), key=lambda row: row.run).run,
        max(demo_certifications(), key=lambda row: row.run).run,
    ) == (314324, 315189)


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        ({}, ["good", "good", "good"]),
        ({"pixel_ready": None}, ["excluded", "good", "good"]),
        ({"pixel_ready": 0}, ["excluded", "good", "good"]),
        ({"strip_ready": 49}, ["good", "bad", "bad"]),
        ({"strip_ready": 50}, ["good", "good", "good"]),
        ({"golden": 30, "pixel_ready": 30, "strip_ready": 30}, ["good", "good", "good"]),
    ],
)
def test_flags_follow_golden_ranges_or_the_detector_status(changes, flags):
    assert list(_row(**changes).flags.values()) == flags


@pytest.mark.django_db
def test_demo_certifies_april_with_facts_from_oms(sandbox):
    _demo()
    certifications = TrackerCertification.objects.with_names()
    assert Counter(certification.verdict_word for certification in certifications) == {"good": 79, "bad": 7}
    assert {certification.run_type for certification in certifications} == {"collisions", "cosmics"}
    certification = certifications.get(runreconstruction__run=315106, runreconstruction__reconstruction="express")
    assert (certification.lumisections, certification.recorded_lumi, certification.facts["fill"]["fill_number"]) == (
        556,
        pytest.approx(25.003833984375),
        certification.runreconstruction.run.fill_number,
    )
    assert certification.date.isoformat() == "2018-04-24"


@pytest.mark.django_db
def test_demo_offers_only_the_references_of_2018(sandbox):
    _demo()
    offered = RunReconstruction.objects.filter(is_reference=True).values_list("run_id", "reconstruction")
    both = [(run, reconstruction) for run in (314768, 314811, 315189) for reconstruction in ("express", "prompt")]
    assert sorted(offered) == sorted([(314575, "prompt"), *both])
    assert OmsRun.objects.get(run_number=313130).fetched_at is None


@pytest.mark.django_db
def test_demo_certifies_nothing_from_run_315190_on(sandbox):
    _demo()
    assert not TrackerCertification.objects.filter(runreconstruction__run__gte=315190).exists()


@pytest.mark.django_db
def test_second_demo_makes_no_request_and_no_change(sandbox):
    _demo()
    TrackerCertification.objects.filter(runreconstruction__run=315106).update(comment="mine")
    BadReason.objects.all()[0].delete()
    User.objects.filter(username="shifter").update(role=Role.GUEST)
    RunReconstruction.objects.filter(run=314811).update(is_reference=False)
    sandbox.clear()
    assert "nothing new" in _demo()
    assert sandbox.requests() == []
    assert TrackerCertification.objects.filter(comment="mine").count() == 2
    assert User.objects.get(username="shifter").role == Role.GUEST
    assert not RunReconstruction.objects.filter(run=314811, is_reference=True).exists()


@pytest.mark.django_db
def test_demo_users_sign_in_with_their_names(sandbox, client):
    _demo()
    assert all(client.login(username=name, password=name) for name in PEOPLE)
    assert {User.objects.get(username=name).role for name in PEOPLE} == set(Role)


@pytest.mark.django_db
def test_demo_while_oms_is_unreachable_fails_and_writes_nothing(sandbox):
    sandbox.faults("oms", "refuse")
    with pytest.raises(CommandError, match="Start the sandbox"):
        _demo()
    assert not User.objects.exists()

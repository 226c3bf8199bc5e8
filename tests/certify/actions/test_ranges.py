"""Bad lumisections in the actions: refused, asked about, stored with what OMS says of them, restored by undo."""

import random
from datetime import UTC, date, datetime

import pytest

from audit.models import Change
from audit.operation import operation
from audit.snapshot import in_field_order
from audit.undo import undo_change
from certify.actions.certify import amend_certification, certify_run
from certify.actions.input import CertificationContext, CertificationInput
from certify.errors import EntryInvalid
from certify.models import TrackerCertification
from certify.models.choices import CertificationChangeKind
from certify.models.components import RANGES_FIELDS
from infrastructure.number_ranges import merged_ranges
from oms.lumisections.mirror import store_lumisections
from oms.lumisections.parsing import LumisectionRow
from tests.certify.page_form import GOOD
from tests.factories import ReconstructionFactory, RunFactory
from tests.proof import scaled

pytestmark = pytest.mark.django_db
ON = (True,) * 8
NO_PIXEL = (True, True, False, False, True, True, True, True)


@pytest.fixture
def run():
    return RunFactory(lumisections=100, recorded_lumi=50.0)


@pytest.fixture
def reference():
    return ReconstructionFactory(reference=True)


def store_rows(run_number, last=100, lumi=0.5, bits=ON):
    rows = [LumisectionRow(number, bits, None, lumi) for number in range(1, last + 1)]
    store_lumisections(run_number, rows, datetime.now(UTC))


def decision(reference, confirmed=(), comment="HV trip", **ranges):
    columns = {**GOOD, "date": date(2018, 6, 2), "comment": comment, "confirmed": list(confirmed)}
    return CertificationInput.from_columns(**columns, reference=reference, **ranges)


def certify(shifter, run, data):
    return certify_run(shifter, run.run_number, "express", data, CertificationContext(is_complete=True))


def refused(shifter, run, data) -> dict[str, str]:
    with pytest.raises(EntryInvalid) as caught:
        certify(shifter, run, data)
    return {issue.field: issue.sentence for issue in caught.value.issues}


def test_ranges_are_stored_with_their_luminosity_and_leave_the_verdict(shifter, run, reference):
    store_rows(run.run_number)
    spans = ((31, 40), (52, 52))
    row = certify(
        shifter, run, decision(reference, strip_ranges=spans, tracking_ranges=spans, pixel_ranges=((40, 41),))
    )
    stored = TrackerCertification.objects.get(pk=row.pk)
    assert stored.strip_ranges == [[31, 40], [52, 52]] == stored.tracking_ranges
    assert stored.verdict_word == "good" == stored.verdict
    assert stored.ranges_facts["lumis"] == {"strip": 5.5, "tracking": 5.5, "pixel": 1.0, "all": 6.0}
    assert stored.out.text == "12 of 100 LS and 6.000 /pb out (Pixel, Strip, Tracking)"


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        (
            {"pixel_ranges": ((95, 101),)},
            "pixel_ranges",
            "95-101 goes beyond the last lumisection, 100. Correct the range.",
        ),
        (
            {"pixel_ranges": ((10, 20), (15, 30))},
            "pixel_ranges",
            "Ranges of Pixel overlap or touch. Write each lumisection once.",
        ),
        (
            {"pixel": "excluded", "pixel_ranges": ((10, 20),), "confirmed": ["pixel"]},
            "pixel_ranges",
            "Pixel is excluded in the whole run, so it has no ranges. Remove the ranges, or call it good.",
        ),
        (
            {"tracking_ranges": ((10, 20),), "comment": " "},
            "comment",
            "Bad lumisections in Tracking need a reason or a comment. Say what was seen.",
        ),
    ],
)
def test_impossible_ranges_are_refused_beside_their_field(shifter, run, reference, changes, field, sentence):
    data = CertificationInput.from_columns(
        **{**GOOD, "date": date(2018, 6, 2), "comment": "seen", "reference": reference, **changes}
    )
    assert refused(shifter, run, data) == {field: sentence}


def test_range_of_a_run_whose_last_lumisection_is_unknown_asks_for_it(shifter, reference):
    run = RunFactory(lumisections=None)
    found = refused(shifter, run, decision(reference, pixel_ranges=((10, 20),)))
    assert found["pixel_ranges"].startswith("The last lumisection of the run is not known.")


def test_tracks_good_where_strip_is_bad_ask(shifter, run, reference):
    ranges = {"strip_ranges": ((31, 40),), "tracking_ranges": ((31, 35),)}
    found = refused(shifter, run, decision(reference, **ranges))
    assert found == {
        "confirm_range_tracking": "Tracking is good in 36-40, where Strip is bad. Tick to confirm, or change it."
    }
    row = certify(shifter, run, decision(reference, ["range_tracking"], **ranges))
    assert row.confirmed == ["range_tracking"]


def test_ranges_that_leave_less_than_half_ask_whether_the_run_is_bad(shifter, run, reference):
    store_rows(run.run_number)
    found = refused(shifter, run, decision(reference, pixel_ranges=((1, 51),)))
    assert found["confirm_ranges_most"].startswith(
        "The ranges leave 49 of 100 lumisections in which Pixel was on. Bad would also discard the other 49 "
        "lumisections, 24.500 /pb. Keep good with ranges unless these are bad too."
    )
    assert certify(shifter, run, decision(reference, pixel_ranges=((1, 50),))).confirmed == []


def test_lumisections_in_which_the_detector_was_off_do_not_count_as_left(shifter, run, reference):
    bits = {True: NO_PIXEL, False: ON}
    rows = [LumisectionRow(number, bits[number <= 60], None, 0.5) for number in range(1, 101)]
    store_lumisections(run.run_number, rows, datetime.now(UTC))
    found = refused(shifter, run, decision(reference, ["dcs"], pixel_ranges=((61, 90),)))
    assert "leave 10 of 40 lumisections in which Pixel was on." in found["confirm_ranges_most"]


def test_ranges_without_luminosity_leave_by_lumisections(shifter, reference):
    cosmics = RunFactory(lumisections=100, run_type="cosmics", recorded_lumi=None)
    reference = ReconstructionFactory(reference=True, run=RunFactory(run_type="cosmics"))
    assert "confirm_ranges_most" in refused(shifter, cosmics, decision(reference, pixel_ranges=((1, 51),)))


def test_undo_of_random_changes_restores_the_ranges_exactly(shifter, run, reference):
    store_rows(run.run_number)
    chance = random.Random(20180511)
    row = certify(shifter, run, decision(reference))
    versions = [_ranges_of(row)]
    for number in range(scaled(30, 1000)):
        spans = {name: _random_ranges(chance) for name in RANGES_FIELDS}
        data = decision(reference, ["range_tracking", "ranges_most"], f"change {number}", **spans)
        row = amend_certification(shifter, row, row.version, data, CertificationContext())
        versions.append(_ranges_of(row))
        if chance.random() < 0.5:
            undo_change(shifter, Change.objects.order_by("-pk")[0], "not so")
            row = TrackerCertification.objects.get(pk=row.pk)
            versions.pop()
            assert _ranges_of(row) == versions[-1]
    assert _ranges_of(TrackerCertification.objects.get()) == versions[-1]


def test_history_names_the_ranges_before_and_after(shifter, shifter_client, run, reference):
    spans = {"strip_ranges": ((31, 40), (52, 52)), "tracking_ranges": ((31, 40), (52, 52))}
    row = certify(shifter, run, decision(reference))
    row = amend_certification(shifter, row, row.version, decision(reference, **spans), CertificationContext())
    label = '<span class="label">Strip bad lumisections:</span> '
    assert f"{label}31-40, 52</li>" in shifter_client.get(f"/list/{row.pk}/").text
    amend_certification(shifter, row, row.version, decision(reference), CertificationContext())
    assert f"{label}<del>31-40, 52</del> → <ins>none</ins></li>" in shifter_client.get(f"/list/{row.pk}/").text


def test_history_lists_ranges_after_the_flags_and_names_what_was_confirmed(shifter, shifter_client, run, reference):
    row = certify(shifter, run, decision(reference, strip_ranges=((31, 40),), tracking_ranges=((31, 40),)))
    (line,) = Change.objects.order_by("-pk")[0].lines
    fields = in_field_order(TrackerCertification, line["fields"])
    assert fields.index("strip") < fields.index("strip_ranges") < fields.index("trackermap")
    with operation(shifter, CertificationChangeKind.AMEND):
        row.confirmed = ["counterpart", "dcs"]
        row.save()
    text = "Express and prompt differ; A detector was off in many lumisections"
    assert text in shifter_client.get(f"/list/{row.pk}/").text


def _random_ranges(chance) -> tuple[tuple[int, int], ...]:
    starts = [chance.randint(1, 100) for _ in range(chance.randint(0, 4))]
    return tuple(merged_ranges((start, min(100, start + chance.randint(0, 9))) for start in starts))


def _ranges_of(row) -> list:
    return [*(getattr(row, name) for name in RANGES_FIELDS), row.ranges_facts.get("lumis")]

"""A report row from a stored row, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from certify.facts.snapshot import frozen_facts
from reports.rows import FrozenFillFacts, ReportGroup
from tests.factories import BadReasonFactory, CertificationFactory, ReconstructionFactory, RunFactory, UserFactory
from tests.reports.certified import report_rows_of

pytestmark = pytest.mark.django_db


def test_row_has_the_frozen_facts():
    reference = ReconstructionFactory(reference=True)
    read_at = datetime(2018, 6, 1, tzinfo=UTC)
    run = RunFactory(run_number=317001, b_field=0, energy=None, recorded_lumi=2.5e-7, fetched_at=read_at)
    run.fill.peak_lumi, run.fill.efficiency_lumi, run.fill.recorded_lumi = 1e-7, None, 0
    run.fill_type_party1 = "PB82"
    row = CertificationFactory(
        run=run,
        reference_runreconstruction=reference,
        user=UserFactory(username="anna", first_name="Anna", last_name="Bach"),
        facts=frozen_facts(run, reference, "/PromptReco/Collisions2018A/DQM", {}),
        bad_reason=BadReasonFactory(name="HV off"),
        strip_lowstat=True,
        comment="HV off, later on",
        stale=[{"fact": "lumisections", "was": 617, "now": 600}],
    )
    (line,) = report_rows_of([row])
    assert line.group == ReportGroup("collisions", "express", "/PromptReco/Collisions2018A/DQM", 0.0, None, "PB82")
    assert line.fill == FrozenFillFacts(251.4, 0.0, None, 1e-7, 41.2, 1214)
    assert (line.pk, line.run_number, line.fill_number) == (row.pk, 317001, run.fill_number)
    assert isinstance(line.fill_number, int) and isinstance(line.fill.bunches_colliding, int)
    assert (line.read_at, line.reference) == ("2018-06-01T00:00:00+00:00", str(reference))
    assert (line.shifter, line.username, line.day) == ("Anna Bach", "anna", row.date)
    assert (line.low_statistics, line.flag_text("strip"), line.verdict) == ({"strip"}, "good (low)", "good")
    assert (line.reason_and_comment, line.stale) == ("HV off, later on", ("lumisections 617 → 600",))
    assert (line.recorded_lumi, line.lumisections, line.has_trackermap) == (2.5e-7, 617, True)


def test_row_of_a_certification_without_facts():
    (line,) = report_rows_of([CertificationFactory(facts={}, dataset=None, lumisections=None, recorded_lumi=None)])
    assert (line.group.dataset, line.group.b_field, line.group.energy, line.group.particles) == ("", None, None, "")
    assert (line.fill, line.fill_number, line.read_at, line.stale, line.reason_and_comment) == (
        FrozenFillFacts(),
        None,
        "",
        (),
        "",
    )
    nothing = frozen_facts(RunFactory(bare=True), ReconstructionFactory(reference=True), "", {})
    (line,) = report_rows_of([CertificationFactory(facts=nothing)])
    assert (line.group.b_field, line.group.particles, line.fill_number, line.read_at) == (None, "", None, "")


def test_row_has_what_is_out():
    facts = {"lumis": {"strip": 2.7, "all": 2.7}, "digest": None}
    (line,) = report_rows_of([CertificationFactory(strip_ranges=[[310, 330], [352, 352]], ranges_facts=facts)])
    assert line.ranges == {"strip": ((310, 330), (352, 352))}
    assert (line.out.text, line.out.lumi) == ("22 of 617 LS and 2.700 /pb out (Strip)", 2.7)
    (line,) = report_rows_of([CertificationFactory()])
    assert (line.ranges, line.out.text, line.out.lumi) == ({}, "", 0.0)

"""Weeks of any size for the report and the slides: both run types, every verdict, several fills and people."""

from __future__ import annotations

from datetime import date, timedelta

from certify.models import Dataset, RunReconstruction, TrackerCertification
from certify.models.choices import Flag, TrackerMap
from oms.choices import RunType
from oms.models import OmsRun
from tests.factories import ReconstructionFactory, RunFactory, UserFactory

MONDAY = date(2018, 4, 23)
WEEK = "week=2018-W17"
FIRST = 315000
_LONG = "Pixel HV of BPix layer 2 was off from lumisection 12 on, see the entry of the shift log of that night. "


def a_week(count: int, days: int = 7, comment: str = "") -> list[TrackerCertification]:
    """Create as many live certifications on these days: two thirds collisions, alternating express and prompt."""
    people = [
        UserFactory(username=f"shifter{number}", first_name="Ana", last_name=f"Number {number}") for number in (1, 2, 3)
    ]
    reference = ReconstructionFactory(reference=True)
    dataset, _ = Dataset.objects.get_or_create(name="/Express/Collisions2018/DQM")
    runs = [_run(number) for number in range(-(-count // 2))]
    OmsRun.objects.bulk_create(runs)
    reconstructions = RunReconstruction.objects.bulk_create(
        RunReconstruction(run=run, reconstruction=name) for run in runs for name in ("express", "prompt")
    )
    return TrackerCertification.objects.bulk_create(
        _certification(
            number,
            runreconstruction=reconstruction,
            user=people[number % 3],
            reference_runreconstruction=reference,
            dataset=dataset,
            date=MONDAY + timedelta(days=number * days // count),
            comment=comment,
        )
        for number, reconstruction in enumerate(reconstructions[:count])
    )


def _run(number: int) -> OmsRun:
    is_cosmics = number % 3 == 2
    run = RunFactory.build(run_number=FIRST + number, fill=None, fill_number=6600 + number // 8)
    run.run_type = RunType.COSMICS if is_cosmics else RunType.COLLISIONS
    run.recorded_lumi = 0.0 if is_cosmics else 20.5 + number % 7
    return run


def _certification(number: int, comment: str, **values: object) -> TrackerCertification:
    run = values["runreconstruction"].run  # type: ignore[attr-defined]
    is_bad, is_undecided = number % 7 == 0, number % 29 == 1
    fill = {"bunches_colliding": 1214, "delivered_lumi": 101.5, "recorded_lumi": 97.25, "efficiency_lumi": 95.81}
    return TrackerCertification(
        **values,
        pixel=Flag.BAD if is_bad or is_undecided else Flag.GOOD,
        strip=Flag.BAD if is_bad else Flag.GOOD,
        tracking=Flag.BAD if is_bad else Flag.GOOD,
        trackermap=TrackerMap.MISSING if number % 11 == 0 else TrackerMap.EXISTS,
        run_type=RunType.UNKNOWN if is_undecided else run.run_type,
        lumisections=run.lumisections,
        recorded_lumi=None if number % 13 == 5 else run.recorded_lumi,
        comment=comment or (_LONG * (1 + number % 4) if is_bad or is_undecided else ""),
        facts={
            "run": {"fill_number": run.fill_number, "b_field": 3.8, "energy": 6500.0},
            "fill": {**fill, "peak_lumi": 1.42, "peak_pileup": 38.2},
            "read_at": "2018-04-23T10:00:00+00:00",
        },
    )

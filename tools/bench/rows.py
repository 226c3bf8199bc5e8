"""Certifications in bulk, by default as many as the production table had at the end of 2024."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, product
from typing import TYPE_CHECKING

from certify.models import BadReason, Dataset, RunReconstruction, TrackerCertification
from certify.models.choices import Flag, Reconstruction, TrackerMap
from oms.choices import RunType
from oms.models import OmsFill, OmsRun
from users.models import Role, User

if TYPE_CHECKING:
    import random

CERTIFICATIONS = 15_000
FIRST_RUN, FIRST_FILL = 320_000, 6_800
RUNS_PER_FILL = 6
REFERENCES = 60
PEOPLE = 40
END = datetime(2019, 6, 24, tzinfo=UTC)  # the last run; more certifications begin earlier, so that a week has as many
BETWEEN_RUNS = timedelta(minutes=75)


def fill_tables(chance: random.Random, certifications: int = CERTIFICATIONS) -> None:
    """Create runs, fills, people, references and certifications; the same seed gives the same rows."""
    count = (certifications + 1) // 2
    now = datetime.now(UTC)
    fills = [OmsFill(fill_number=FIRST_FILL + index, fetched_at=now) for index in range(count // RUNS_PER_FILL + 1)]
    OmsFill.objects.bulk_create(fills)
    runs = OmsRun.objects.bulk_create((_run(index, count, now, chance) for index in range(count)), batch_size=1000)
    targets = RunReconstruction.objects.bulk_create(
        (
            RunReconstruction(run=run, reconstruction=name, is_reference=index < REFERENCES // 2, reference_since=now)
            for (index, run), name in product(enumerate(runs), (Reconstruction.EXPRESS, Reconstruction.PROMPT))
        ),
        batch_size=2000,
    )
    people = [User.objects.create(username=f"bench{number}", role=Role.SHIFTER) for number in range(PEOPLE)]
    dataset, _ = Dataset.objects.get_or_create(name="/PromptReco/Collisions2018A/DQM")
    reason = BadReason.objects.first()
    rows = (_certification(target, targets[: REFERENCES // 2], people, dataset, reason, chance) for target in targets)
    TrackerCertification.objects.bulk_create(islice(rows, certifications), batch_size=1000)


def _run(index: int, count: int, now: datetime, chance: random.Random) -> OmsRun:
    is_cosmics = index % 7 == 0
    start = END - (count - index) * BETWEEN_RUNS
    fill = FIRST_FILL + index // RUNS_PER_FILL
    return OmsRun(
        run_number=FIRST_RUN + index,
        run_type=RunType.COSMICS if is_cosmics else RunType.COLLISIONS,
        fetched_at=now,
        fill_number=None if is_cosmics else fill,
        fill_id=None if is_cosmics else fill,
        start_time=start,
        end_time=start + timedelta(hours=1),
        era="2018D",
        b_field=3.8,
        energy=0 if is_cosmics else 6500,
        lumisections=chance.randint(20, 1500),
        recorded_lumi=0 if is_cosmics else chance.uniform(0.1, 400),
        components=["PIXEL", "TRACKER"],
    )


def _certification(
    target: RunReconstruction,
    references: list[RunReconstruction],
    people: list[User],
    dataset: Dataset,
    reason: BadReason | None,
    chance: random.Random,
) -> TrackerCertification:
    run = target.run
    flag = chance.choices([Flag.GOOD, Flag.BAD, Flag.EXCLUDED], [90, 8, 2])[0]
    is_bad = flag == Flag.BAD
    return TrackerCertification(
        runreconstruction=target,
        user=chance.choice(people),
        dataset=dataset,
        reference_runreconstruction=chance.choice(references),
        pixel=chance.choices([Flag.GOOD, Flag.BAD], [95, 5])[0],
        strip=flag,
        tracking=flag,
        trackermap=TrackerMap.EXISTS,
        bad_reason=reason if is_bad else None,
        comment="High voltage of TIB lost in lumisections 100 to 160" if is_bad else "",
        date=(run.start_time or END).date(),
        run_type=run.run_type,
        lumisections=run.lumisections,
        recorded_lumi=run.recorded_lumi,
    )

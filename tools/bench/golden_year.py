"""A generated year of certifications for the benchmark of golden JSON: the size of 2018, or a multiple of it.

2018 has 681 runs in the file of good detectors, 270,894 lumisections and 2,449 segments of equal bits and flags.
"""

from __future__ import annotations

import random
import resource
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from certify.models import Dataset, RunReconstruction, TrackerCertification
from golden.actions import save_policy
from golden.generation import generate_file
from golden.policy_rules import PolicyRules
from golden.preview import preview
from oms.lumisections import bits
from oms.lumisections.models import LumisectionReading, LumisectionSegment
from oms.models import OmsRun
from tools.bench.year_times import YearTimes
from users.models import Role, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audit.models import Change
    from golden.models import PolicyVersion

RUNS, MEAN_LUMISECTIONS = 681, 398
FIRST_RUN = 500_000
START = datetime(2018, 4, 17, tzinfo=UTC)
_FLAGS = ("lumisection.rr.tracker-pixel", "lumisection.rr.tracker-strip", "lumisection.rr.tracker-track")
_BITS = ("cms_active", "bpix_ready", "fpix_ready", "tibtid_ready", "tob_ready", "tecp_ready", "tecm_ready")
LOGIC: dict[str, Any] = {
    "and": [
        {">=": [{"var": "run.oms.energy"}, 6000]},
        {">=": [{"var": "run.oms.b_field"}, 3.7]},
        *({"==": [{"var": f"lumisection.oms.beam{beam}_stable"}, True]} for beam in (1, 2)),
        *({"==": [{"var": f"lumisection.oms.{name}"}, True]} for name in _BITS),
        *({"==": [{"var": name}, "GOOD"]} for name in _FLAGS),
    ]
}


def fill_year(multiple: int, seed: int = 2018) -> PolicyVersion:
    """Create the runs of so many years of the size of 2018, certified, with their history; returns a policy for them.

    One run in five has a range of bad lumisections.
    """
    chance = random.Random(seed)  # noqa: S311 - the same rows each time
    first = FIRST_RUN * multiple
    numbers = range(first, first + RUNS * multiple)
    dataset, _ = Dataset.objects.get_or_create(name=f"/ReReco/Bench{multiple}/DQM")
    lasts = {number: chance.randint(20, 2 * MEAN_LUMISECTIONS - 20) for number in numbers}
    OmsRun.objects.bulk_create((_run(number, last) for number, last in lasts.items()), batch_size=1000)
    _store_certifications(lasts, dataset, chance)
    _store_readings(lasts, chance)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return save_policy(None, f"bench{multiple}", PolicyRules(LOGIC, dataset.name), "benchmark")


def measure_year(version: PolicyVersion) -> YearTimes:
    """Generate the file of a policy, and preview it without the bit of BPIX. The memory is that of the process."""
    other = {"and": [clause for clause in LOGIC["and"] if "bpix_ready" not in str(clause)]}
    rules = PolicyRules(other, version.dataset_pattern)
    file_seconds = _seconds(lambda: generate_file(version, timezone.now()))
    preview_seconds = _seconds(lambda: preview(version.rules, rules, timezone.now()))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    runs = TrackerCertification.objects.filter(dataset__name=version.dataset_pattern)
    numbers = runs.values("runreconstruction__run_id")
    segments = LumisectionSegment.objects.filter(reading__run_number__in=numbers).count()
    return YearTimes(runs.count(), segments, file_seconds, preview_seconds, memory)


def _seconds(work: Callable[[], object]) -> float:
    """The faster of two times."""
    times = []
    for _ in range(2):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def _run(number: int, last: int) -> OmsRun:
    started = START + timedelta(hours=6 * ((number - FIRST_RUN) % RUNS))
    return OmsRun(run_number=number, run_type="collisions", start_time=started, energy=6499.0, lumisections=last)


def _store_certifications(lasts: dict[int, int], dataset: Dataset, chance: random.Random) -> None:
    person, _ = User.objects.get_or_create(username="bench-year", defaults={"role": Role.SHIFTER})
    targets = RunReconstruction.objects.bulk_create(
        (RunReconstruction(run_id=number, reconstruction="rereco") for number in lasts), batch_size=1000
    )
    rows = TrackerCertification.objects.bulk_create(
        (_certification(target, targets[0], person, dataset, lasts[target.run_id], chance) for target in targets),
        batch_size=1000,
    )
    _store_history(rows, person)


def _certification(
    target: RunReconstruction,
    reference: RunReconstruction,
    person: User,
    dataset: Dataset,
    last: int,
    chance: random.Random,
) -> TrackerCertification:
    first = chance.randint(1, last - 10)
    ranges = [[first, first + 5]] if chance.random() < 0.2 else []
    facts = {"energy": 6499.0, "b_field": 3.8 + chance.randint(0, 9) / 1000, "era": "2018A"}
    texts = {f"attribute_{position}": "a value of a usual length" for position in range(40)}
    started = (START + timedelta(hours=6 * ((target.run_id - FIRST_RUN) % RUNS))).isoformat()
    return TrackerCertification(
        runreconstruction=target,
        reference_runreconstruction=reference,
        user=person,
        dataset=dataset,
        trackermap="exists",
        date=START.date(),
        pixel="good",
        strip="good",
        tracking="good",
        strip_ranges=ranges,
        run_type="collisions",
        lumisections=last,
        recorded_lumi=last * 0.1,
        facts={"run": facts | texts | {"start_time": started}, "read_at": started},
    )


def _store_history(rows: list[TrackerCertification], person: User) -> None:
    """Write the history row of each, as its save would have."""
    from audit.models import Change

    change: Change = Change.objects.create(at=START, kind="certify", by=person, by_name=person.username)
    history: Any = TrackerCertification.history.model
    names = {field.attname for field in history._meta.concrete_fields}
    history.objects.bulk_create(
        (
            history(
                **{name: value for name, value in row.__dict__.items() if name in names},
                change=change,
                history_date=START,
                history_type="+",
                history_user_id=person.pk,
            )
            for row in rows
        ),
        batch_size=500,
    )


def _store_readings(lasts: dict[int, int], chance: random.Random) -> None:
    readings = LumisectionReading.objects.bulk_create(
        (_reading(number, last, chance) for number, last in lasts.items()), batch_size=500
    )
    segments = (segment for reading in readings for segment in _segments(reading, chance))
    LumisectionSegment.objects.bulk_create(segments, batch_size=2000)


def _reading(number: int, last: int, chance: random.Random) -> LumisectionReading:
    lumis = [round(chance.uniform(0.05, 0.5), 6) for _ in range(last)]
    return LumisectionReading(
        run_number=number, read_at=START, checked_at=START, digest="", last=last, last_active=last, lumis=lumis
    )


def _segments(reading: LumisectionReading, chance: random.Random) -> Iterator[LumisectionSegment]:
    """Yield the segments of a reading: four on average, as many as 2018 has with its flags."""
    edges = sorted({1, *(chance.randint(2, reading.last) for _ in range(3)), reading.last + 1})
    for first, after in pairwise(edges):
        yield LumisectionSegment(
            reading=reading,
            first=first,
            last=after - 1,
            recorded_lumi=sum(reading.lumis[first - 1 : after - 1]),
            **{name: chance.random() < 0.95 for name in bits.NAMES},
        )

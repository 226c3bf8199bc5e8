"""Which datasets a policy needs readings of, which of them were read, and requests for the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from certify.models import Dataset, TrackerCertification
from golden.models import PolicyVersion
from golden.policy_text import PolicyInvalid
from golden.vocabulary import REGISTRY_VARIABLES
from registry.models import OtherFlagsReading, OtherFlagsRequest
from registry.other_flags.requests import request_other_flags

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from golden.policy_rules import PolicyRules

DatasetKey = tuple[int, str]
# A dataset that was certified in the last weeks is read again each day: other detectors flag it later.
WATCHED_FOR, FRESH_FOR = timedelta(days=30), timedelta(days=1)


@dataclass(frozen=True)
class PolicyReadings:
    """A policy that names what is read from Run Registry, and the datasets of live certifications in its pattern."""

    version: PolicyVersion
    datasets: frozenset[DatasetKey]

    @cached_property
    def requests(self) -> dict[DatasetKey, OtherFlagsRequest]:
        """The requests of its datasets: one query."""
        runs = {number for number, _ in self.datasets}
        rows = OtherFlagsRequest.objects.filter(run_number__range=(min(runs), max(runs))) if runs else ()
        keys = {(row.run_number, row.dataset_name): row for row in rows}
        return {key: keys[key] for key in self.datasets if key in keys}

    @cached_property
    def missing(self) -> frozenset[DatasetKey]:
        """The datasets that were not read yet: one query."""
        return self.datasets - _read_keys(self.datasets)

    @property
    def read_count(self) -> int:
        """The number of datasets that were read."""
        return len(self.datasets) - len(self.missing)

    @property
    def waiting(self) -> int:
        """The number of datasets whose request waits."""
        return sum(request.is_waiting for request in self.requests.values())

    @property
    def oldest_answer(self) -> datetime | None:
        """When Run Registry last answered for the dataset that it answered for longest ago (UTC)."""
        times = [row.answered_at for key, row in self.requests.items() if row.answered_at and key not in self.missing]
        return min(times, default=None)

    @property
    def problems(self) -> list[str]:
        """Why datasets were not read, each sentence once."""
        rows = (self.requests[key] for key in sorted(self.missing & self.requests.keys()))
        return list(dict.fromkeys(row.problem for row in rows if row.problem))


def names_registry(rules: PolicyRules) -> bool:
    """Whether a policy names what is read from Run Registry. One whose logic is not valid any more does not."""
    try:
        return not REGISTRY_VARIABLES.isdisjoint(rules.compiled.variables)
    except PolicyInvalid:
        return False


def policies_with_readings(versions: list[PolicyVersion]) -> list[PolicyReadings]:
    """Return those of these versions that need readings: no query without any, two for each."""
    return [policy_readings(version) for version in versions if names_registry(version.rules)]


def policy_readings(version: PolicyVersion) -> PolicyReadings:
    """Return the datasets of a policy: two queries."""
    return PolicyReadings(version, frozenset(certified_datasets(version.rules)))


def versions_in_force() -> list[PolicyVersion]:
    """Return the latest version of each policy: one query."""
    latest = PolicyVersion.objects.filter(policy=OuterRef("policy")).order_by("-number").values("pk")[:1]
    return list(PolicyVersion.objects.with_names().filter(pk=Subquery(latest)))


def certified_datasets(
    rules: PolicyRules | None = None, first: date | None = None, last: date | None = None
) -> set[DatasetKey]:
    """Return run and dataset of the live certifications that a policy is about, or of shift days: two queries."""
    names = dict(Dataset.objects.values_list("pk", "name"))
    if rules:
        names = {key: name for key, name in names.items() if rules.pattern.matches(name)}
    rows = TrackerCertification.objects.live().filter(dataset_id__in=list(names)).order_by()
    rows = rows.filter(date__gte=first) if first else rows
    rows = rows.filter(date__lte=last) if last else rows
    pairs = rows.values_list("runreconstruction__run_id", "dataset_id")
    return {(number, names[key].strip()) for number, key in pairs if key is not None}


def request_policy_flags() -> int:
    """Request what the policies in force need and is not stored or, if it was certified lately, a day old.

    What waits, or failed within a day, keeps its place. Returns how many were requested.
    """
    wanted = {key for each in policies_with_readings(versions_in_force()) for key in each.datasets}
    if not wanted:
        return 0
    now = timezone.now()
    watched = certified_datasets(first=(now - WATCHED_FOR).date())
    due = (wanted - _read_keys(wanted)) | (wanted & watched)
    return request_other_flags(due - _answered_or_waiting(now - FRESH_FOR))


def _read_keys(datasets: Collection[DatasetKey]) -> set[DatasetKey]:
    """Return which datasets have a reading, among others between their first and last run."""
    runs = [number for number, _ in datasets] or [0]
    rows = OtherFlagsReading.objects.filter(run_number__range=(min(runs), max(runs))).order_by()
    return set(rows.values_list("run_number", "dataset_name").distinct())


def _answered_or_waiting(since: datetime) -> set[DatasetKey]:
    rows = OtherFlagsRequest.objects.order_by().values_list("run_number", "dataset_name", "is_waiting", "answered_at")
    return {(number, name) for number, name, is_waiting, at in rows if is_waiting or (at and at >= since)}

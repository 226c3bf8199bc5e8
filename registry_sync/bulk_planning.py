"""Plans of many certifications: the counts of all their runs, then the lumisections only where these can differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from django.db.models import prefetch_related_objects

from certify.models.components import Component
from infrastructure.http.results import Found, Unreachable
from registry.bulk_flag_ranges import flag_ranges_of
from registry.bulk_queries import flags_of_listed_runs
from registry.dataset_status import DatasetStatus, ambiguous_dataset, missing_dataset
from registry.writes import COMPLETED, SIGNOFF, DatasetKey
from registry_sync.plan import OVERWRITABLE, OurFlag
from registry_sync.planning import AFTER_EDITS, PlanDecisions, SendingPlan, our_flags, plan_on, state_refusals
from registry_sync.refusals import certification_refusals
from registry_sync.selectors import lowstat_sent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from certify.models import TrackerCertification
    from infrastructure.http.budget import Budget
    from registry.bulk_flag_ranges import FlagRangesResult
    from registry.bulk_queries import RunFlags
    from registry.flags import Counts, FlaggedDataset
    from registry.parsing import RegistryDataset

READ_STATES = (*AFTER_EDITS, COMPLETED)  # in which lumisections decide what there is to do


class PlanGroup(Enum):
    """What can be done with a plan, in the order of pages."""

    SEND = "to send"
    CHOOSE = "to choose"
    REFUSED = "cannot be sent"
    EQUAL = "equal"


def group_of(plan: SendingPlan) -> PlanGroup:
    """Return what can be done with a plan that was looked at."""
    is_completed = plan.status is not None and plan.status.state == COMPLETED and bool(plan.rows)
    if plan.status is not None and plan.is_empty and (is_completed or not plan.refusals):
        return PlanGroup.EQUAL
    if plan.refusals:
        return PlanGroup.REFUSED
    return PlanGroup.CHOOSE if plan.to_choose else PlanGroup.SEND


@dataclass(frozen=True)
class BulkPlans:
    """Plans of certifications, and those for which there was no time or no answer. `problem`: the first error.

    `has_datasets`: whether Run Registry has any dataset of these runs. Times are UTC, None if nothing was requested.
    """

    plans: tuple[SendingPlan, ...]
    not_looked_at: tuple[TrackerCertification, ...] = ()
    problem: Unreachable | None = None
    first_asked: datetime | None = None
    last_asked: datetime | None = None
    has_datasets: bool = True


def plan_many(
    certifications: Sequence[TrackerCertification],
    with_question: Collection[int],
    budget: Budget,
    *,
    since: datetime | None = None,
) -> BulkPlans:
    """Return the plans of certifications that have their related rows. Nothing is raised.

    `with_question`: the primary keys of those with an open question. Cached answers after `since` are used. What is to
    choose is not planned. A query for the problems of each component, none if nothing is compared.
    """
    refused = _refused_plans(certifications, with_question)
    wanted = [certification for certification in certifications if certification.pk not in refused]
    if not wanted:
        return BulkPlans(tuple(refused.values()))
    flags = flags_of_listed_runs({certification.run_number for certification in wanted}, budget, since=since)
    planning = _BulkPlanning(flags, lowstat_sent(wanted))
    prefetch_related_objects(planning.listed(wanted), *(component.problems_field for component in Component))
    readings = flag_ranges_of(planning.versions_to_read(wanted), budget, since=since)
    plans = {certification.pk: plan for certification in wanted if (plan := planning.plan_of(certification, readings))}
    errors = (answer for answer in readings.values() if isinstance(answer, Unreachable))
    everything = {**refused, **plans}
    return BulkPlans(
        plans=tuple(everything[row.pk] for row in certifications if row.pk in everything),
        not_looked_at=tuple(certification for certification in wanted if certification.pk not in plans),
        problem=flags.problem or next(errors, None),
        first_asked=flags.first_asked,
        last_asked=max([flags.last_asked, *(answer.asked_at for answer in readings.values())]),
        has_datasets=bool(flags.datasets) or not flags.answered,
    )


def _refused_plans(
    certifications: Sequence[TrackerCertification], with_question: Collection[int]
) -> dict[int, SendingPlan]:
    """Return plans of what must not be sent, whatever Run Registry has: nothing is requested about these."""
    refusals = {
        certification: certification_refusals(certification, has_open_question=certification.pk in with_question)
        for certification in certifications
    }
    return {row.pk: SendingPlan(row, refusals=tuple(reasons)) for row, reasons in refusals.items() if reasons}


class _BulkPlanning:
    """The counts of datasets, and what follows from them for certifications."""

    def __init__(self, flags: RunFlags, lowstat: Mapping[int, Mapping[str, str]]) -> None:
        self.lowstat = lowstat
        self.answered, self.asked_at = flags.answered, flags.first_asked
        self.datasets = {(flagged.run_number, flagged.dataset.name): flagged for flagged in flags.datasets}
        self.by_run: dict[int, list[RegistryDataset]] = {}
        for flagged in flags.datasets:
            self.by_run.setdefault(flagged.run_number, []).append(flagged.dataset)

    def listed(self, certifications: Sequence[TrackerCertification]) -> list[TrackerCertification]:
        """Return the certifications whose dataset Run Registry lists."""
        return [certification for certification in certifications if self._dataset_of(certification)]

    def versions_to_read(self, certifications: Sequence[TrackerCertification]) -> dict[DatasetKey, int]:
        """Return the datasets whose lumisections have to be read, with their versions."""
        found = ((certification, self._dataset_of(certification)) for certification in certifications)
        return {
            _key_of(flagged): flagged.dataset.version or 0
            for certification, flagged in found
            if flagged and not self._decided_plan(certification, flagged)
        }

    def plan_of(
        self, certification: TrackerCertification, readings: Mapping[DatasetKey, FlagRangesResult]
    ) -> SendingPlan | None:
        """Return the plan, or None if it could not be looked at."""
        if certification.run_number not in self.answered:
            return None
        flagged = self._dataset_of(certification)
        if flagged is None:
            listed = self.by_run.get(certification.run_number, ())
            reason = missing_dataset(certification.run_number, str(certification.dataset), listed).sentence
            return SendingPlan(certification, refusals=(reason,))
        if decided := self._decided_plan(certification, flagged):
            return decided
        reading = readings.get(_key_of(flagged))
        if not isinstance(reading, Found):
            return None
        status = replace(_status_of(flagged), flags=reading.value.flags, damage=reading.value.damage)
        planned = plan_on(certification, _key_of(flagged), status, self._decisions_about(certification))
        return replace(planned, read_at=self.asked_at)

    def _decisions_about(self, certification: TrackerCertification) -> PlanDecisions:
        return PlanDecisions(lowstat=self.lowstat.get(certification.pk, {}))

    def _dataset_of(self, certification: TrackerCertification) -> FlaggedDataset | None:
        return self.datasets.get((certification.run_number, str(certification.dataset)))

    def _decided_plan(self, certification: TrackerCertification, flagged: FlaggedDataset) -> SendingPlan | None:
        """Return the plan if counts and state suffice for it, else None."""
        status, key = _status_of(flagged), _key_of(flagged)
        if flagged.has_twin:
            reason = ambiguous_dataset(flagged.run_number, flagged.dataset.name).sentence
            return SendingPlan(certification, key, refusals=(reason,))
        if flagged.dataset.version is None:
            return SendingPlan(certification, key, refusals=("Run Registry gives no version of this dataset.",))
        if status.state not in READ_STATES:
            return SendingPlan(certification, key, status, state_to=status.state, refusals=state_refusals(status))
        if status.state in (SIGNOFF, COMPLETED) and is_equal_by_counts(
            our_flags(certification, self._decisions_about(certification).lowstat), flagged.counts
        ):
            return SendingPlan(certification, key, status, self.asked_at, state_to=status.state)
        return None


def _key_of(flagged: FlaggedDataset) -> DatasetKey:
    return DatasetKey(flagged.run_number, flagged.dataset.registry_name)


def _status_of(flagged: FlaggedDataset) -> DatasetStatus:
    """Return the status without flags: they were not read."""
    return DatasetStatus(flagged.dataset.state or "without a state", flagged.dataset.version or 0, {})


def is_equal_by_counts(ours: Sequence[OurFlag], counts: Mapping[str, Counts]) -> bool:
    """Return whether nothing can be written, whichever lumisections the counts stand for. A pure function.

    Counts say nothing of a component that is good in some lumisections and bad in others.
    """
    totals = [sum(counts.get(our_flag.flag.component, {}).values()) for our_flag in ours]
    is_complete = bool(totals) and min(totals) == max(totals) > 0
    return is_complete and all(_is_uniform(our_flag, counts[our_flag.flag.component]) for our_flag in ours)


def _is_uniform(our_flag: OurFlag, counts: Counts) -> bool:
    if our_flag.flag.ranges:
        return False
    ((_first, _last, status),) = our_flag.status_ranges(1)
    return bool(status) and not any(
        number for other, number in counts.items() if other != status and other in OVERWRITABLE
    )

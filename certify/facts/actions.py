"""Actions on the facts of existing certifications: confirm, complete, and restore the values of OMS.

Each action is one transaction that locks the run first, then its certifications. Permissions are checked here.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.operation import operation
from certify.errors import ChangedMeanwhile, EntryInvalid
from certify.facts.snapshot import copy_verdict_facts, facts_of_entry, frozen_facts, has_typed_values
from certify.facts.staleness import DATASET, clear_mark, mark_stale, settled_registry
from certify.models import Dataset, TrackerCertification
from certify.models.choices import CertificationState, ReviewChangeKind
from certify.rules.entry import ValidationIssue
from certify.rules.reference_type import has_fitting_type
from infrastructure.database.locking import lock_one
from oms.choices import FactsChangeKind, RunType
from oms.completeness import missing_facts
from oms.models import OmsFill, OmsRun
from oms.overrides import oms_value
from oms.verdict_facts import VERDICT_FACTS

if TYPE_CHECKING:
    from collections.abc import Collection

    from users.models import User

COMPLETED = "OMS and Run Registry have answered since."
CONFIRMED = "Confirmed on the facts as they are now."
NOT_IN_TRAINING = "In training OMS's values are not taken: everybody would see it. Ask a shifter or your shift leader."


class OmsValueChanged(Exception):
    """The value of OMS differs from the value that the form showed."""


class NothingTyped(Exception):
    """None of the values to restore is typed any more, for example because another user was faster."""


def serialized_differences(certification: TrackerCertification) -> str:
    """Return the stale facts as JSON for a hidden field, so that only the differences shown are confirmed."""
    return json.dumps(certification.stale, sort_keys=True)


def confirm_facts(
    actor: User, certification: TrackerCertification, version: int, shown_differences: str
) -> TrackerCertification:
    """Confirm a stale certification on the current facts. The version grows by one; who and when are stored.

    Raises `PermissionDenied`, `ChangedMeanwhile` (also if the differences are not those shown) and `EntryInvalid`.
    """
    with operation(actor, ReviewChangeKind.CONFIRM, run=certification.run_number) as done:
        run = _lock_run(certification.run_number)
        current = _lock_certification(certification.pk)
        done.track_loaded(current)
        if not current.may_be_changed_by(actor):
            raise PermissionDenied("Only its owner or a shift leader can confirm a certification.")
        if (current.version, shown_differences, current.state) != (
            version,
            serialized_differences(current),
            CertificationState.LIVE,
        ):
            raise ChangedMeanwhile(current)
        _check_reference_type(run, current)
        _refreeze_facts(actor, current, run)
        current.save()
    return current


def _lock_certification(pk: int) -> TrackerCertification:
    rows = TrackerCertification.objects.select_for_update(of=("self",)).with_names()
    return lock_one(rows.select_related("reference_runreconstruction__run").filter(pk=pk))


def _lock_run(number: int) -> OmsRun:
    return lock_one(OmsRun.objects.select_for_update(of=("self",)).select_related("fill").filter(pk=number))


def _check_reference_type(run: OmsRun, current: TrackerCertification) -> None:
    """Raise `EntryInvalid` if the reference has another run type. No other rule depends on facts that change."""
    reference = current.reference_runreconstruction.run.run_type
    if not has_fitting_type(run.run_type, reference):
        sentence = f"The run is {run.run_type} now and the reference is {reference}. Change it and choose another."
        raise EntryInvalid([ValidationIssue("reference_runreconstruction", sentence)])


def _refreeze_facts(actor: User, current: TrackerCertification, run: OmsRun) -> None:
    """Store the current facts and dataset of Run Registry, and who confirmed which changes when."""
    registry = settled_registry(current, current.facts.get("registry", {}))
    if name := next((difference["now"] for difference in current.stale if difference["fact"] == DATASET), ""):
        current.dataset, current.is_dataset_verified = Dataset.objects.get_or_create(name=name)[0], True
    dataset = current.dataset.name if current.dataset else ""
    confirmed = {"by": actor.username, "at": timezone.now().isoformat(), "changes": current.stale}
    facts = frozen_facts(run, current.reference_runreconstruction, dataset, registry)
    current.facts = facts | facts_of_entry(current.facts) | {"confirmed": confirmed}
    copy_verdict_facts(run, current)
    current.set_ranges_facts()
    current.external_info_complete = is_complete(current, run)
    clear_mark(current)
    current.version += 1
    current.updated_by = actor
    current.change_reason = CONFIRMED


def is_complete(certification: TrackerCertification, run: OmsRun) -> bool:
    """Whether nothing is left to complete: run and fill read from OMS, no fact missing or typed, dataset verified."""
    is_fill_read = run.fill.fetched_at is not None if run.fill else run.fill_number is None
    is_read = run.fetched_at is not None and is_fill_read and not has_typed_values(run) and not missing_facts(run)
    return is_read and certification.dataset is not None and certification.is_dataset_verified


def complete_certification(actor: User | None, pk: int, verified: str | None = None) -> list[str]:
    """Fill in facts that were missing when the certification was made. Returns the names of the changed facts.

    `actor` is None for the command. `verified` is the name of the dataset in Run Registry. Existing values and the
    version do not change, so that forms which are open stay valid.
    """
    number = TrackerCertification.objects.values_list("runreconstruction__run_id", flat=True).get(pk=pk)
    with operation(actor, FactsChangeKind.FACTS, reason=COMPLETED, run=number) as done:
        run = _lock_run(number)
        certification = _lock_certification(pk)
        done.track_loaded(certification)
        was_complete, filled = certification.external_info_complete, _fill_missing(certification, run, verified)
        if not filled and certification.external_info_complete == was_complete:
            return []
        if filled:
            earlier = certification.facts.get("filled", {}).get("names", [])
            certification.facts["filled"] = {"at": timezone.now().isoformat(), "names": [*earlier, *filled]}
        if certification.dataset and certification.dataset.pk is None:
            certification.dataset = Dataset.objects.get_or_create(name=certification.dataset.name)[0]
        certification.save(update_fields=_COMPLETED_FIELDS)
    return filled or ["complete"]


# A run type is never missing: if it was unknown, its change makes the certification stale.
_FILLED_FACTS = [name for name in VERDICT_FACTS if name != "run_type"]
_COMPLETED_FIELDS = ["dataset", "is_dataset_verified", *_FILLED_FACTS, "facts", "external_info_complete"]


def can_be_completed(certification: TrackerCertification, run: OmsRun, verified: str | None = None) -> bool:
    """Whether `complete_certification` would change something. No query if the related rows are loaded."""
    trial = copy.copy(certification)
    trial.facts = copy.deepcopy(certification.facts)
    return (
        bool(_fill_missing(trial, run, verified))
        or trial.external_info_complete != certification.external_info_complete
    )


def _fill_missing(certification: TrackerCertification, run: OmsRun, verified: str | None) -> list[str]:
    """Set missing values on the instance without saving it. Returns their names."""
    filled = (
        _fill_dataset(certification, verified) + _fill_columns(certification, run) + _fill_frozen(certification, run)
    )
    certification.external_info_complete = is_complete(certification, run)
    return filled


def _fill_dataset(certification: TrackerCertification, verified: str | None) -> list[str]:
    if not verified or (certification.is_dataset_verified and certification.dataset):
        return []
    if certification.dataset is None:
        certification.dataset = Dataset(name=verified)  # gets its row when the certification is saved
        certification.facts["dataset"] = verified
    certification.is_dataset_verified = certification.dataset.name == verified
    return ["dataset"] if certification.is_dataset_verified else []


def _fill_columns(certification: TrackerCertification, run: OmsRun) -> list[str]:
    missing = [name for name in _FILLED_FACTS if getattr(certification, name) is None]
    filled = [name for name in missing if getattr(run, name) is not None]
    for name in filled:
        setattr(certification, name, getattr(run, name))
    return filled


def _fill_frozen(certification: TrackerCertification, run: OmsRun) -> list[str]:
    """Fill in missing values in the stored facts of run and fill, from rows that were read from OMS."""
    if certification.external_info_complete or "run" not in certification.facts:
        return []
    now = frozen_facts(run, certification.reference_runreconstruction, "", {})
    filled = []
    for part, row in (("run", run), ("fill", run.fill)):
        if row is None or row.fetched_at is None:
            continue
        frozen = certification.facts[part]
        names = [name for name, value in now[part].items() if frozen.get(name) is None and value is not None]
        frozen.update({name: now[part][name] for name in names})
        filled += [name if part == "run" else f"fill {name}" for name in names if name != "run_number"]
    if filled:
        certification.facts["read_at"] = now["read_at"]
    return [name for name in filled if name not in _FILLED_FACTS]


def take_oms_values(
    actor: User,
    run_number: int,
    run_fields: Collection[str],
    fill_fields: Collection[str],
    shown_values: dict[str, str],
) -> OmsRun:
    """Replace typed values of the run and of its fill with the values of OMS.

    `shown_values`: the values of OMS that the form showed, as text by "run-energy", "fill-era". Returns the run.
    Raises `PermissionDenied`, `OmsValueChanged` and `NothingTyped`.
    """
    if not actor.may_certify:
        raise PermissionDenied("Taking OMS's values needs the role shifter.")
    if actor.in_training:
        raise PermissionDenied(NOT_IN_TRAINING)
    with operation(actor, FactsChangeKind.FACTS, run=run_number):
        number = OmsRun.objects.values_list("fill_id", flat=True).get(pk=run_number)
        fill = OmsFill.objects.select_for_update().get(pk=number) if number else None
        run = _lock_run(run_number)
        if not set(run_fields) & set(run.typed) and not (fill and set(fill_fields) & set(fill.typed)):
            raise NothingTyped
        if fill is not None and fill_fields:
            _restore_oms_values(fill, fill_fields, shown_values, "fill")
            fill.save()
            run.fill = fill
        if run_fields:
            _restore_oms_values(run, run_fields, shown_values, "run")
            run.fill = OmsFill.objects.filter(pk=run.fill_number).first() if run.fill_number else None
            run.save()
            mark_stale([run])
        for pk in _incomplete_keys(run):
            complete_certification(actor, pk)
    return run


def _restore_oms_values(row: OmsRun | OmsFill, names: Collection[str], shown_values: dict[str, str], part: str) -> None:
    """Set the values of OMS on the row and remove their typed source. Values that are not typed do not change."""
    for name in [name for name in names if name in row.typed]:
        value = oms_value(row, name)
        if row.fetched_at is None or form_value(value) != shown_values.get(f"{part}-{name}"):
            raise OmsValueChanged
        setattr(row, name, RunType.UNKNOWN if value is None and name == "run_type" else value)
        del row.typed[name]


def form_value(value: Any) -> str:
    """Return the value as text for a hidden field, with all its digits; empty for None."""
    return "" if value is None else str(value)


def _incomplete_keys(run: OmsRun) -> list[int]:
    rows = TrackerCertification.objects.live().incomplete().of_run(run.run_number).order_by("pk")
    return list(rows.values_list("pk", flat=True))

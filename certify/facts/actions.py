"""What people and the refresh do with the facts of a certification that stands: confirm, complete, give back to OMS.

One transaction each, the run held first, then its certifications; rights are checked here.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Collection
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.choices import Kind
from audit.operation import deed
from certify.errors import ChangedMeanwhile, EntryRefused
from certify.facts.snapshot import frozen_facts, has_typed
from certify.facts.staleness import DATASET, mark_stale, settled_registry
from certify.models import Dataset, TrackerCertification
from certify.models.choices import State
from certify.rules.entry import Refusal
from infrastructure.database.locking import held_one
from oms.choices import RunType
from oms.models import OmsFill, OmsRun
from oms.overrides import said_by_oms
from users.models import User

COMPLETED = "OMS and Run Registry have answered since."
CONFIRMED = "Confirmed on the facts as they are now."
NOT_IN_TRAINING = "In training OMS's values are not taken: everybody would see it. Ask a shifter or your shift leader."


class OmsSaysOtherwise(Exception):
    """What OMS says is not what the person was shown."""


class NothingTyped(Exception):
    """None of the values to be given back is a typed one: somebody was faster."""


def seen_of(made: TrackerCertification) -> str:
    """The differences as a form carries them, so that a person confirms just what was shown."""
    return json.dumps(made.stale, sort_keys=True)


def confirm_facts(actor: User, certification: TrackerCertification, version: int, seen: str) -> TrackerCertification:
    """Let a stale certification stand on the facts as they are now; version + 1, who and when kept.

    Raises `PermissionDenied`, `ChangedMeanwhile` (also where the facts are others than `seen`) and `EntryRefused`.
    """
    with deed(actor, Kind.CONFIRM, run=certification.run_number) as done:
        run = _held_run(certification.run_number)
        standing = _held(certification.pk)
        done.found(standing)
        if not standing.may_be_changed_by(actor):
            raise PermissionDenied("Only its owner or a shift leader can confirm a certification.")
        if (standing.version, seen, standing.state) != (version, seen_of(standing), State.LIVE):
            raise ChangedMeanwhile(standing)
        _refuse_another_type(run, standing)
        _freeze_anew(actor, standing, run)
        standing.save()
    return standing


def _held(pk: int) -> TrackerCertification:
    rows = TrackerCertification.objects.select_for_update(of=("self",)).with_names()
    return held_one(rows.select_related("reference_runreconstruction__run").filter(pk=pk))


def _held_run(number: int) -> OmsRun:
    return held_one(OmsRun.objects.select_for_update(of=("self",)).select_related("fill").filter(pk=number))


def _refuse_another_type(run: OmsRun, standing: TrackerCertification) -> None:
    """The one rule that other facts can break: the reference must be of the same type."""
    reference = standing.reference_runreconstruction.run.run_type
    if {run.run_type, reference} == {RunType.COLLISIONS.value, RunType.COSMICS.value}:
        sentence = f"The run is {run.run_type} now and the reference is {reference}. Change it and choose another."
        raise EntryRefused([Refusal("reference_runreconstruction", sentence)])


def _freeze_anew(actor: User, standing: TrackerCertification, run: OmsRun) -> None:
    """The facts as they are now, with who confirmed which changes when; the dataset that Run Registry names now."""
    registry = settled_registry(standing, standing.facts.get("registry", {}))
    if name := next((one["now"] for one in standing.stale if one["fact"] == DATASET), ""):
        standing.dataset, standing.is_dataset_verified = Dataset.objects.get_or_create(name=name)[0], True
    dataset = standing.dataset.name if standing.dataset else ""
    confirmed = {"by": actor.username, "at": timezone.now().isoformat(), "changes": standing.stale}
    facts = frozen_facts(run, standing.reference_runreconstruction, dataset, registry)
    standing.facts = facts | {"checklists": standing.facts.get("checklists", []), "confirmed": confirmed}
    standing.run_type, standing.lumisections, standing.recorded_lumi = run.run_type, run.lumisections, run.recorded_lumi
    standing.external_info_complete = is_complete(standing, run)
    standing.stale, standing.stale_since = [], None
    standing.version += 1
    standing.updated_by = actor
    standing.change_reason = CONFIRMED


def is_complete(made: TrackerCertification, run: OmsRun) -> bool:
    """Whether nothing is left to complete: run and fill read from OMS, nothing typed, the dataset verified."""
    is_fill_read = run.fill.fetched_at is not None if run.fill else run.fill_number is None
    is_read = run.fetched_at is not None and is_fill_read and not has_typed(run)
    return is_read and made.dataset is not None and made.is_dataset_verified


def complete_certification(actor: User | None, pk: int, verified: str | None = None) -> list[str]:
    """Fill in what was missing when it was made, from the run as it is now; the names of what changed.

    `actor` is None for the command; `verified` the dataset, as Run Registry names it. No value that is there is
    touched, and no version grows: a person who has the form open is not in the way.
    """
    number = TrackerCertification.objects.values_list("runreconstruction__run_id", flat=True).get(pk=pk)
    with deed(actor, Kind.FACTS, why=COMPLETED, run=number) as done:
        run = _held_run(number)
        made = _held(pk)
        done.found(made)
        was_complete, filled = made.external_info_complete, _filled(made, run, verified)
        if not filled and made.external_info_complete == was_complete:
            return []
        if filled:
            earlier = made.facts.get("filled", {}).get("names", [])
            made.facts["filled"] = {"at": timezone.now().isoformat(), "names": [*earlier, *filled]}
        if made.dataset and made.dataset.pk is None:
            made.dataset = Dataset.objects.get_or_create(name=made.dataset.name)[0]
        made.save(update_fields=_COMPLETED)
    return filled or ["complete"]


_COMPLETED = ["dataset", "is_dataset_verified", "lumisections", "recorded_lumi", "facts", "external_info_complete"]


def has_to_complete(made: TrackerCertification, run: OmsRun, verified: str | None = None) -> bool:
    """Whether `complete_certification` would change something, told from rows at hand: no query."""
    trial = copy.copy(made)
    trial.facts = copy.deepcopy(made.facts)
    return bool(_filled(trial, run, verified)) or trial.external_info_complete != made.external_info_complete


def _filled(made: TrackerCertification, run: OmsRun, verified: str | None) -> list[str]:
    """Put what was missing into the row, in memory; the names of what that was."""
    filled = _fill_dataset(made, verified) + _fill_columns(made, run) + _fill_frozen(made, run)
    made.external_info_complete = is_complete(made, run)
    return filled


def _fill_dataset(made: TrackerCertification, verified: str | None) -> list[str]:
    if not verified or (made.is_dataset_verified and made.dataset):
        return []
    if made.dataset is None:
        made.dataset = Dataset(name=verified)  # gets its row when the certification is saved
        made.facts["dataset"] = verified
    made.is_dataset_verified = made.dataset.name == verified
    return ["dataset"] if made.is_dataset_verified else []


def _fill_columns(made: TrackerCertification, run: OmsRun) -> list[str]:
    missing = [name for name in ("lumisections", "recorded_lumi") if getattr(made, name) is None]
    filled = [name for name in missing if getattr(run, name) is not None]
    for name in filled:
        setattr(made, name, getattr(run, name))
    return filled


def _fill_frozen(made: TrackerCertification, run: OmsRun) -> list[str]:
    """The frozen facts that were missing, run and fill; OMS must have answered for the row."""
    if made.external_info_complete or "run" not in made.facts:
        return []
    now = frozen_facts(run, made.reference_runreconstruction, "", {})
    filled = []
    for part, row in (("run", run), ("fill", run.fill)):
        if row is None or row.fetched_at is None:
            continue
        frozen = made.facts[part]
        names = [name for name, value in now[part].items() if frozen.get(name) is None and value is not None]
        frozen.update({name: now[part][name] for name in names})
        filled += [name if part == "run" else f"fill {name}" for name in names if name != "run_number"]
    if filled:
        made.facts["read_at"] = now["read_at"]
    return [name for name in filled if name not in ("lumisections", "recorded_lumi")]


def take_oms_values(
    actor: User, run_number: int, of_run: Collection[str], of_fill: Collection[str], seen: dict[str, str]
) -> OmsRun:
    """Let OMS's values stand again in place of these typed ones, of the run and of its fill.

    `seen`: OMS's value of each, as text, as the person was shown it ("run-energy", "fill-era"). Raises
    `PermissionDenied`, `OmsSaysOtherwise` and `NothingTyped`.
    """
    if not actor.may_certify:
        raise PermissionDenied("Taking OMS's values needs the role shifter.")
    if actor.in_training:
        raise PermissionDenied(NOT_IN_TRAINING)
    with deed(actor, Kind.FACTS, run=run_number):
        number = OmsRun.objects.values_list("fill_id", flat=True).get(pk=run_number)
        fill = OmsFill.objects.select_for_update().get(pk=number) if number else None
        run = _held_run(run_number)
        if not set(of_run) & set(run.typed) and not (fill and set(of_fill) & set(fill.typed)):
            raise NothingTyped
        if fill is not None and of_fill:
            _give_back(fill, of_fill, seen, "fill")
            fill.save()
            run.fill = fill
        if of_run:
            _give_back(run, of_run, seen, "run")
            run.fill = OmsFill.objects.filter(pk=run.fill_number).first() if run.fill_number else None
            run.save()
            mark_stale([run])
        for pk in _incomplete_on(run):
            complete_certification(actor, pk)
    return run


def _give_back(row: OmsRun | OmsFill, names: Collection[str], seen: dict[str, str], part: str) -> None:
    """OMS's values in the row, the marks of who typed taken away. What nobody typed is left alone."""
    for name in [name for name in names if name in row.typed]:
        said = said_by_oms(row, name)
        if row.fetched_at is None or text_of(said) != seen.get(f"{part}-{name}"):
            raise OmsSaysOtherwise
        setattr(row, name, RunType.UNKNOWN if said is None and name == "run_type" else said)
        del row.typed[name]


def text_of(value: Any) -> str:
    """A value as a form carries it, to the last digit."""
    return "" if value is None else str(value)


def _incomplete_on(run: OmsRun) -> list[int]:
    rows = TrackerCertification.objects.live().incomplete().of_run(run.run_number).order_by("pk")
    return list(rows.values_list("pk", flat=True))

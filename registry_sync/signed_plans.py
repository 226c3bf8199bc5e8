"""Plans signed into the boxes of a page, so that what is confirmed is what was shown, without reading it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core import signing

from certify.models.components import Component
from registry.flag_ranges import FlagTriplet
from registry.writes import DatasetKey
from registry_sync.expectation import statuses_of
from registry_sync.models import flag_ranges_from, stored_flag_ranges_of
from registry_sync.plan import PlannedEdit
from registry_sync.planning import last_lumisection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.flag_ranges import RangesByComponent
    from registry_sync.planning import SendingPlan

SALT = "registry_sync.signed_plans"
MAX_AGE = timedelta(hours=1)


@dataclass(frozen=True)
class SignedPlan:
    """What a plan that needs no decision would write, as it was shown. `read_at`: when Run Registry was read, UTC."""

    certification_id: int
    version: int
    dataset: DatasetKey
    registry_state: str
    registry_version: int
    flags_read: RangesByComponent
    last_lumisection: int
    state_to: str
    read_at: datetime
    edits: tuple[PlannedEdit, ...]


@dataclass(frozen=True)
class ReadPlans:
    """Plans of a form: one for each certification, and the numbers of those that cannot be used."""

    plans: tuple[SignedPlan, ...]
    expired: int = 0
    invalid: int = 0


def signed_text(plan: SendingPlan) -> str:
    """Return a plan that can be confirmed as signed text. Raises `ValueError` for another one."""
    status, dataset = plan.status, plan.dataset
    if status is None or dataset is None or plan.read_at is None or not plan.can_be_confirmed:
        raise ValueError(f"The plan of {plan.certification} cannot be confirmed.")
    values = {
        "certification": plan.certification.pk,
        "version": plan.certification.version,
        "dataset": [dataset.run_number, dataset.registry_name],
        "registry": [status.state, status.version],
        "flags": statuses_of(status.flags),
        "last": last_lumisection(plan.certification, status),
        "state_to": plan.state_to,
        "read_at": plan.read_at.timestamp(),
        "edits": [_stored_edit(edit) for edit in plan.edits],
    }
    return signing.dumps(values, salt=SALT, compress=True)


def read_signed_plans(texts: Iterable[str]) -> ReadPlans:
    """Return the plans in the texts of a form; the last one of each certification."""
    plans: dict[int, SignedPlan] = {}
    expired = invalid = 0
    for text in texts:
        try:
            plan = _plan_from(signing.loads(text, salt=SALT, max_age=MAX_AGE))
        except signing.SignatureExpired:
            expired += 1
        except signing.BadSignature:
            invalid += 1
        else:
            plans[plan.certification_id] = plan
    return ReadPlans(tuple(plans.values()), expired, invalid)


def _plan_from(values: dict[str, Any]) -> SignedPlan:
    return SignedPlan(
        certification_id=values["certification"],
        version=values["version"],
        dataset=DatasetKey(*values["dataset"]),
        registry_state=values["registry"][0],
        registry_version=values["registry"][1],
        flags_read=values["flags"],
        last_lumisection=values["last"],
        state_to=values["state_to"],
        read_at=datetime.fromtimestamp(values["read_at"], UTC),
        edits=tuple(_edit_from(*stored) for stored in values["edits"]),
    )


def _stored_edit(edit: PlannedEdit) -> list[Any]:
    return [edit.component.value, edit.first, edit.last, list(edit.triplet), stored_flag_ranges_of(edit.before)]


def _edit_from(component: str, first: int, last: int, triplet: list[str], before: list[list[Any]]) -> PlannedEdit:
    return PlannedEdit(Component(component), first, last, FlagTriplet(*triplet), tuple(flag_ranges_from(before)))

"""The only definition of good and bad, as a pure function and as its twin in SQL.

The law is the project's rules, section "Verdict": a component is ok when its flag is good or its low-statistics box
is ticked; all must be ok that count for the type of the run (certify/models/components.py says which do).
"""

from collections.abc import Iterable
from functools import reduce
from operator import and_

from django.db.models import Case, CharField, Q, Value, When

from certify.models.choices import Flag, Verdict
from certify.models.components import Component, ComponentFlag, VerdictRole
from oms.choices import RunType


def verdict(run_type: str, component_flags: Iterable[ComponentFlag]) -> Verdict:
    """The verdict on a run of this type with these flags; every combination has one."""
    counts = {one.component.counts_for(run_type) for one in component_flags if not one.is_ok}
    if True in counts:
        return Verdict.BAD
    return Verdict.UNDECIDED if None in counts else Verdict.GOOD


def _ok_condition(role: VerdictRole) -> Q:
    """All components of this role are ok."""
    return reduce(
        and_,
        (
            Q(**{one.flag_field: Flag.GOOD}) | Q(**{one.lowstat_field: True})
            for one in Component
            if one.declaration.verdict_role == role
        ),
    )


def verdict_in_sql() -> Case:
    """The same verdict as an expression over the rows of `TrackerCertification`; stored in its migrations."""
    return Case(
        When(~_ok_condition(VerdictRole.ALWAYS), then=Value(Verdict.BAD.value)),
        When(Q(run_type=RunType.COSMICS) | _ok_condition(VerdictRole.NOT_FOR_COSMICS), then=Value(Verdict.GOOD.value)),
        When(run_type=RunType.COLLISIONS, then=Value(Verdict.BAD.value)),
        default=Value(Verdict.UNDECIDED.value),
        output_field=CharField(),
    )

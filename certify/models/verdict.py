"""The only definition of the verdict, as a pure function and as an equivalent SQL expression.

A component is ok if its flag is good or it has low statistics. All components that count for the type of the run must
be ok (see `VerdictRole` in certify/models/components.py).
"""

from collections.abc import Iterable
from functools import reduce
from operator import and_

from django.db.models import Case, CharField, Q, Value, When

from certify.models.choices import Flag, Verdict
from certify.models.components import Component, ComponentFlag, VerdictRole
from oms.choices import RunType


def verdict(run_type: str, component_flags: Iterable[ComponentFlag]) -> Verdict:
    """Return the verdict on a run of this type with these flags. Every combination has one."""
    counts = {
        component_flag.component.counts_for(run_type) for component_flag in component_flags if not component_flag.is_ok
    }
    if True in counts:
        return Verdict.BAD
    return Verdict.UNDECIDED if None in counts else Verdict.GOOD


def _ok_condition(role: VerdictRole) -> Q:
    """Return the condition that all components of this role are ok."""
    return reduce(
        and_,
        (
            Q(**{component.flag_field: Flag.GOOD}) | Q(**{component.lowstat_field: True})
            for component in Component
            if component.declaration.verdict_role == role
        ),
    )


def verdict_in_sql() -> Case:
    """Return the verdict as an expression over rows of `TrackerCertification`. Its migrations contain it."""
    return Case(
        When(~_ok_condition(VerdictRole.ALWAYS), then=Value(Verdict.BAD.value)),
        When(Q(run_type=RunType.COSMICS) | _ok_condition(VerdictRole.NOT_FOR_COSMICS), then=Value(Verdict.GOOD.value)),
        When(run_type=RunType.COLLISIONS, then=Value(Verdict.BAD.value)),
        default=Value(Verdict.UNDECIDED.value),
        output_field=CharField(),
    )

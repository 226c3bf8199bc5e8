"""The only definition of good and bad, as pure functions and as its twin in SQL.

The law is the project's rules, section "Verdict": a component is ok when its flag is good or its low-statistics box
is ticked; Strip and Tracking must be ok, and Pixel too unless the run is cosmics.
"""

from django.db.models import Case, CharField, Q, Value, When

from certify.models.choices import Component, Flag, Verdict
from oms.choices import RunType


def is_ok(flag: str, lowstat: bool) -> bool:
    """Whether one component passes."""
    return flag == Flag.GOOD or lowstat


def verdict(
    run_type: str,
    *,
    pixel: str,
    pixel_lowstat: bool,
    strip: str,
    strip_lowstat: bool,
    tracking: str,
    tracking_lowstat: bool,
) -> Verdict:
    """The verdict on a run of this type with these flags; every combination has one."""
    if not (is_ok(strip, strip_lowstat) and is_ok(tracking, tracking_lowstat)):
        return Verdict.BAD
    if run_type == RunType.COSMICS or is_ok(pixel, pixel_lowstat):
        return Verdict.GOOD
    return Verdict.BAD if run_type == RunType.COLLISIONS else Verdict.UNDECIDED


def _ok_condition(component: Component) -> Q:
    return Q(**{component.value: Flag.GOOD}) | Q(**{f"{component.value}_lowstat": True})


def verdict_in_sql() -> Case:
    """The same verdict as an expression over the rows of `TrackerCertification`."""
    return Case(
        When(~(_ok_condition(Component.STRIP) & _ok_condition(Component.TRACKING)), then=Value(Verdict.BAD.value)),
        When(Q(run_type=RunType.COSMICS) | _ok_condition(Component.PIXEL), then=Value(Verdict.GOOD.value)),
        When(run_type=RunType.COLLISIONS, then=Value(Verdict.BAD.value)),
        default=Value(Verdict.UNDECIDED.value),
        output_field=CharField(),
    )

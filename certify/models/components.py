"""The declaration of the components. Forms, rules, the verdict, tables, exports and reports derive from it.

A component has its columns in `TrackerCertification` and a vocabulary model of its problems. The recipe "a new
component" in docs/developer.md says how to add one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from django.db import models

from certify.models.choices import ConfirmationCode, Flag
from infrastructure.number_ranges import NumberRanges, format_ranges
from oms.choices import RunType

if TYPE_CHECKING:
    from collections.abc import Iterable


class VerdictRole(Enum):
    """Whether a component counts for the verdict."""

    ALWAYS = "always"
    NOT_FOR_COSMICS = "not for cosmics"
    NEVER = "never"  # flagged and shown only; a component added while rows exist begins with this role


class Component(models.TextChoices):
    """A component of a certification, in the order of every page. The values are stored and name the columns."""

    PIXEL = "pixel", "Pixel"
    STRIP = "strip", "Strip"
    TRACKING = "tracking", "Tracking"

    @property
    def declaration(self) -> ComponentDeclaration:
        return _DECLARATIONS[self]

    @property
    def flag_field(self) -> str:
        """Name of the column, and of the form field, with its flag."""
        return self.value

    @property
    def lowstat_field(self) -> str:
        """Name of the column, and of the form field, with its low-statistics checkbox."""
        return f"{self.value}_lowstat"

    @property
    def problems_field(self) -> str:
        """Name of the relation, and of the form field, with its problems."""
        return f"{self.value}_problems"

    @property
    def ranges_field(self) -> str:
        """Name of the column, and of the form field, with its bad lumisections."""
        return f"{self.value}_ranges"

    @property
    def ranges_label(self) -> str:
        return f"{self.label} bad lumisections"

    @property
    def lowstat_label(self) -> str:
        return f"{self.label} low statistics"

    @property
    def problems_label(self) -> str:
        return f"{self.label} problems"

    def counts_for(self, run_type: str) -> bool | None:
        """Whether its flag counts for the verdict on a run of this type; None if that depends on the unknown type."""
        role = self.declaration.verdict_role
        if role != VerdictRole.NOT_FOR_COSMICS:
            return role == VerdictRole.ALWAYS
        return None if run_type == RunType.UNKNOWN else run_type != RunType.COSMICS


@dataclass(frozen=True)
class Prerequisite:
    """A component that is expected to be good if another one is.

    If it counts and is not good, `confirmation` is required. With `is_required`, bad without low statistics is invalid.
    """

    component: Component
    confirmation: ConfirmationCode
    is_required: bool = False


@dataclass(frozen=True)
class ComponentDeclaration:
    """The properties of one component.

    `initial`: column header of its flag in narrow tables. `oms_detector`: the name of its detector in the OMS list of
    components of a run; empty if it has none. `partitions`: the parts of its detector that OMS has a bit for in each
    lumisection (oms/lumisections/bits.py); a component without any rests on those of all others. `starter_checklist`:
    identifier of the checklist (certify/vocabulary/fixtures/<identifier>.md) that a new installation begins with; empty
    for none.
    """

    initial: str
    verdict_role: VerdictRole
    oms_detector: str = ""
    partitions: tuple[str, ...] = ()
    starter_checklist: str = ""
    prerequisites: tuple[Prerequisite, ...] = ()


_DECLARATIONS = {
    Component.PIXEL: ComponentDeclaration(
        initial="P",
        verdict_role=VerdictRole.NOT_FOR_COSMICS,
        oms_detector="PIXEL",
        partitions=("bpix", "fpix"),
        starter_checklist="pixel",
    ),
    Component.STRIP: ComponentDeclaration(
        initial="S",
        verdict_role=VerdictRole.ALWAYS,
        oms_detector="TRACKER",
        partitions=("tibtid", "tob", "tecp", "tecm"),
        starter_checklist="sistrip",
    ),
    # Tracks need the Strip detector; they can be reconstructed without Pixel.
    Component.TRACKING: ComponentDeclaration(
        initial="T",
        verdict_role=VerdictRole.ALWAYS,
        oms_detector="TRACKER",
        starter_checklist="tracking",
        prerequisites=(
            Prerequisite(Component.STRIP, ConfirmationCode.STRIP_LOWSTAT, is_required=True),
            Prerequisite(Component.PIXEL, ConfirmationCode.PIXEL),
        ),
    ),
}
FLAG_FIELDS = tuple(component.flag_field for component in Component)
LOWSTAT_FIELDS = tuple(component.lowstat_field for component in Component)
PROBLEM_FIELDS = tuple(component.problems_field for component in Component)
RANGES_FIELDS = tuple(component.ranges_field for component in Component)
# The columns of `ComponentFlag` of every component, for queries.
FLAG_COLUMNS = tuple(
    name for component in Component for name in (component.flag_field, component.lowstat_field, component.ranges_field)
)


@dataclass(frozen=True)
class ComponentFlag:
    """The flag of one component, whether its statistics were low, and the lumisections that are bad in a good one.

    `ranges`: (first, last), both included; sorted, disjoint, merged where they touch.
    """

    component: Component
    flag: str
    lowstat: bool
    ranges: NumberRanges = ()

    @property
    def is_ok(self) -> bool:
        """Whether the component passes: good, or with low statistics."""
        return self.flag == Flag.GOOD or self.lowstat

    @property
    def is_good(self) -> bool:
        """Whether its flag is good, whatever its statistics."""
        return self.flag == Flag.GOOD

    @property
    def is_bad(self) -> bool:
        """Whether it is bad without low statistics."""
        return self.flag == Flag.BAD and not self.lowstat

    @property
    def text(self) -> str:
        """The flag as text, with ", low" for low statistics, and with the ranges as in "good, 310-330 out"."""
        out = f", {format_ranges(self.ranges)} out" if self.ranges else ""
        return f"{self.flag}{', low' if self.lowstat else ''}{out}"


def component_flags_of(row: Any) -> tuple[ComponentFlag, ...]:
    """Return the flag of each component from a row with the columns of a certification."""
    return tuple(
        ComponentFlag(
            component,
            getattr(row, component.flag_field),
            getattr(row, component.lowstat_field),
            tuple((first, last) for first, last in getattr(row, component.ranges_field)),
        )
        for component in Component
    )


def flag_columns(component_flags: Iterable[ComponentFlag]) -> dict[str, Any]:
    """Return {column: value} of a certification with these flags."""
    columns: dict[str, Any] = {}
    for component_flag in component_flags:
        columns[component_flag.component.flag_field] = component_flag.flag
        columns[component_flag.component.lowstat_field] = component_flag.lowstat
        columns[component_flag.component.ranges_field] = [list(span) for span in component_flag.ranges]
    return columns

"""The one declaration of what is judged. Forms, rules, the verdict, tables, exports and reports derive from it.

A component has its columns in `TrackerCertification` and its model of problems beside them. How to add one is in
docs/developer.md, "A new component".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from django.db import models

from certify.models.choices import ConfirmationCode, Flag
from oms.choices import RunType

if TYPE_CHECKING:
    from collections.abc import Iterable


class VerdictRole(Enum):
    """Whether a component counts for the verdict."""

    ALWAYS = "always"
    NOT_FOR_COSMICS = "not for cosmics"
    NEVER = "never"  # flagged and shown; where rows exist already, a new component begins like this


class Component(models.TextChoices):
    """What is judged; in this order on every page. The values are stored, and name the columns."""

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
        """Name of the column, and of the form field, with its low-statistics tick."""
        return f"{self.value}_lowstat"

    @property
    def problems_field(self) -> str:
        """Name of the relation, and of the form field, with its problems."""
        return f"{self.value}_problems"

    @property
    def lowstat_label(self) -> str:
        return f"{self.label} low statistics"

    @property
    def problems_label(self) -> str:
        return f"{self.label} problems"

    def counts_for(self, run_type: str) -> bool | None:
        """Whether its flag counts for the verdict on a run of this type; None where the unknown type decides that."""
        role = self.declaration.verdict_role
        if role != VerdictRole.NOT_FOR_COSMICS:
            return role == VerdictRole.ALWAYS
        return None if run_type == RunType.UNKNOWN else run_type != RunType.COSMICS


@dataclass(frozen=True)
class Prerequisite:
    """A component that should be good where another one is.

    Where it counts and is not good, `confirmation` is asked. With `is_required`, bad without low statistics is refused.
    """

    component: Component
    confirmation: ConfirmationCode
    is_required: bool = False


@dataclass(frozen=True)
class ComponentDeclaration:
    """What is particular about one component.

    `initial`: heads its flag in narrow tables. `oms_detector`: the name under which OMS lists, among the components of
    a run, the detector that it is judged with; empty where none tells. `starter_checklist`: identifier of the checklist
    (certify/vocabulary/fixtures/<identifier>.md) that a new system begins with; empty for none.
    """

    initial: str
    verdict_role: VerdictRole
    oms_detector: str = ""
    starter_checklist: str = ""
    prerequisites: tuple[Prerequisite, ...] = ()


_DECLARATIONS = {
    Component.PIXEL: ComponentDeclaration(
        initial="P",
        verdict_role=VerdictRole.NOT_FOR_COSMICS,
        oms_detector="PIXEL",
        starter_checklist="pixel",
    ),
    Component.STRIP: ComponentDeclaration(
        initial="S",
        verdict_role=VerdictRole.ALWAYS,
        oms_detector="TRACKER",
        starter_checklist="sistrip",
    ),
    # Tracks are made in the Strip detector; without Pixel they still are.
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
# Flag and tick of each component, for queries that read what was said of them.
FLAG_COLUMNS = tuple(name for one in Component for name in (one.flag_field, one.lowstat_field))


@dataclass(frozen=True)
class ComponentFlag:
    """A shifter's word on one component."""

    component: Component
    flag: str
    lowstat: bool

    @property
    def is_ok(self) -> bool:
        """Whether the component passes."""
        return self.flag == Flag.GOOD or self.lowstat

    @property
    def is_bad(self) -> bool:
        """Bad, and not excused by low statistics."""
        return self.flag == Flag.BAD and not self.lowstat

    @property
    def text(self) -> str:
        """As people read it: the flag, and whether statistics were low."""
        return f"{self.flag}{', low' if self.lowstat else ''}"


def component_flags_of(row: Any) -> tuple[ComponentFlag, ...]:
    """What a row with the columns of a certification says of each component."""
    return tuple(ComponentFlag(one, getattr(row, one.flag_field), getattr(row, one.lowstat_field)) for one in Component)


def flag_columns(component_flags: Iterable[ComponentFlag]) -> dict[str, Any]:
    """The columns of a certification that say this, with their values."""
    return {
        name: value
        for one in component_flags
        for name, value in ((one.component.flag_field, one.flag), (one.component.lowstat_field, one.lowstat))
    }

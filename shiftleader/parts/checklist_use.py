"""The part "Checklists and pace": per shifter, how often lists were folded at their flags, and how long a form took."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from certify.facts.snapshot import SECONDS_TO_SAVE
from users.models import User

if TYPE_CHECKING:
    from reports.scope import Scope
    from users.access import SignedInRequest


@dataclass
class ShifterPace:
    """Of one shifter: certifications, the state of each list at its flag (True for open), seconds from display to save.

    Forms without JavaScript report no state, imported certifications neither.
    """

    name: str
    certifications: int = 0
    states: list[bool] = field(default_factory=list)
    seconds: list[int] = field(default_factory=list)

    @property
    def folded(self) -> int:
        return self.states.count(False)

    @property
    def folded_share(self) -> int | None:
        """The share of lists that were folded, in percent; None without a known state."""
        return round(100 * self.folded / len(self.states)) if self.states else None

    @property
    def median_seconds(self) -> int | None:
        return round(median(self.seconds)) if self.seconds else None


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """The use of checklists by each shifter, most certifications first, for shift leaders: two queries."""
    is_allowed = request.user.may_change_others
    return {"is_allowed": is_allowed, "rows": _uses(scope) if is_allowed else []}


def _uses(scope: Scope) -> list[ShifterPace]:
    rows = scope.filters.qs.order_by().values_list("user", "facts__checklists", f"facts__{SECONDS_TO_SAVE}")
    uses: dict[int, ShifterPace] = {}
    for user, checklists, seconds in rows:
        use = uses.setdefault(user, ShifterPace(""))
        use.certifications += 1
        use.states += [one["open"] for one in checklists or [] if one.get("open") is not None]
        use.seconds += [seconds] if seconds is not None else []
    for person in User.objects.filter(pk__in=uses):
        uses[person.pk].name = person.display_name
    return sorted(uses.values(), key=lambda use: (-use.certifications, use.name))

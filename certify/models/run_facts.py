"""What follows from the columns of a certification, for the row as it is and for its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from certify.models.components import ComponentFlag, component_flags_of
from certify.models.verdict import verdict

if TYPE_CHECKING:
    from certify.models.choices import Verdict


class RunFactsMixin:
    """What follows from the columns of a certification, as it is and as it was."""

    runreconstruction: Any
    run_type: Any

    @property
    def run_number(self) -> int:
        return self.runreconstruction.run_id

    @property
    def reconstruction(self) -> str:
        return self.runreconstruction.reconstruction

    @property
    def component_flags(self) -> tuple[ComponentFlag, ...]:
        """What was said of each component."""
        return component_flags_of(self)

    @property
    def verdict(self) -> Verdict:
        """Good, bad or undecided, on the run type this was certified with."""
        return verdict(self.run_type, self.component_flags)

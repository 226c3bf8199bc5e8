"""Properties computed from the columns of a certification, for the model and for its history rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from certify.models.components import ComponentFlag, component_flags_of
from certify.models.lumisections_out import LumisectionsOut, lumisections_out
from certify.models.verdict import verdict

if TYPE_CHECKING:
    from certify.models.choices import Verdict


class RunFactsMixin:
    """Properties computed from the columns of a certification or of one of its history rows."""

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
        """The flag of each component."""
        return component_flags_of(self)

    @property
    def out(self) -> LumisectionsOut:
        """The lumisections that are bad in components that are good otherwise."""
        return lumisections_out(self)

    @property
    def verdict(self) -> Verdict:
        """Good, bad or undecided, for the run type stored with the certification."""
        return verdict(self.run_type, self.component_flags)

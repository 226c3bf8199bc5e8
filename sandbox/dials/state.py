"""Settings of DIALS at `/_sandbox/dials`: the shape of the answers, and how much of a run is ingested."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.dials.defects import PARTLY_INGESTED

# The newest public server, and the one that the released client 2.4.1 expects.
SHAPE_1, SHAPE_2 = "1.12", "2.x"
_SETTINGS = ("shape", "ingested")


class InvalidDialsSetting(ValueError):
    """A setting is invalid. The text gives the reason."""


@dataclass
class DialsState:
    """The shape of the answers, and {run number: fraction of its lumisections in DIALS}, 1 for all other runs."""

    shape: str = SHAPE_2
    ingested: dict[int, float] = field(default_factory=lambda: dict(PARTLY_INGESTED))

    @property
    def is_old(self) -> bool:
        """Return whether the answers are those of the server 1.12.0."""
        return self.shape == SHAPE_1

    def reset(self) -> None:
        """Restore the settings of the start."""
        self.shape, self.ingested = SHAPE_2, dict(PARTLY_INGESTED)

    def settings(self) -> dict[str, Any]:
        """Return the settings as JSON."""
        return {"shape": self.shape, "ingested": {str(run): fraction for run, fraction in self.ingested.items()}}

    def change(self, body: dict[str, Any]) -> None:
        """Change the named settings, all or none. Raises `InvalidDialsSetting`."""
        unknown = body.keys() - set(_SETTINGS)
        if unknown:
            raise InvalidDialsSetting(f"{min(unknown)} is no setting: give {' or '.join(_SETTINGS)}.")
        shape = body.get("shape", self.shape)
        if shape not in (SHAPE_1, SHAPE_2):
            raise InvalidDialsSetting(f"shape is {shape!r}: give {SHAPE_1} or {SHAPE_2}.")
        self.ingested |= _fractions(body.get("ingested", {}))
        self.shape = shape


def _fractions(value: Any) -> dict[int, float]:
    try:
        fractions = {int(run): float(fraction) for run, fraction in value.items()}
    except (AttributeError, TypeError, ValueError):
        raise InvalidDialsSetting("ingested is no object of run numbers and fractions.") from None
    if any(not 0 <= fraction <= 1 for fraction in fractions.values()):
        raise InvalidDialsSetting("ingested has a fraction outside 0 to 1.")
    return fractions

"""Which references fit a run by run type. No role may override this rule."""

from __future__ import annotations

from oms.choices import RunType


def known_type(run_type: str | None) -> str | None:
    """Return the run type, or None if it is unknown."""
    return None if run_type == RunType.UNKNOWN else run_type


def has_fitting_type(run_type: str | None, reference_type: str | None) -> bool:
    """Whether a run of `run_type` may have a reference of `reference_type`; an unknown type fits every other."""
    types = known_type(run_type), known_type(reference_type)
    return None in types or types[0] == types[1]

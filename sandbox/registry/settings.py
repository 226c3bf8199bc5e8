"""Settings of Run Registry's writes at `/_sandbox/registry`: who may write, and how long a write takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.registry.state import RegistryState


class InvalidSetting(ValueError):
    """A setting is invalid. The text gives the reason."""


def settings_of(state: RegistryState) -> dict[str, Any]:
    """Return the settings, and how many versions were written since the reset."""
    access = state.access
    return {
        "egroups": access.application_egroups,
        "permissions": access.permissions if access.is_checked else None,
        "write_seconds": state.write_seconds,
        "versions": len(state.versions()),
    }


def change_settings(state: RegistryState, body: dict[str, Any]) -> None:
    """Change the named settings, all or none. Raises `InvalidSetting`.

    `permissions` is {e-group: [regular expression of addresses]}, or null to check nothing, as the backend does that
    is started with NO_CHECK_AUTH=1.
    """
    unknown = body.keys() - {"egroups", "permissions", "write_seconds"}
    if unknown:
        raise InvalidSetting(f"{min(unknown)} is no setting: give egroups, permissions or write_seconds.")
    egroups = _egroups(body.get("egroups", state.access.application_egroups))
    permissions = _permissions(body["permissions"]) if body.get("permissions") is not None else None
    seconds = _seconds(body["write_seconds"]) if "write_seconds" in body else None
    state.access.application_egroups = egroups
    if permissions is not None:
        state.access.permissions = permissions
    if "permissions" in body:
        state.access.is_checked = permissions is not None
    if seconds is not None:
        state.set_write_seconds(seconds)


def _egroups(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidSetting(f"egroups is {value!r}: give a text, e-groups separated by commas.")
    return value


def _permissions(value: Any) -> dict[str, list[str]]:
    if not isinstance(value, dict) or not all(isinstance(patterns, list) for patterns in value.values()):
        raise InvalidSetting("permissions is no object of lists.")
    try:
        return {egroup: [re.compile(pattern).pattern for pattern in patterns] for egroup, patterns in value.items()}
    except (re.error, TypeError) as wrong:
        raise InvalidSetting(f"permissions has a pattern that is no regular expression: {wrong}.") from None


def _seconds(value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        raise InvalidSetting(f"write_seconds is {value!r}: give seconds.") from None
    if not 0 <= seconds < float("inf"):
        raise InvalidSetting(f"write_seconds is {value!r}: give at least 0.")
    return seconds

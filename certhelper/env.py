"""Typed readers of environment variables. A wrong value raises `ImproperlyConfigured` with the name of the variable."""

import os
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}
_ENGINES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}


def text(name: str, default: str = "") -> str:
    """The variable's text; `NAME_FILE` names a file to read it from (for secrets)."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def number(name: str, default: float) -> float:
    """The variable as a number, in the unit that docs/operator.md names."""
    raw = os.environ.get(name, "")
    try:
        return float(raw) if raw else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {raw!r}: give a number.") from None


def integer(name: str, default: int, least: int, most: int) -> int:
    """The variable as a whole number from `least` to `most`."""
    raw = os.environ.get(name, "").strip() or str(default)
    if not (raw.isascii() and raw.isdigit() and least <= int(raw) <= most):
        raise ImproperlyConfigured(f"{name} is {raw!r}: give a whole number from {least} to {most}.")
    return int(raw)


def port(name: str, default: int) -> int:
    """The variable as a TCP port."""
    return integer(name, default, 1, 65535)


def database(name: str, default: str, **options: Any) -> Any:
    """The variable as an entry of `DATABASES`. Errors do not repeat it, since it may contain a password."""
    try:
        parsed = dj_database_url.parse(os.environ.get(name) or default, **options)
    except ValueError:
        parsed = None
    if parsed is None or parsed["ENGINE"] not in _ENGINES:
        raise ImproperlyConfigured(
            f"{name} is no address of a database: give postgres://user:password@host:5432/name or sqlite:////a/file."
        )
    return parsed


def boolean(name: str, *, default: bool) -> bool:
    """The variable as yes or no (1/0, true/false, yes/no, on/off)."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    if raw.lower() in _TRUE | _FALSE:
        return raw.lower() in _TRUE
    raise ImproperlyConfigured(f"{name} is {raw!r}: give 1 or 0.")


def choice(name: str, values: tuple[str, ...], default: str) -> str:
    """The variable as one of these values."""
    raw = os.environ.get(name, "").strip() or default
    if raw not in values:
        raise ImproperlyConfigured(f"{name} is {raw!r}: give {', '.join(values[:-1])} or {values[-1]}.")
    return raw


def string_list(name: str, default: str = "") -> list[str]:
    """The variable as a list, separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def is_set(name: str) -> bool:
    """Whether the variable or its `_FILE` is set, even if empty."""
    return name in os.environ or f"{name}_FILE" in os.environ

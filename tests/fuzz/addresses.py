"""All URL patterns with values for their parameters, so that new URLs are tested automatically."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from hypothesis import strategies as st

from tests.fuzz.values import TEXTS, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACE = re.compile(r"<(?:(\w+):)?(\w+)>")
NUMBERS = ["0", "1", "99999", "100000", "315259", "9999999", "10000000", str(2**31), str(2**63), "9" * 60]
WORDS = ["express", "prompt", "rereco", "rerecoul", "banana", "x" * 300, "-", "_"]


@dataclass(frozen=True)
class Address:
    """One named URL; `route` contains its parameters, such as certify/<int:run_number>/."""

    name: str
    route: str

    @property
    def is_of_admin(self) -> bool:
        return self.name.startswith("admin:")

    def with_values(self, draw: st.DrawFn, known: dict[str, list[str]]) -> str:
        """The path with a value for each parameter, often an existing one: `known`, by name of the parameter."""

        def fill(place: re.Match[str]) -> str:
            return quoted(draw(values_for(place[1] or "str", known.get(place[2], []))))

        return "/" + _PLACE.sub(fill, self.route)

    def path(self, known: dict[str, list[str]]) -> str:
        """The path with the first known value for each parameter."""
        return "/" + _PLACE.sub(lambda place: (known.get(place[2]) or WORDS)[0], self.route)


def values_for(converter: str, known: list[str]) -> st.SearchStrategy[str]:
    """Mostly existing values: others only lead to a 404."""
    if converter == "int":
        others = st.sampled_from(NUMBERS) | st.integers(0).map(str)
    else:
        others = st.sampled_from(WORDS) | (TEXTS.filter(bool) if converter in ("str", "path") else st.nothing())
    return st.integers(0, 9).flatmap(lambda dice: st.sampled_from(known) if known and dice < 9 else others)


def addresses() -> list[Address]:
    """Return all URLs, in the order of the URL configuration."""
    return list(_walked(get_resolver().url_patterns))


def _walked(patterns: list[URLPattern | URLResolver], space: str = "", before: str = "") -> Iterator[Address]:
    for pattern in patterns:
        if not isinstance(pattern.pattern, RoutePattern):
            continue  # of the admin: every path that no other URL matches
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walked(
                pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space, route
            )
        else:
            yield Address(f"{space}{pattern.name}", route)

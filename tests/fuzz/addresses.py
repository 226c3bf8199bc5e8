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
        """The path with something in each place, often something that exists: `known`, by the name of the place."""

        def fill(place: re.Match[str]) -> str:
            return quoted(draw(_of(place[1] or "str", known.get(place[2], []))))

        return "/" + _PLACE.sub(fill, self.route)

    def path(self, known: dict[str, list[str]]) -> str:
        """The path with the first known value in each place."""
        return "/" + _PLACE.sub(lambda place: (known.get(place[2]) or WORDS)[0], self.route)


def _of(converter: str, known: list[str]) -> st.SearchStrategy[str]:
    """Mostly what is known: elsewhere there is only a 404 to see."""
    if converter == "int":
        others = st.sampled_from(NUMBERS) | st.integers(0).map(str)
    else:
        others = st.sampled_from(WORDS) | (TEXTS.filter(bool) if converter in ("str", "path") else st.nothing())
    return st.integers(0, 9).flatmap(lambda dice: st.sampled_from(known) if known and dice < 9 else others)


def addresses() -> list[Address]:
    """Return all URLs, in the order of the URL configuration."""
    return list(_walked(get_resolver().url_patterns))


def _walked(patterns: list[URLPattern | URLResolver], space: str = "", before: str = "") -> Iterator[Address]:
    for one in patterns:
        if not isinstance(one.pattern, RoutePattern):
            continue  # of the admin: whatever no other address takes
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _walked(one.url_patterns, f"{space}{one.namespace}:" if one.namespace else space, route)
        else:
            yield Address(f"{space}{one.name}", route)

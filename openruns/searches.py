"""The last searches of a user, stored for a shift: in the cache, to avoid a transaction for each search.

A search of a single run is a look-up: it is not stored, so that it replaces no search that is being worked off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

from certify.editor.worklist import Search, SearchStep, read_searches, search_numbers
from certify.rules.run_numbers import format_run_numbers
from infrastructure.cache import safe_cache

if TYPE_CHECKING:
    from collections.abc import Collection

    from users.models import User

LIFETIME_S = 12 * 3600
MAX_SEARCHES = 3
_MAX_LABEL = 24  # characters


@dataclass(frozen=True)
class SearchProgress:
    """Progress in a search, by Run Registry's cached answers and what is certified now. `runs`: as ranges."""

    runs: str
    search: Search

    @property
    def label(self) -> str:
        """The runs, or the first and the last one if the text is long."""
        if len(self.runs) <= _MAX_LABEL:
            return self.runs
        return f"{min(self.search.numbers)} … {max(self.search.numbers)}"

    @property
    def url(self) -> str:
        """The URL of the search on the open runs page."""
        return f"{reverse('openruns:open-runs')}?{urlencode({'runs': self.runs})}"

    @property
    def left(self) -> int:
        """The number of open reconstructions."""
        return len(self.search.open_steps)

    @property
    def certified(self) -> int:
        return self.search.certified_here

    @property
    def total(self) -> int:
        """The number of open and certified reconstructions."""
        return self.left + self.certified

    @property
    def is_done(self) -> bool:
        """Whether Run Registry answered for the search and nothing of it is open any more."""
        return not self.left and bool(self.search.known)

    @property
    def next_step(self) -> SearchStep | None:
        return self.search.open_steps[0] if self.left else None

    @property
    def next_url(self) -> str:
        """The form of the first open reconstruction, with the search in its query; "" if none is open."""
        if self.next_step is None:
            return ""
        form = reverse(
            "certify:certify-reconstruction", args=[self.next_step.run_number, self.next_step.reconstruction]
        )
        return f"{form}?{urlencode({'dataset': self.next_step.dataset, 'runs': self.runs})}"


def last_searches(user: User) -> list[SearchProgress]:
    """Return the user's last searches with their progress, the latest first: one query at most."""
    stored = _stored_searches(user)
    searches = zip(stored, read_searches(stored, user.training_of), strict=False)
    return [SearchProgress(runs, search) for runs, search in searches if search.numbers]


def unfinished_searches(user: User) -> list[SearchProgress]:
    """Return those of the last searches that are not done: one query at most."""
    return [progress for progress in last_searches(user) if not progress.is_done]


def save_search(user: User, typed: str, numbers: Collection[int]) -> None:
    """Store `typed` as the latest search, unless it is a look-up of one run. Writes only if something has changed."""
    if len(numbers) < 2:
        return
    stored = _stored_searches(user)
    others = [runs for runs in stored if search_numbers(runs) != set(numbers)]
    latest = [" ".join(typed.split()), *others][:MAX_SEARCHES]
    if latest != stored:
        safe_cache.write(_cache_key(user), latest, LIFETIME_S)


def on_search_opened(user: User, numbers: Collection[int], **_signal: object) -> None:
    """Signal receiver: a search that begins with its first form, as from Start, is stored like any other."""
    save_search(user, format_run_numbers(numbers), numbers)


def _stored_searches(user: User) -> list[str]:
    return safe_cache.read(_cache_key(user)) or []


def _cache_key(user: User) -> str:
    return f"openruns.searches.{user.pk}"

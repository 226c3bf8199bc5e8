"""Which days a shift can have."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_SHIFT_DAY = dt.date(2008, 1, 1)  # CMS took no data before


def shift_day_errors(day: dt.date, today: dt.date, run_began: dt.date | None) -> Iterator[str]:
    """Yield what is wrong with a shift day, as sentences to show. `today` and `run_began` in UTC; None: not known."""
    if day > today + dt.timedelta(days=1):
        yield f"The date is later than tomorrow (today is {today} UTC). Give the shift day."
    if day < FIRST_SHIFT_DAY:
        yield f"The date is before {FIRST_SHIFT_DAY.year}, when CMS had no shifts. Give the shift day."
    elif run_began and day < run_began:
        yield f"The run began on {run_began} (UTC). Give that day or a later one."

"""The stored database and the stored browsers of the earlier version, for tests."""

from __future__ import annotations

import copy
import gzip
import json
import shutil
import sqlite3
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.test import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent
STORED: dict[str, Any] = json.loads((FOLDER / "browsers.json").read_text())
MADE_AT = datetime.fromisoformat(STORED["made_at"])
# Earlier versions took a certification without figures for complete. Of the demo content these lack lumisections,
# the recorded luminosity, and the luminosity of a run that is cosmics; the last is withdrawn and lacks both.
WITHOUT_LUMISECTIONS, WITHOUT_LUMI, COSMICS_WITHOUT_LUMI, WITHDRAWN = 5, 6, 7, STORED["certifications"]["withdrawn"]
_WITHOUT_FIGURES = f"""
    UPDATE certify_trackercertification SET lumisections = NULL WHERE id = {WITHOUT_LUMISECTIONS};
    UPDATE certify_trackercertification SET recorded_lumi = NULL WHERE id IN ({WITHOUT_LUMI}, {COSMICS_WITHOUT_LUMI});
    UPDATE certify_trackercertification SET external_info_complete = 1 WHERE id = {WITHDRAWN};
    UPDATE oms_omsrun SET run_type = 'cosmics', typed = '{{"run_type": {{"by": "shifter", "at": ""}}}}'
        WHERE run_number = (SELECT run_id FROM certify_runreconstruction WHERE id =
            (SELECT runreconstruction_id FROM certify_trackercertification WHERE id = {COSMICS_WITHOUT_LUMI}));
"""
# When the lumisections of a certification were found to have changed (UTC).
STALE_SINCE = "2026-11-20 08:00:00"
_STALE = f"""
    UPDATE certify_trackercertification SET stale_since = '{STALE_SINCE}',
        stale = '[{{"fact": "lumisections", "was": 5, "now": 6}}]' WHERE id = {COSMICS_WITHOUT_LUMI};
"""
Tables = dict[str, list[dict[str, Any]]]


def write_database(path: Path) -> None:
    """Write the database file of the earlier version, with certifications that lack figures, one stale."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(gzip.decompress((FOLDER / "database.sql.gz").read_bytes()).decode())
        database.executescript(_WITHOUT_FIGURES + _STALE)


@contextmanager
def database_in_use(path: Path) -> Iterator[None]:
    """Django works on a copy of this SQLite file, in this thread."""
    used = path.with_suffix(".used")
    shutil.copy(path, used)
    before = connections["default"]
    connection = connections.create_connection("default")
    connection.settings_dict = copy.deepcopy(before.settings_dict) | {"NAME": str(used)}
    connections["default"] = connection
    try:
        yield
    finally:
        connection.close()
        connections["default"] = before
        used.unlink()


def read_tables(path: Path) -> Tables:
    """Every row of every table, by table name and in the order of the keys."""
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: [dict(row) for row in database.execute(f'SELECT * FROM "{name}" ORDER BY 1')] for name in names}


def stored_browser(person: str) -> Client:
    """A client with the stored session cookie of this person."""
    client = Client()
    client.cookies[STORED["session_cookie"]] = STORED["sessions"][person]
    return client


def stored_form(name: str, **changes: str) -> tuple[str, dict[str, Any]]:
    """Address and fields of a stored open form, with `changes` typed into it."""
    form = STORED[name]
    return form["path"], {**form["fields"], **changes}

"""Certification calls and the datasets that Run Registry accepts. Both are derived."""

from __future__ import annotations

from typing import Any

from sandbox.registry.rows import Row, dataset_rows

CREATED_AT = "2018-05-14T08:00:00.000Z"
# Name, deadline, and the first and last run whose prompt reconstruction is in the call.
CALLS = (
    ("2018 week 17", "2018-05-01T00:00:00.000Z", 315252, 315322),
    ("2018 week 18", "2018-05-08T00:00:00.000Z", 315339, 315490),
)
ACCEPTED = (
    ("/Express/Collisions2018/DQM", "/StreamExpress/Run2018.*-Express-v.*?/DQMIO", "Collisions18"),
    ("/PromptReco/Collisions2018A/DQM", "/ZeroBias/Run2018A-PromptReco-v.*?/DQMIO", "Collisions18"),
    ("/Express/Cosmics2018/DQM", "/StreamExpressCosmics/Run2018.*-Express-v.*?/DQMIO", "Cosmics18"),
    ("/PromptReco/Cosmics2018A/DQM", "/Cosmics/Run2018A-PromptReco-v.*?/DQMIO", "Cosmics18"),
)
FIRST_RUN, LAST_RUN = 314206, 316995


def _without_flags(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "Run"}


def _call_dataset(identifier: int, row: Row) -> Row:
    key = {"id_cycle": identifier, "run_number": row["run_number"], "name": row["name"]}
    return key | {"createdAt": CREATED_AT, "updatedAt": CREATED_AT, "Datasets": [_without_flags(row)]}


def _call(identifier: int, name: str, deadline: str, first: int, last: int) -> dict[str, Any]:
    rows = [
        row
        for row in dataset_rows()
        if first <= row["run_number"] <= last and row["name"].startswith("/PromptReco/Coll")
    ]
    return {
        "id_cycle": identifier,
        "cycle_name": name,
        "cycle_attributes": {"global_state": "pending", "tracker_state": "pending"},
        "deadline": deadline,
        "deleted": False,
        "createdAt": CREATED_AT,
        "updatedAt": CREATED_AT,
        "CycleDataset": [_call_dataset(identifier, row) for row in rows],
        "datasets": [_without_flags(row) for row in rows],
    }


def cycles() -> list[dict[str, Any]]:
    """Return the calls, which are the same in all workspaces."""
    return [_call(index, *call) for index, call in enumerate(CALLS, start=1)]


def datasets_accepted(run_class: str = "") -> list[dict[str, Any]]:
    """Return which datasets of the DQM GUI belong to which name, class and runs; with a class, those of it."""
    pointers = dict.fromkeys(("CCL_id", "CPCL_id", "DCL_id", "DAL_id", "JCL_id", "ODCL_id", "PL_id"), 1)
    settings = {"id": 1, "metadata": {"by": "auto@auto"}, "createdAt": CREATED_AT} | pointers
    return [
        {
            "id": index,
            "name": name,
            "regexp": regexp,
            "enabled": True,
            "class": accepted_class,
            "run_from": FIRST_RUN,
            "run_to": LAST_RUN,
            "createdAt": CREATED_AT,
            "DatasetsAcceptedLists": [
                {"id": 1, "DatasetsAcceptedEntries": {"id": index, "DAL_id": 1}, "Settings": [settings]}
            ],
        }
        for index, (name, regexp, accepted_class) in enumerate(ACCEPTED, start=1)
        if run_class in ("", accepted_class)
    ]

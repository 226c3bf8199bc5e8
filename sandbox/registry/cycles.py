"""Certification calls and the datasets that Run Registry accepts. Both are derived; calls can be written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.registry.rows import CACHE, Row, dataset_rows, without

if TYPE_CHECKING:
    from sandbox.registry.state import RegistryState

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


@dataclass(frozen=True)
class Call:
    """A certification call: its datasets by run and name, and its state by workspace, pending or completed."""

    identifier: int
    name: str
    deadline: str
    keys: tuple[tuple[int, str], ...]
    attributes: Row = field(default_factory=lambda: {"global_state": "pending", "tracker_state": "pending"})
    created_at: str = CREATED_AT
    updated_at: str = CREATED_AT


def first_calls() -> dict[int, Call]:
    """Return the calls before any write, by id."""
    return {
        identifier: Call(identifier, name, deadline, _keys_between(first, last))
        for identifier, (name, deadline, first, last) in enumerate(CALLS, start=1)
    }


def _keys_between(first: int, last: int) -> tuple[tuple[int, str], ...]:
    keys = ((row["run_number"], row["name"]) for row in dataset_rows())
    return tuple(key for key in keys if first <= key[0] <= last and key[1].startswith("/PromptReco/Coll"))


def call_row(state: RegistryState, call: Call) -> Row:
    """Return a call with its datasets, as writes return it."""
    return {
        "id_cycle": call.identifier,
        "cycle_name": call.name,
        "cycle_attributes": call.attributes,
        "deadline": call.deadline,
        "deleted": False,
        "createdAt": call.created_at,
        "updatedAt": call.updated_at,
        "CycleDataset": [_call_dataset(call, row) for row in datasets_of(state, call)],
    }


def datasets_of(state: RegistryState, call: Call) -> list[Row]:
    """Return the datasets of a call, also hidden ones."""
    rows = (state.dataset(*key) for key in call.keys)
    return [without(row, "Run", CACHE) for row in rows if row]


def _call_dataset(call: Call, row: Row) -> Row:
    key = {"id_cycle": call.identifier, "run_number": row["run_number"], "name": row["name"]}
    return key | {"createdAt": call.created_at, "updatedAt": call.created_at, "Datasets": [row]}


def cycles(state: RegistryState) -> list[Row]:
    """Return the calls by deadline, which are the same in all workspaces."""
    calls = sorted(state.calls(), key=lambda call: call.deadline)
    return [call_row(state, call) | {"datasets": datasets_of(state, call)} for call in calls]


def datasets_accepted(_state: RegistryState, run_class: str = "") -> list[dict[str, Any]]:
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

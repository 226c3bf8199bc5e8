"""What people changed in the flags of a dataset, as the history of Run Registry has it."""

from infrastructure.http.budget import Budget
from registry.flag_history import fetch_manual_changes
from registry.writes import DatasetKey

DATASET = DatasetKey(315322, "/PromptReco/Collisions2018A/DQM")


def test_times_are_utc_whatever_their_offset(monkeypatch):
    entry = {
        "manual_change": True,
        "version": 7,
        "start": 1,
        "end": 2,
        "by": "dc@cern.ch",
        "createdAt": "2018-05-04T18:30:00.000+02:00",
        "jsonb": {"tracker-strip": {"status": "BAD", "comment": "FED 401"}},
    }
    monkeypatch.setattr("registry.flag_history.fetch_history", lambda *_: [entry])
    (change,) = fetch_manual_changes(DATASET, Budget(5))
    assert f"{change.at:%Y-%m-%d %H:%M}" == "2018-05-04 16:30"

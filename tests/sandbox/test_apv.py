"""The stand-in of the APV service."""

import pytest
import requests


def _answer(sandbox, query):
    return requests.get(f"{sandbox.base_url}/apv/getReadOutmode.pl?{query}", timeout=10)


@pytest.mark.parametrize(
    ("run", "answer"),
    [
        (314811, [["314811", "DECO"]]),  # collisions
        (314768, [["314768", "PEAK"]]),  # cosmics without protons
        (314207, []),  # no Tracker
        (999999, []),
    ],
)
def test_a_run_has_its_mode_and_another_none(sandbox, run, answer):
    assert _answer(sandbox, f"RUN={run}").json() == answer


@pytest.mark.parametrize("query", ["", "RUN=", "RUN=x", "RUN=99999999999"])
def test_run_number_is_required(sandbox, query):
    assert _answer(sandbox, query).status_code == 400


def test_bad_values_leave_out_the_mode(sandbox):
    sandbox.faults("apv", "bad-values")
    assert _answer(sandbox, "RUN=314811").json() == [["314811", None]]

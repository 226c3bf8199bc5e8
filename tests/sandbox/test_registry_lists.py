"""Run Registry over HTTP: one run, one dataset, histories, lists without a filter, requests of browsers."""

from __future__ import annotations

import pytest
import requests

RUN, PROMPT = 315257, "/PromptReco/Collisions2018A/DQM"
DATASET = {"run_number": RUN, "dataset_name": PROMPT}


@pytest.fixture
def get(sandbox):
    """GET below /registry, without any header of the client; returns the response."""
    return lambda path: requests.get(f"{sandbox.base_url}/registry/{path}", timeout=30)


@pytest.fixture
def post(sandbox):
    """POST below /registry; returns the response."""
    return lambda path, body: requests.post(f"{sandbox.base_url}/registry/{path}", json=body, timeout=30)


def test_one_run_has_its_flags_and_an_unknown_one_is_null(get):
    run = get(f"runs/{RUN}").json()
    assert (run["run_number"], run["rr_attributes"]["class"]) == (RUN, "Collisions18")
    assert run["DatasetTripletCache"]["triplet_summary"]["tracker-strip"]["GOOD"] == 96
    assert (get("runs/1").status_code, get("runs/1").json()) == (200, None)
    assert get("runs/x").json() == {"err": 'invalid input syntax for type integer: "x"'}


def test_last_updated_runs_are_fifty_with_the_newest_first(get):
    times = [run["oms_attributes"]["last_update"] for run in get("runs_lastupdated_50").json()]
    assert len(times) == 50
    assert times == sorted(times, reverse=True)


def test_history_of_a_run_is_its_creation(get):
    [event] = get(f"run_with_history/{RUN}").json()
    assert (event["run_number"], event["class"], event["by"]) == (RUN, "Collisions18", "auto@auto")
    assert event["Version"]["comment"] == event["comment"] == f"run {RUN} creation"
    assert get("run_with_history/1").json() == []


def test_waiting_datasets_are_those_of_the_filter(get, post):
    body = {"page": 0, "page_size": 50, "sortings": []}
    waiting = body | {"filter": {"dataset_attributes.global_state": {"=": "waiting dqm gui"}}}
    rows = post("datasets_filtered_ordered", waiting).json()["datasets"]
    listed = get("datasets_waiting").json()
    assert len(listed) == 10
    assert {row["run_number"] for row in listed} == {row["run_number"] for row in rows}
    assert "Run" not in listed[0]


def test_one_dataset_has_its_run_and_its_ranges(post):
    row = post("datasets/get_dataset", DATASET).json()
    assert (row["name"], row["dataset_attributes"]["tracker_state"]) == (PROMPT, "OPEN")
    assert row["Run"]["rr_attributes"]["state"] == "SIGNOFF"
    cache = row["DatasetTripletCache"]
    assert cache["rr_ranges"]["tracker-strip"] == {"EMPTY": [], "GOOD": [[1, 96]]}
    assert cache["rr_ranges"]["tracker-track"] == {"EMPTY": [], "NOTSET": [[1, 96]]}
    assert cache["dcs_ranges"]["bpix_ready"]["TRUE"] == [[1, 88], [91, 96]]
    assert cache["dcs_ranges"]["prescale_index"] == {"NULL": [], "TRUE": [], "EMPTY": [], "FALSE": []}


@pytest.mark.parametrize("body", [DATASET | {"run_number": 1}, DATASET | {"dataset_name": f"{PROMPT}\n"}])
def test_unknown_dataset_is_null(post, body):
    answer = post("datasets/get_dataset", body)
    assert (answer.status_code, answer.json()) == (200, None)


def test_dataset_without_a_name_is_an_error(post):
    answer = post("datasets/get_dataset", {"run_number": RUN})
    assert (answer.status_code, answer.json()) == (500, {"err": 'WHERE parameter "name" has invalid "undefined" value'})


def test_history_of_flags_has_an_event_for_each_range(post):
    events = post("lumisections/get_rr_lumisection_history", {"run_number": 315322, "dataset_name": "online"}).json()
    ranges = post("lumisections/rr_lumisection_ranges", {"run_number": 315322, "dataset_name": "online"}).json()
    assert [(event["start"], event["end"]) for event in events] == [(row["start"], row["end"]) for row in ranges]
    assert {(event["by"], event["manual_change"]) for event in events} == {("auto@auto", False)}
    assert events[0]["jsonb"]["tracker-pixel"]["status"] == ranges[0]["tracker-pixel"]["status"]


def test_history_of_detector_flags_is_that_of_the_online_run(post):
    online = post("lumisections/get_oms_lumisection_history", {"run_number": RUN, "dataset_name": "online"}).json()
    assert online[0]["jsonb"]["bpix_ready"] is True
    assert post("lumisections/get_oms_lumisection_history", DATASET).json() == []


def test_ranges_by_detector_flag_cover_the_run(post):
    bits = post("lumisections/oms_lumisection_ranges_by_dcs_bit", {"run_number": 315322}).json()
    assert {ranges[-1]["end"] for ranges in bits.values()} == {1390}
    assert {entry["status"] for entry in bits["bpix_ready"]} == {True, False}
    assert len(bits["bpix_ready"]) < 20 < len(bits["recorded"]) + 20


def test_versions_are_paged_with_the_newest_first(post):
    page = post("versions/get_versions", {"page": 0, "page_size": 3}).json()
    numbers = [row["atomic_version"] for row in page["versions"]]
    assert numbers == [page["count"], page["count"] - 1, page["count"] - 2]
    assert post("versions/get_versions", {}).json() == {"err": 'column "nan" does not exist'}


def test_calls_and_accepted_datasets_by_name(get):
    assert get("cycles/tracker").json() == get("cycles/global").json()
    names = {row["class"] for row in get("datasets_accepted/Cosmics18").json()}
    assert (names, get("datasets_accepted/nope").json()) == ({"Cosmics18"}, [])


def test_workspaces_have_the_columns_of_their_flags(get):
    tracker = {row["workspace"]: row["columns"] for row in get("workspaces/offline").json()}["tracker"]
    online = {row["workspace"]: row["columns"] for row in get("workspaces/online").json()}["tracker"]
    assert (tracker, online) == (["pixel", "strip", "track"], ["pixel", "strip"])
    assert get("workspaces/nope").json() == []


@pytest.mark.parametrize("path", ["runs_filtered_ordered", "datasets/tracker/move_dataset/OPEN/SIGNOFF"])
def test_browsers_may_ask_from_other_sites(sandbox, path):
    headers = {"Origin": "https://example.org", "Access-Control-Request-Headers": "content-type,email"}
    answer = requests.options(f"{sandbox.base_url}/registry/{path}", headers=headers, timeout=10)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "content-type,email"


def test_rows_of_equal_rank_are_in_another_order_on_another_page(post):
    """Pages of a sorted query repeat rows, so that a client that sorts by what is not unique shows it."""
    body = {"page_size": 40, "filter": {"run_number": {">": 315900}}, "sortings": [["rr_attributes.class", "ASC"]]}
    pages = [post("runs_filtered_ordered", body | {"page": number}).json()["runs"] for number in range(4)]
    numbers = [row["run_number"] for page in pages for row in page]
    assert len(numbers) > len(set(numbers))
    classes = [row["rr_attributes"]["class"] for page in pages for row in page]
    assert classes == sorted(classes)


def test_head_has_the_status_without_the_body(sandbox):
    answers = [requests.head(f"{sandbox.base_url}/registry/{path}", timeout=10) for path in (f"runs/{RUN}", "nope")]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b""), (404, b"")]
    assert int(answers[0].headers["Content-Length"]) > 1000


@pytest.mark.parametrize(
    ("method", "path", "empty"),
    [
        ("GET", f"runs/{RUN}", None),
        ("GET", "runs_lastupdated_50", []),
        ("POST", "datasets/get_dataset", None),
        ("POST", "versions/get_versions", {"versions": [], "pages": 0, "count": 0}),
        ("POST", "runs_filtered_ordered", {"runs": [], "pages": 0, "count": 0}),
        ("POST", "lumisections/oms_lumisection_ranges_by_dcs_bit", {}),
        ("POST", "lumisections/rr_lumisections", []),
    ],
)
def test_fault_not_found_is_the_empty_answer_of_each_address(sandbox, method, path, empty):
    sandbox.faults("registry", "not-found")
    answer = requests.request(method, f"{sandbox.base_url}/registry/{path}", json=DATASET, timeout=10)
    assert (answer.status_code, answer.json()) == (200, empty)

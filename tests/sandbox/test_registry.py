"""Run Registry over HTTP: filter grammar, paging, sorting, lumisections, errors."""

from __future__ import annotations

from itertools import pairwise

import pytest
import requests

PROMPT, EXPRESS = "/PromptReco/Collisions2018A/DQM", "/Express/Collisions2018/DQM"
RERECO = "/ReReco/Run2018A_17Sep2018/DQM"
HEADERS = {"Content-type": "application/json", "email": "api@api"}
# All GLOBAL-RUN runs, and all datasets including `online`.
ALL_RUNS, ALL_DATASETS = 866, 1782


@pytest.fixture
def post(sandbox):
    """POST below /registry; returns the response."""

    def send(path: str, body) -> requests.Response:
        return requests.post(f"{sandbox.base_url}/registry/{path}", json=body, headers=HEADERS, timeout=30)

    return send


@pytest.fixture
def datasets(post):
    """(run, name) of the datasets that match a filter."""

    def ask(filters, **options):
        body = {"page": 0, "page_size": 5000, "filter": filters, "sortings": []} | options
        answer = post("datasets_filtered_ordered", body)
        assert answer.status_code == 200, answer.text
        return [(row["run_number"], row["name"]) for row in answer.json()["datasets"]]

    return ask


@pytest.fixture
def run_numbers(post):
    """The runs that match a filter."""

    def ask(filters, **options):
        body = {"page": 0, "page_size": 5000, "filter": filters, "sortings": []} | options
        return [row["run_number"] for row in post("runs_filtered_ordered", body).json()["runs"]]

    return ask


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (315257, [315257]),
        ({"=": 315257}, [315257]),
        ({"=": "315257"}, [315257]),
        ([315257, 315259], [315259, 315257]),
        ({"or": [{"=": 315257}, 315259]}, [315259, 315257]),
        ({"and": [{">=": 315257}, {"<=": 315259}, {"<>": 315258}]}, [315259, 315257]),
        ({">": 315257, "<": 315260}, [315259, 315258]),
        ({"OR": [{"AND": [{">": 315258}, {"<": 315260}]}, {"=": 315257}]}, [315259, 315257]),
        ({"=": 99999999999}, []),
        ({"=": 1}, []),
    ],
)
def test_operators_on_the_run_number(run_numbers, condition, expected):
    assert run_numbers({"run_number": condition}) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"like": "%PROMPTRECO%"}, [PROMPT]),
        ({"LIKE": "%promptreco%"}, [PROMPT]),
        ({"like": "PromptReco"}, []),
        ({"like": "/Express/Collisions201_/DQM"}, [EXPRESS]),
        ({"like": "%\\_UL%"}, ["/ReReco/Run2018A_UL2019/DQM"]),
        ({"and": [{"notlike": "%ONLINE%"}, {"notlike": "%rereco%"}]}, [EXPRESS, PROMPT]),
        ({"NOTLIKE": "%ReReco%"}, [EXPRESS, PROMPT, "online"]),
        ({"and": [{"NOTLIKE": "%PROMPTRECO%"}, {"notlike": "%ReReco%"}]}, [EXPRESS, PROMPT, "online"]),
        ({"<>": "online"}, [EXPRESS, PROMPT, "/ReReco/Run2018A_17Sep2018/DQM", "/ReReco/Run2018A_UL2019/DQM"]),
    ],
)
def test_like_and_its_case(datasets, condition, expected):
    assert [name for _, name in datasets({"run_number": 315257, "name": condition})] == expected


@pytest.mark.parametrize("filters", [{}, None, "text", {"run_number": {"or": []}}, {"or": []}, {"and": []}])
def test_an_empty_filter_matches_everything(datasets, filters):
    assert len(datasets(filters)) == ALL_DATASETS


def test_missing_filter_matches_everything(post):
    body = post("runs_filtered_ordered", {"page": 0, "page_size": 1, "filters": {"run_number": 1}}).json()
    assert body["count"] == ALL_RUNS


def test_null_matches_neither_equal_nor_different(datasets):
    online = [(315257, "online")]
    different = datasets({"run_number": 315257, "dataset_attributes.tracker_state": {"<>": "COMPLETED"}})
    equal = datasets({"run_number": 315257, "dataset_attributes.tracker_state": {"=": "COMPLETED"}})
    assert not set(online) & set(different + equal)
    assert datasets({"run_number": 315257, "dataset_attributes.tracker_state": {"=": None}}) == online


def test_filters_on_json_columns(datasets, run_numbers):
    assert datasets({"run_number": {"<": 314250}, "dataset_attributes.tracker_state": {"=": "OPEN"}}) == []
    waiting = datasets({"dataset_attributes.tracker_state": {"=": "waiting dqm gui"}})
    assert {name for _, name in waiting} == {PROMPT}
    assert len(waiting) == 10
    assert len(run_numbers({"rr_attributes.class": {"=": "Collisions18"}})) == 210
    assert len(run_numbers({"rr_attributes.significant": {"=": False}})) == 45
    assert 315257 in run_numbers({"oms_attributes.energy": {">": 6000}})
    assert 314206 not in run_numbers({"oms_attributes.energy": {">": 6000}})
    assert run_numbers({"oms_attributes.start_time": {">": "2018-05-13"}}) == [316201, 316200]


def test_filter_on_flags_counts_lumisections(datasets):
    found = datasets({"triplet_summary.tracker-track.BAD": {">": 0}, "run_number": 315259})
    assert [name.split("/")[1] for _, name in found] == ["ReReco", "ReReco"]
    assert len(datasets({"triplet_summary.tracker-track.NOTSET": {">": 0}, "run_number": 315259})) == 2


def test_top_level_and_with_or_over_one_table(datasets):
    filters = {"and": [{"name": {"=": PROMPT}}, {"or": [{"run_number": 315257}, {"run_number": 315259}]}]}
    assert datasets(filters) == [(315259, PROMPT), (315257, PROMPT)]


def test_or_across_tables_becomes_and(datasets):
    filters = {"or": [{"name": {"=": EXPRESS}}, {"rr_attributes.class": {"=": "Cosmics18"}}]}
    assert datasets(filters) == []


def test_or_list_of_3000_runs(datasets):
    filters = {"run_number": {"or": [{"=": number} for number in range(314206, 317206)]}}
    assert len(datasets(filters)) == ALL_DATASETS


@pytest.mark.parametrize(
    ("path", "body", "err"),
    [
        ("datasets", {"run_number": {"=": "abc"}}, 'invalid input syntax for type integer: "abc"'),
        ("runs", {"run_number": {"=": [1, 2]}}, 'invalid input syntax for type integer: "1,2"'),
        ("datasets", {"nonsense": {"=": 1}}, "column Dataset.nonsense does not exist"),
        ("runs", {"number": {"=": 1}}, "column Run.number does not exist"),
        ("runs", {"name": {"=": "online"}}, "column Run.name does not exist"),
        ("datasets", {"run_number": {"like": "3%"}}, "operator does not exist: integer ~~* unknown"),
        (
            "datasets",
            {"rr_attributes.class": {">": 1}},
            'invalid input syntax for type double precision: "Collisions18"',
        ),
    ],
)
def test_errors_are_500_with_the_database_message(post, path, body, err):
    body = body | ({"name": PROMPT} if "rr_attributes.class" in body else {})
    answer = post(f"{path}_filtered_ordered", {"page": 0, "filter": body, "page_size": 50, "sortings": []})
    assert (answer.status_code, answer.json()) == (500, {"err": err})


@pytest.mark.parametrize(
    ("body", "err"),
    [
        ("{not json", "Expected property name or '}' in JSON at position 1"),
        ('{"page": x}', "Unexpected token x in JSON at position 9"),
        ('{"page": ', "Unexpected end of JSON input"),
    ],
)
def test_invalid_body_is_500_with_the_message_of_node(sandbox, body, err):
    url = f"{sandbox.base_url}/registry/runs_filtered_ordered"
    answer = requests.post(url, data=body, headers=HEADERS, timeout=10)
    assert (answer.status_code, answer.json()) == (500, {"err": err})


def test_pages_are_counted_and_follow_each_other(post):
    filters = {"run_number": {"and": [{">=": 315257}, {"<=": 315270}]}}
    pages = [
        post("datasets_filtered_ordered", {"page": n, "page_size": 7, "filter": filters, "sortings": []}).json()
        for n in range(4)
    ]
    rows = [(row["run_number"], row["name"]) for page in pages for row in page["datasets"]]
    assert {(page["pages"], page["count"]) for page in pages} == {(-(-pages[0]["count"] // 7), pages[0]["count"])}
    assert len(rows) == len(set(rows))
    assert [run for run, _ in rows] == sorted((run for run, _ in rows), reverse=True)


def test_page_size_zero_gives_no_pages(post):
    body = post("datasets_filtered_ordered", {"page": 0, "page_size": 0, "filter": {}, "sortings": []}).json()
    assert body == {"datasets": [], "pages": None, "count": ALL_DATASETS}


def test_page_size_has_no_upper_limit(post):
    body = post("runs_filtered_ordered", {"page": 0, "page_size": 1000, "filter": {}, "sortings": []}).json()
    assert (len(body["runs"]), body["pages"]) == (ALL_RUNS, 1)


def test_sortings(datasets, run_numbers):
    filters = {"run_number": {"or": [315257, 315259]}, "name": {"or": [EXPRESS, PROMPT]}}
    found = datasets(filters, sortings=[["run_number", "ASC"], ["name", "DESC"]])
    assert found == [(315257, PROMPT), (315257, EXPRESS), (315259, PROMPT), (315259, EXPRESS)]
    by_time = run_numbers({"run_number": {">": 316000}}, sortings=[["oms_attributes.start_time", "ASC"]])
    assert by_time == sorted(by_time)
    nulls = run_numbers({}, sortings=[["oms_attributes.b_field", "ASC"]])
    assert 314206 in nulls[285:]


def test_datasets_cannot_be_sorted_by_most_of_oms(post):
    body = {"page": 0, "page_size": 5, "filter": {}, "sortings": [["oms_attributes.start_time", "ASC"]]}
    answer = post("datasets_filtered_ordered", body)
    assert (answer.status_code, answer.json()["err"]) == (500, "Cannot read properties of undefined (reading 'type')")


def test_lumisection_ranges_are_contiguous_and_name_the_reason(post):
    ranges = post("lumisections/rr_lumisection_ranges", {"run_number": 315267, "dataset_name": RERECO}).json()
    assert ranges[0]["start"] == 1
    assert all(current["end"] + 1 == following["start"] for current, following in pairwise(ranges))
    bad = [(current["start"], current["end"]) for current in ranges if current["tracker-track"]["status"] == "BAD"]
    assert bad[0][0] == 245
    assert ranges[1]["tracker-track"]["comment"] == "outside the golden lumisections of 2018"


def test_lumisections_and_ranges_agree(post):
    body = {"run_number": 315322, "dataset_name": PROMPT}
    each = post("lumisections/rr_lumisections", body).json()
    ranges = post("lumisections/rr_lumisection_ranges", body).json()
    columns = post("lumisections/rr_lumisection_ranges_by_component", body).json()
    assert len(each) == ranges[-1]["end"] == 1390
    for item in ranges:
        assert (
            each[item["start"] - 1]["tracker-pixel"] == each[item["end"] - 1]["tracker-pixel"] == item["tracker-pixel"]
        )
    assert len(columns["dt-dt"]) == 1
    assert (
        sum(item["end"] - item["start"] + 1 for item in columns["tracker-pixel"] if item["status"] == "STANDBY") == 58
    )


def test_oms_lumisections_have_luminosity_per_lumisection(post):
    rows = post("lumisections/oms_lumisections", {"run_number": 315257, "dataset_name": "online"}).json()
    assert len(rows) == 96
    assert sum(row["recorded"] for row in rows) == pytest.approx(7.958, rel=0.02)
    assert rows[-1]["recorded"] == 0.0


def test_missing_lumisection_has_an_error_and_an_empty_range(post):
    rows = post("lumisections/oms_lumisections", {"run_number": 316062, "dataset_name": "online"}).json()
    assert len(rows) == 51
    assert rows.count({"err": "No data available for this lumisection"}) == 3
    ranges = post("lumisections/rr_lumisection_ranges", {"run_number": 314372, "dataset_name": "online"}).json()
    assert (ranges[0]["end"], ranges[0]["tracker-pixel"]["status"]) == (4, "EMPTY")


@pytest.mark.parametrize("name", ["oms_lumisections", "oms_lumisection_ranges", "joint_lumisection_ranges"])
@pytest.mark.parametrize("run", [314749, 999999])
def test_run_without_rows_has_no_lumisections(post, name, run):
    answer = post(f"lumisections/{name}", {"run_number": run, "dataset_name": "online"})
    assert (answer.status_code, answer.json()) == (200, [])


def test_joint_ranges_break_at_each_change_of_luminosity(post):
    ranges = post("lumisections/joint_lumisection_ranges", {"run_number": 315257, "dataset_name": PROMPT}).json()
    assert ranges[-1]["end"] == 96
    assert len(ranges) > 80
    for earlier, later in pairwise(ranges):
        assert later["start"] == earlier["end"] + 1
        assert {**earlier, "start": 0, "end": 0} != {**later, "start": 0, "end": 0}


@pytest.mark.parametrize("name", ["oms_lumisections", "joint_lumisection_ranges"])
def test_unknown_dataset_of_a_known_run_has_the_rows_of_oms(post, name):
    rows = post(f"lumisections/{name}", {"run_number": 315257, "dataset_name": "/nope/DQM"}).json()
    assert "bpix_ready" in rows[0] and "tracker-pixel" not in rows[0]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"page_size": "x"}, 'column "nan" does not exist'),
        ({"page_size": -1}, "LIMIT must not be negative"),
        ({"page": {}}, None),
        ({"page": "x"}, 'column "nan" does not exist'),
        ({"page": -1}, "OFFSET must not be negative"),
        ({"sortings": [["run_number", "sideways"]]}, "column Dataset.sideways does not exist"),
        ({"filter": {"dcs_summary.x": {">": 1}}}, "column Dataset.dcs_summary.x does not exist"),
        ({"filter": {"run_number": {"~": 1}}}, 'invalid input syntax for type integer: "[object Object]"'),
        ({"filter": {"name": {"contains": "a"}}}, "cannot determine type of empty array"),
        ({"filter": {"datasets_in_gui": {"contains": ["a"]}}}, None),
    ],
)
def test_odd_queries_are_answered_as_by_the_backend(post, changes, error):
    body = {"page": 0, "page_size": 1, "filter": {}, "sortings": []} | changes
    answer = post("datasets_filtered_ordered", body)
    assert answer.status_code == (500 if error else 200)
    assert answer.json().get("err") == error


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "Cannot convert undefined or null to object"),
        ([], "Cannot convert undefined or null to object"),
        ({"filter": {}}, "Cannot read properties of undefined (reading 'map')"),
    ],
)
def test_query_of_datasets_needs_filter_and_sortings(post, body, error):
    assert post("datasets_filtered_ordered", body).json() == {"err": error}


def test_deleted_is_overruled(datasets):
    assert len(datasets({"deleted": {"=": True}})) == ALL_DATASETS


def test_an_unknown_dataset_has_no_lumisections(post):
    assert post("lumisections/rr_lumisections", {"run_number": 315257, "dataset_name": "/nope/DQM"}).json() == []


@pytest.mark.parametrize("path", ["nope", "lumisections/nope", "rr_lumisections", "runs/nope"])
def test_unknown_address_is_404_in_html(post, path):
    answer = post(path, {})
    assert answer.status_code == 404
    assert f"<pre>Cannot POST /{path}</pre>" in answer.text

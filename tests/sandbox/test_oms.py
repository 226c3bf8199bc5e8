"""OMS over HTTP: grammar, paging, units, tokens, errors."""

from __future__ import annotations

import pytest
import requests

AUDIENCE = "cmsoms-prod"


@pytest.fixture
def ask(sandbox):
    """GET below /agg/api/v1 with a valid token; returns the response."""
    headers = {"Authorization": f"Bearer {sandbox.token(AUDIENCE)}"}
    return lambda path: requests.get(f"{sandbox.base_url}/oms/agg/api/v1/{path}", headers=headers, timeout=10)


def _numbers(answer) -> list[int]:
    return [row["attributes"]["run_number"] for row in answer.json()["data"]]


def test_run_by_filter_has_its_attributes_and_link(ask, sandbox):
    body = ask("runs?filter[run_number][EQ]=315257").json()
    row = body["data"][0]
    assert (row["id"], row["type"], row["attributes"]["fill_number"]) == ("315257", "runs", 6615)
    assert row["attributes"]["components"][-2:] == ["TRACKER", "TRG"]
    assert row["links"]["self"] == f"{sandbox.base_url}/oms/agg/api/v1/runs/315257"
    assert body["meta"] == {"totalResourceCount": 1}
    assert "meta" not in row


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("filter[run_number]=315257", [315257]),
        ("filter[run_number][eq]=315257", [315257]),
        ("filter%5Brun_number%5D%5BEQ%5D=315257", [315257]),
        ("filter[run_number][GE]=315264&filter[run_number][LE]=315266", [315266, 315265, 315264]),
        ("filter[run_number][GT]=315264&filter[run_number][LT]=315266", [315265]),
        (
            "filter[run_number][GE]=315264&filter[run_number][LE]=315266&filter[run_number][NEQ]=315265",
            [315266, 315264],
        ),
        ("filter[end_time]=null", [314805, 314406]),
        ("filter[fill_number]=6615&filter[stable_beam]=true&filter[last_lumisection_number][GT]=90", [315259, 315257]),
        ("filter[fill_number]=6615&filter[stable_beam][EQ]=True&filter[run_number][LT]=315244", [315243, 315242]),
        ("filter[start_time][GE]=2018-05-13T00:00:00Z&filter[sequence]=GLOBAL-RUN", [316201, 316200]),
        (
            "filter[hlt_key][LIKE]=%25/2e34/%25&filter[fill_number]=6615&filter[run_number][LE]=315240",
            [315240, 315229, 315205],
        ),
        ("filter[hlt_key][CT]=PHYSICS&filter[fill_number]=6615&filter[run_number][GE]=315258", [315259, 315258]),
        ("filter[run_number]=1", []),
    ],
)
def test_filters_select(ask, query, expected):
    answer = ask(f"runs?{query}&page[limit]=100")
    found = _numbers(answer)
    assert answer.status_code == 200
    assert found == expected


def test_null_is_neither_equal_nor_different(ask):
    with_field = ask("runs?filter[b_field][NEQ]=null&page[limit]=1").json()["meta"]["totalResourceCount"]
    equal = ask("runs?filter[b_field][EQ]=3.801&page[limit]=1").json()["meta"]["totalResourceCount"]
    different = ask("runs?filter[b_field][NEQ]=3.801&page[limit]=1").json()["meta"]["totalResourceCount"]
    assert (with_field, equal, different) == (285, 285, 0)


def test_sort_takes_several_keys_and_puts_nulls_last(ask):
    rows = ask("runs?sort=-fill_number,run_number&page[limit]=100&filter[fill_number][GE]=6674").json()["data"]
    order = [(-row["attributes"]["fill_number"], row["attributes"]["run_number"]) for row in rows]
    assert len({fill for fill, _ in order}) > 1
    assert order == sorted(order)
    for direction in ("", "-"):
        last = ask(f"runs?sort={direction}fill_number&page[offset]=1230&page[limit]=1").json()["data"][0]
        assert last["attributes"]["fill_number"] is None


def test_default_is_newest_first_ten_a_page(ask):
    found = _numbers(ask("runs"))
    assert len(found) == 10
    assert found[0] == 316201
    assert found == sorted(found, reverse=True)


def test_pages_link_to_each_other(ask):
    body = ask("runs?fields=run_number&page[limit]=500&page[offset]=500").json()
    assert body["meta"]["totalResourceCount"] == 1231
    following = requests.utils.unquote(body["links"]["next"])
    assert "page[offset]=1000" in following
    assert "fields=run_number" in following
    assert "page[offset]=0" in requests.utils.unquote(body["links"]["prev"])
    last = ask("runs?page[limit]=500&page[offset]=1000").json()
    assert last["links"]["next"] is None
    assert len(last["data"]) == 231


def test_a_link_leads_to_the_next_page(ask, sandbox):
    first = ask("runs?page[limit]=3").json()
    path = first["links"]["next"].split("/agg/api/v1/")[1]
    assert max(_numbers(ask(path))) < min(row["attributes"]["run_number"] for row in first["data"])


def test_fields_narrow_the_attributes(ask):
    row = ask("runs?fields=run_number,recorded_lumi&filter[run_number]=315257").json()["data"][0]
    assert row["attributes"] == {"run_number": 315257, "recorded_lumi": 7.9583984375}


def test_units_are_included_only_on_request(ask):
    row = ask("runs?include=meta&filter[run_number]=315257").json()["data"][0]
    assert row["meta"]["row"] == {
        "delivered_lumi": {"units": "pb^{-1}"},
        "recorded_lumi": {"units": "pb^{-1}"},
        "init_lumi": {"units": "10^{34}cm^{-2}s^{-1}"},
        "end_lumi": {"units": "10^{34}cm^{-2}s^{-1}"},
        "b_field": {"units": "T"},
        "energy": {"units": "GeV"},
    }
    without_fill = ask("runs?include=meta&filter[run_number]=314207").json()["data"][0]
    assert without_fill["meta"]["row"] == {}


def test_include_data_only_and_timestamp(ask):
    assert set(ask("runs?include=data_only").json()) == {"data"}
    assert "presentation_timestamp" in ask("runs?include=meta,presentation_timestamp").json()["meta"]


def test_fill_has_figures_of_the_fill_table(ask):
    row = ask("fills?filter[fill_number]=6675&include=meta").json()["data"][0]
    assert (row["attributes"]["peak_lumi"], row["attributes"]["bunches_colliding"]) == (2.044, 2544)
    assert row["meta"]["row"]["peak_lumi"] == {"units": "10^{34}cm^{-2}s^{-1}"}


def test_lumisections_of_a_run_in_order(ask):
    body = ask("lumisections?filter[run_number]=315257&sort=lumisection_number&page[limit]=1000").json()
    assert [row["attributes"]["lumisection_number"] for row in body["data"]] == list(range(1, 97))
    assert body["data"][0]["id"] == "315257_1"
    assert [row["attributes"]["cms_active"] for row in body["data"][-4:]] == [False] * 4


@pytest.mark.parametrize("path", ["runs/315257", "fills/6615", "lumisections/315257_1", "runs/315257/"])
def test_a_row_by_id_is_one_object(ask, path):
    body = ask(path).json()
    assert body["data"]["id"] == path.strip("/").split("/")[1]


@pytest.mark.parametrize("path", ["runs/1", "runs/abc", "fills/1", "lumisections/315257_999", "downtimes", "runs/1/2"])
def test_unknown_id_or_resource_is_404(ask, path):
    answer = ask(path)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["status"] == "404"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("filter[lumiseciton][EQ]=1", "lumiseciton"),
        ("sort=-nope", "nope"),
        ("fields=run_number,nope", "nope"),
        ("filter[run_number][OR]=1", "OR"),
        ("filter[run_number]=abc", "abc"),
        ("page[limit]=0", "page[limit]"),
        ("colour=red", "colour"),
    ],
)
def test_invalid_query_is_400_with_the_cause(ask, query, named):
    answer = ask(f"runs?{query}")
    assert answer.status_code == 400
    assert named in answer.json()["errors"][0]["detail"]


def test_meta_and_endpoints(ask):
    fields = ask("runs/meta").json()["meta"]["fields"]
    assert {"run_number", "recorded_lumi", "hlt_key"} <= fields.keys()
    assert fields["run_number"]["searchable"] is True
    names = {row["id"] for row in ask("version/endpoints").json()["data"]}
    assert names == {"runs", "fills", "lumisections"}


@pytest.mark.parametrize("audience", ["cmsrunregistry-sso-proxy", "cmsoms-int-0185"])
def test_token_of_another_audience_is_401(sandbox, audience):
    headers = {"Authorization": f"Bearer {sandbox.token(audience)}"}
    answer = requests.get(f"{sandbox.base_url}/oms/agg/api/v1/runs", headers=headers, timeout=10)
    assert answer.status_code == 401


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"email": "api@api"}])
def test_request_without_a_valid_token_is_401(sandbox, headers):
    assert requests.get(f"{sandbox.base_url}/oms/agg/api/v1/runs", headers=headers, timeout=10).status_code == 401

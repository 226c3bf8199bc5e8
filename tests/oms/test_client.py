import json
import time
from base64 import b64decode

import pytest

from infrastructure.http import status
from infrastructure.http.budget import Budget
from infrastructure.http.results import Found, Missing, Unreachable
from oms import client, pages
from tests.infrastructure.http.local_server import Answer
from tests.oms.rows import answer, fill_row, run_row
from tests.waiting import HANG_S, PATIENCE_S


def state_of_oms():
    return {state.name: state for state in status.service_states()}["oms"]


def served(*rows, page=1000):
    """A service that filters these rows by number and paginates them."""

    def handle(request):
        query = {name: values[0] for name, values in request["query"].items()}
        key = "run_number" if request["path"].endswith("runs") else "fill_number"
        first = int(query.get(f"filter[{key}][GE]") or query.get(f"filter[{key}][EQ]"))
        last = int(query.get(f"filter[{key}][LE]") or query.get(f"filter[{key}][EQ]"))
        matching = [row for row in rows if first <= row["attributes"][key] <= last]
        offset = int(query["page[offset]"])
        return Answer(answer(*matching[offset : offset + page], total=len(matching)))

    return handle


def test_run_of_the_sandbox_is_found_in_one_call(sandbox):
    result = client.fetch_run(315270, Budget(5))
    assert isinstance(result, Found)
    assert (result.value.run_number, result.value.fill_number, result.value.run_type) == (315270, 6616, "collisions")
    assert len(sandbox.requests("oms")) == len(sandbox.requests("sso")) == 1


def test_fill_of_the_sandbox_is_found(sandbox):
    result = client.fetch_fill(6616, Budget(5))
    assert isinstance(result, Found)
    assert result.value.first_run_number <= 315270 <= result.value.last_run_number


def test_request_names_fields_and_includes_units(sandbox):
    client.fetch_run(315270, Budget(5))
    query = sandbox.requests("oms")[0]["query"]
    assert "fields=run_number" in query
    assert "last_lumisection_number" in query
    assert "include=meta" in query


def test_unknown_run_is_missing_with_advice(sandbox):
    missing = client.fetch_run(999999, Budget(5))
    assert isinstance(missing, Missing)
    assert missing.sentence == "OMS does not know run 999999. Type the missing values, or check the number."


@pytest.mark.parametrize("mode", ["refuse", "500"])
def test_failing_oms_is_unreachable_with_a_sentence(sandbox, mode):
    sandbox.faults("oms", mode)
    unreachable = client.fetch_run(315270, Budget(5))
    assert isinstance(unreachable, Unreachable)
    assert unreachable.service == "oms"
    assert unreachable.sentence.startswith("OMS ")
    assert state_of_oms().is_out


def test_hanging_oms_ends_with_the_budget(sandbox):
    sandbox.faults("oms", "hang", seconds=HANG_S)
    pages.tokens.token_for("oms", pages._token_client(), Budget(5))
    start = time.monotonic()
    unreachable = client.fetch_run(315270, Budget(1))
    assert time.monotonic() - start < PATIENCE_S
    assert unreachable.sentence == "OMS did not answer within 1 s. Type the missing values, or try again."


def test_revoked_token_is_renewed(sandbox):
    client.fetch_run(315270, Budget(5))
    sandbox.revoke_tokens()
    assert isinstance(client.fetch_run(315270, Budget(5)), Found)


def test_oms_can_have_separate_client_credentials(stand_in, settings):
    settings.OMS_CLIENT_ID, settings.OMS_CLIENT_SECRET = "oms-reader", "its-secret"
    stand_in.answer_with(Answer(answer(run_row())))
    client.fetch_run(315270, Budget(5))
    basic = stand_in.received[0]["headers"]["Authorization"].split()[1]
    assert b64decode(basic) == b"oms-reader:its-secret"
    assert "audience=cmsoms-prod" in stand_in.received[0]["body"]


def test_missing_url_is_reported_with_the_setting(settings):
    settings.OMS_URL = ""
    settings.OMS_AUDIENCE = ""
    assert "OMS_URL is empty" in client.fetch_run(315270, Budget(5)).sentence


def test_many_runs_near_each_other_need_one_call(sandbox):
    numbers = [315257, 315259, 315264, 315265, 315267, 315270]
    read = client.fetch_many(client.RUNS, numbers, Budget(5))
    assert (sorted(read.facts), read.problem) == (numbers, None)
    assert len(sandbox.requests("oms")) == 1


def test_no_runs_need_no_call(sandbox):
    assert client.fetch_many(client.RUNS, [], Budget(5)).facts == {}
    assert sandbox.requests() == []


def test_unknown_numbers_are_absent_from_the_result(sandbox):
    read = client.fetch_many(client.FILLS, [6616, 99_999], Budget(5))
    assert (sorted(read.facts), read.problem) == ([6616], None)


@pytest.mark.parametrize("body", [[], {"errors": []}, {"data": None}, {"data": {}}, "text", None])
def test_response_without_data_is_unreachable_and_a_failure(stand_in, body):
    stand_in.answer_with(Answer(body))
    unreachable = client.fetch_run(315270, Budget(5))
    assert unreachable.sentence == "OMS answered in an unknown form (data). Type the missing values, or try again."
    assert state_of_oms().is_out


def test_unknown_unit_costs_its_value_and_not_the_run(stand_in):
    stand_in.answer_with(Answer(answer(run_row(units={"recorded_lumi": "furlong"}))))
    found = client.fetch_run(315270, Budget(5))
    assert (found.value.recorded_lumi, found.value.delivered_lumi) == (None, 81.2)
    assert found.value.raw_values["recorded_lumi"]["problem"] == "unknown unit"


def test_nan_costs_its_value_and_not_the_answer(stand_in):
    body = json.dumps(answer(run_row(energy=float("nan")), run_row(315271))).encode()
    assert b"NaN" in body
    stand_in.answer_with(Answer(body=body))
    read = client.fetch_many(client.RUNS, [315270, 315271], Budget(5))
    assert [facts.energy for facts in read.facts.values()] == [None, 6500]
    assert read.problem is None


@pytest.mark.parametrize("total", [-5, True, 0, "2", 1.5, None])
def test_odd_total_does_not_cut_the_pages(stand_in, total):
    pages = [answer(run_row(number), total=2) for number in (1, 2)]
    for page, following in zip(pages, ("…", None), strict=True):
        page["meta"]["totalResourceCount"], page["links"]["next"] = total, following
    stand_in.answer_with(lambda request: Answer(pages[int(request["query"]["page[offset]"][0])]))
    assert sorted(client.fetch_many(client.RUNS, [1, 2], Budget(5)).facts) == [1, 2]


def test_response_for_another_run_is_ignored(stand_in):
    stand_in.answer_with(Answer(answer(run_row(315271))))
    assert isinstance(client.fetch_run(315270, Budget(5)), Missing)


def test_renamed_attribute_costs_one_further_call(stand_in, monkeypatch):
    """OMS can reject the whole request for an attribute that it no longer has."""
    monkeypatch.setattr(pages, "_rejected_fields", set())
    stand_in.answer_with(
        lambda request: Answer({"errors": []}, 400) if "fields" in request["query"] else Answer(answer(run_row()))
    )
    assert client.fetch_run(315270, Budget(5)).value.recorded_lumi == 78.15
    assert client.fetch_run(315270, Budget(5)).value.recorded_lumi == 78.15
    assert ["fields" in call["query"] for call in stand_in.data_calls()] == [True, False, False]
    assert not state_of_oms().is_out


def test_other_client_errors_are_not_treated_as_a_rename(stand_in, monkeypatch):
    monkeypatch.setattr(pages, "_rejected_fields", set())
    stand_in.answer_with(Answer({"errors": []}, 400))
    assert "(400)" in client.fetch_run(315270, Budget(5)).sentence
    assert pages._rejected_fields == set()


def test_pages_are_followed_to_the_end(stand_in):
    numbers = range(315000, 315025)
    stand_in.answer_with(served(*[run_row(number) for number in numbers], page=10))
    assert sorted(client.fetch_many(client.RUNS, numbers, Budget(5)).facts) == list(numbers)
    assert [call["query"]["page[offset]"] for call in stand_in.data_calls()] == [["0"], ["10"], ["20"]]


def test_links_indicate_more_pages_without_a_total(stand_in):
    first, second = answer(run_row(1)), answer(run_row(2))
    for body in (first, second):
        del body["meta"]
    first["links"]["next"] = "…"
    stand_in.answer_with(lambda request: Answer(first if request["query"]["page[offset]"] == ["0"] else second))
    assert sorted(client.fetch_many(client.RUNS, [1, 2], Budget(5)).facts) == [1, 2]


def test_paging_stops_at_an_empty_page(stand_in):
    stand_in.answer_with(Answer(answer(total=10_000)))
    assert client.fetch_many(client.RUNS, [1], Budget(5)).facts == {}
    assert len(stand_in.data_calls()) == 1


def test_at_most_eight_calls_are_concurrent(stand_in):
    active, counts = [], []

    def slow(_):
        active.append(1)
        counts.append(len(active))
        time.sleep(0.05)
        active.pop()
        return Answer(answer())

    stand_in.answer_with(slow)
    client.fetch_many(client.RUNS, range(100_000, 900_000, 40_000), Budget(5))
    assert len(stand_in.data_calls()) == 20
    assert 1 < max(counts) <= 8
    assert stand_in.tokens_given == 1


def test_row_that_cannot_be_parsed_does_not_affect_the_others(stand_in):
    stand_in.answer_with(Answer(answer(run_row(1), {"id": "2", "attributes": None}, run_row(3))))
    read = client.fetch_many(client.RUNS, [1, 2, 3], Budget(5))
    assert sorted(read.facts) == [1, 3]
    assert "(attributes)" in read.problem.sentence


def test_bad_row_of_an_unwanted_number_is_no_problem(stand_in):
    stand_in.answer_with(Answer(answer(fill_row(1), fill_row(2, energy="high"), fill_row(3))))
    read = client.fetch_many(client.FILLS, [1, 3], Budget(5))
    assert sorted(read.facts) == [1, 3]
    assert read.problem is None


def test_failing_range_does_not_affect_the_others(stand_in):
    good = served(run_row(100_000), run_row(300_000))
    stand_in.answer_with(lambda request: Answer({}, 500) if "300000" in str(request["query"]) else good(request))
    read = client.fetch_many(client.RUNS, [100_000, 300_000], Budget(5))
    assert sorted(read.facts) == [100_000]
    assert "500" in read.problem.sentence

"""Reading the lumisections of a run over HTTP: pages, answers that cannot be used, the sandbox."""

from urllib.parse import unquote

import pytest

from infrastructure.http.budget import Budget
from infrastructure.http.results import Found, Missing, Unreachable
from oms import pages
from oms.lumisections.client import fetch_lumisections
from tests.infrastructure.http.local_server import Answer
from tests.oms.lumisections.rows import wire_row
from tests.oms.rows import answer

RUN = 315270


def in_pages(rows, size, total=None):
    """A service that gives these rows in pages of `size`."""

    def handle(request):
        offset = int(request["query"]["page[offset]"][0])
        return Answer(answer(*rows[offset : offset + size], total=total or len(rows)))

    return handle


def fetch():
    return fetch_lumisections(RUN, Budget(5))


def test_run_of_the_sandbox_is_read_in_two_pages(sandbox):
    found = fetch_lumisections(315322, Budget(5))
    assert isinstance(found, Found)
    assert [row.number for row in found.value.rows] == list(range(1, 1391))
    queries = [request["query"] for request in sandbox.requests("oms")]
    assert ["page[offset]=0" in unquote(query) for query in queries] == [True, False]
    assert all("fields=run_number,lumisection_number,beams_stable" in unquote(query) for query in queries)


def test_run_without_lumisections_is_missing(sandbox):
    missing = fetch_lumisections(314749, Budget(5))
    assert isinstance(missing, Missing)
    assert missing.sentence == "OMS has no lumisections of run 314749. Check the number, or try later."


@pytest.mark.parametrize("run", [314372, 316062, 316082])
def test_rows_that_begin_late_skip_numbers_or_end_early_are_read(sandbox, run):
    rows = fetch_lumisections(run, Budget(5)).value.rows
    assert [row.number for row in rows] == sorted({row.number for row in rows})


def test_pages_are_read_side_by_side_with_the_size_that_oms_gives(stand_in):
    stand_in.answer_with(in_pages([wire_row(number) for number in range(1, 24)], 10))
    assert [row.number for row in fetch().value.rows] == list(range(1, 24))
    offsets = [int(call["query"]["page[offset]"][0]) for call in stand_in.data_calls()]
    assert (offsets[0], sorted(offsets)) == (0, [0, 10, 20])


def test_fewer_rows_than_oms_has_are_not_used(stand_in):
    stand_in.answer_with(in_pages([wire_row(number) for number in range(1, 16)], 10, total=30))
    assert isinstance(fetch(), Unreachable)


def test_row_that_comes_on_two_pages_may_have_replaced_another(stand_in):
    rows = [wire_row(number) for number in (1, 2, 2, 3)]
    stand_in.answer_with(in_pages(rows, 2))
    assert isinstance(fetch(), Unreachable)


def test_page_that_is_repeated_instead_of_the_next_is_not_a_shorter_run(stand_in):
    rows = [wire_row(number) for number in range(1, 11)]
    stand_in.answer_with(lambda _request: Answer(answer(*rows, total=20)))
    assert isinstance(fetch(), Unreachable)


def test_total_that_grows_on_a_later_page_is_not_a_shorter_run(stand_in):
    rows = [wire_row(number) for number in range(1, 36)]

    def handle(request):
        offset = int(request["query"]["page[offset]"][0])
        return Answer(answer(*rows[offset : offset + 10], total=20 if offset == 0 else 35))

    stand_in.answer_with(handle)
    assert isinstance(fetch(), Unreachable)


@pytest.mark.parametrize("total", [5_000_000, 2_001])
def test_total_that_no_run_has_asks_for_no_further_page(stand_in, total):
    stand_in.answer_with(in_pages([wire_row(number) for number in range(1, 11)], 10, total=total))
    assert isinstance(fetch(), Unreachable)
    assert len(stand_in.data_calls()) == 1


def test_bit_that_no_row_has_is_named(stand_in):
    rows = [wire_row(number) for number in (1, 2)]
    for row in rows:
        del row["attributes"]["beams_stable"]
    stand_in.answer_with(in_pages(rows, 10))
    assert fetch().left_out == ("OMS gives no beams_stable: it is unknown in all rows.",)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([wire_row(1), wire_row(1, bpix_ready=False)], id="one number, two contents"),
        pytest.param([wire_row(1), wire_row(2, run=315271)], id="of another run"),
        pytest.param([wire_row(0)], id="number 0"),
        pytest.param([wire_row(10**9)], id="number too large"),
        pytest.param([wire_row(1, lumisection_number="one")], id="number as text"),
        pytest.param([{"id": "315270_1"}], id="without attributes"),
    ],
)
def test_answer_that_cannot_be_used_is_left_whole(stand_in, rows):
    stand_in.answer_with(Answer(answer(*rows)))
    assert isinstance(fetch(), Unreachable)


@pytest.mark.parametrize("odd", ["yes", 1, [True]])
def test_odd_bit_is_left_out_and_named(stand_in, odd):
    stand_in.answer_with(Answer(answer(wire_row(1, bpix_ready=odd))))
    found = fetch()
    assert found.value.rows[0].bits == (True, True, None, True, True, True, True, True)
    assert found.left_out == ("lumisection 1: bpix_ready: neither true nor false",)


def test_luminosities_are_converted_by_the_unit_of_their_row(stand_in):
    rows = [wire_row(1, recorded_lumi=1.5), wire_row(2, recorded_lumi=1750, units="nb^{-1}")]
    stand_in.answer_with(Answer(answer(*rows)))
    assert [row.counter for row in fetch().value.rows] == [1.5, 1.75]


def test_renamed_attribute_leaves_the_rest(stand_in, monkeypatch):
    monkeypatch.setattr(pages, "_rejected_fields", set())
    row = wire_row(1)
    del row["attributes"]["tob_ready"]
    stand_in.answer_with(
        lambda request: Answer({"errors": []}, 400) if "fields" in request["query"] else Answer(answer(row))
    )
    assert fetch().value.rows[0].bits.count(None) == 1

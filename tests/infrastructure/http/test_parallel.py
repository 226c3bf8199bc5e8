import threading
import time

import pytest

from infrastructure.http.parallel import run_parallel, start_in_thread


def test_results_come_in_the_order_of_the_calls():
    def call(number):
        time.sleep(0.02 * (5 - number))
        return number

    assert run_parallel([lambda number=number: call(number) for number in range(5)]) == [0, 1, 2, 3, 4]


def test_number_of_parallel_calls_is_limited():
    under_way, most, lock = 0, 0, threading.Lock()

    def call():
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.02)
        with lock:
            under_way -= 1

    run_parallel([call] * 12, limit=3)
    assert most == 3


def test_no_calls_give_no_results():
    assert run_parallel([]) == []


def test_started_call_runs_parallel_to_the_caller():
    gate = threading.Event()
    under_way = start_in_thread(lambda: gate.wait(5) and "done")
    assert not under_way.done()
    gate.set()
    assert under_way.result() == "done"


def test_error_of_a_started_call_is_raised_by_its_result():
    under_way = start_in_thread(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        under_way.result()

"""Calls beside each other. Only HTTP belongs into the threads: no ORM, whose connections are per thread.

The threads have the context of who starts them: what they log belongs to that request.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


def run_parallel(calls: Sequence[Callable[[], T]], limit: int = 8) -> list[T]:
    """The results of all calls in their order, at most `limit` under way at once; the first error is raised."""
    if len(calls) < 2:
        return [call() for call in calls]
    with ThreadPoolExecutor(max_workers=min(limit, len(calls)), thread_name_prefix="beside") as pool:
        return list(pool.map(lambda call, context: context.run(call), calls, [copy_context() for _ in calls]))


def start_in_thread(call: Callable[[], T]) -> Future[T]:
    """The call, under way in a thread of its own; `.result()` waits for it and gives its value or raises its error."""
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="started")
    future = pool.submit(copy_context().run, call)
    pool.shutdown(wait=False)
    return future

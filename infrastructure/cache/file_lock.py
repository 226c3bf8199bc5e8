"""One at a time, among the threads and the workers of this machine: a read and a write of the cache, or a long job."""

from __future__ import annotations

import fcntl
import logging
import threading
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)
_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


@contextmanager
def file_lock(name: str) -> Iterator[None]:
    """Nobody else is in the part of this name meanwhile. For a read and a write of the cache, never for a call.

    Where the lock file cannot be had, only the threads are kept apart: that costs exactness, not the page.
    """
    with _locks[name], ExitStack() as until_done:
        try:
            lock_file = until_done.enter_context((settings.VAR_DIR / f"{name}.lock").open("w"))
            fcntl.flock(lock_file, fcntl.LOCK_EX)
        except OSError:
            logger.exception("The workers could not be kept apart")
        yield


@contextmanager
def file_lock_if_free(name: str) -> Iterator[bool]:
    """Whether nobody else on this machine has the lock of this name; does not wait.

    For a job that may take long: the lock ends with the process, however that ends. Raises `OSError` where the lock
    file cannot be had.
    """
    with (settings.VAR_DIR / f"{name}.lock").open("w") as lock_file:
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True

"""Locks between the threads and workers of this machine, for changes of cached values."""

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
    """Hold the lock of this name. For changes of cached values, never during an outgoing call.

    If the lock file cannot be opened, only the threads of this process are excluded; the page continues.
    """
    with _locks[name], ExitStack() as until_done:
        try:
            lock_file = until_done.enter_context((settings.VAR_DIR / f"{name}.lock").open("w"))
            fcntl.flock(lock_file, fcntl.LOCK_EX)
        except OSError:
            logger.exception("The workers could not be kept apart")
        yield

"""Django's file-based cache, with the unchanged files in memory, because each page reads about seven.

A cached value is returned again, so callers must not modify it.
"""

from __future__ import annotations

import os
import pickle
import time
import zlib
from typing import Any, BinaryIO, ClassVar, NamedTuple

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache

_MAX_ENTRIES = 1000  # values in memory; then all are forgotten


class _CachedFile(NamedTuple):
    """The content of a cache file: identity, time of expiry (seconds since 1970, None: never), value."""

    identity: tuple[int, int, int]
    expires: float | None
    value: Any


def _file_identity(file: os.stat_result) -> tuple[int, int, int]:
    """The identity of a file. Each write creates a new file, so another process detects it."""
    return file.st_ino, file.st_mtime_ns, file.st_size


class MemoizedFileCache(FileBasedCache):
    """The cache that the workers of one machine share."""

    _memory: ClassVar[dict[str, _CachedFile]] = {}

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        path = self._path(key, version)
        entry = self._memory.get(path)
        try:
            if entry is None or entry.identity != _file_identity(os.stat(path)):  # noqa: PTH116
                with open(path, "rb") as file:  # noqa: PTH123 - text paths, as in the base class
                    entry = self._memory[path] = _read_file(file)
        except FileNotFoundError:
            self._memory.pop(path, None)
            return default
        if entry.expires is not None and entry.expires < time.time():
            self._memory.pop(path, None)
            return super().get(key, default, version)  # which removes the file
        return entry.value

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        if len(self._memory) > _MAX_ENTRIES:
            self._memory.clear()
        self._memory.pop(self._path(key, version), None)
        super().set(key, value, timeout, version)

    def delete(self, key: str, version: int | None = None) -> bool:
        self._memory.pop(self._path(key, version), None)
        return super().delete(key, version)

    def _path(self, key: str, version: int | None) -> str:
        return self._key_to_file(key, version)  # type: ignore[attr-defined]


def _read_file(file: BinaryIO) -> _CachedFile:
    mark, expires = _file_identity(os.fstat(file.fileno())), pickle.load(file)  # noqa: S301 - our own files
    return _CachedFile(mark, expires, pickle.loads(zlib.decompress(file.read())))  # noqa: S301

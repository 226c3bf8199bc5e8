"""The file cache: each process reads an entry once, and again after any process has written it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
import time_machine
from django.conf import settings

from infrastructure.cache import file_backend
from infrastructure.cache.file_backend import MemoizedFileCache


@pytest.fixture
def backends(tmp_path):
    """Two backends of one directory, as two threads use them."""
    return MemoizedFileCache(str(tmp_path), {}), MemoizedFileCache(str(tmp_path), {})


@pytest.fixture
def opened(monkeypatch):
    """The number of times a file was read."""
    times, read = [], file_backend._read_file
    monkeypatch.setattr(file_backend, "_read_file", lambda file: times.append(file.name) or read(file))
    return times


def test_unchanged_entry_is_read_once(backends, opened):
    backends[0].set("key", {"a": [1]})
    assert [backend.get("key") for backend in (*backends, *backends)] == [{"a": [1]}] * 4
    assert len(opened) == 1


def test_changed_entry_is_read_again(backends):
    for value in range(50):
        backends[0].set("key", value)
        assert backends[1].get("key") == value


def test_entry_written_by_another_process_is_read(backends, tmp_path):
    backends[0].set("key", "old")
    assert backends[0].get("key") == "old"
    program = (
        "import sys; sys.path.insert(0, sys.argv[2]); import os, django;"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; django.setup();"
        "from infrastructure.cache.file_backend import MemoizedFileCache as Cache;"
        "Cache(sys.argv[1], {}).set('key', 'new')"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path), str(settings.BASE_DIR)], check=True)
    assert backends[0].get("key") == "new"


def test_deleted_cleared_and_expired_entries_are_missing(backends):
    for removal in (lambda: backends[1].delete("key"), backends[1].clear):
        backends[0].set("key", 1)
        assert backends[0].get("key") == 1
        removal()
        assert backends[0].get("key", "nothing") == "nothing"
    backends[0].set("key", 1, timeout=50)
    assert backends[0].get("key") == 1
    with time_machine.travel(time.time() + 51):
        assert backends[0].get("key", "nothing") == "nothing"


def test_memory_is_bounded(backends, monkeypatch):
    monkeypatch.setattr(file_backend, "_MAX_ENTRIES", 5)
    for number in range(20):
        backends[0].set(f"key{number}", number)
        backends[0].get(f"key{number}")
    assert len(MemoizedFileCache._memory) <= 6

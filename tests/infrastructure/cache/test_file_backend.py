"""The cache in files: read once by each process, and anew as soon as anybody has written."""

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
def two(tmp_path):
    """Two of a directory, as two threads have them."""
    return MemoizedFileCache(str(tmp_path), {}), MemoizedFileCache(str(tmp_path), {})


@pytest.fixture
def opened(monkeypatch):
    """How often a file was read."""
    times, read = [], file_backend._read_file
    monkeypatch.setattr(file_backend, "_read_file", lambda file: times.append(file.name) or read(file))
    return times


def test_unchanged_entry_is_read_once(two, opened):
    two[0].set("key", {"a": [1]})
    assert [one.get("key") for one in (*two, *two)] == [{"a": [1]}] * 4
    assert len(opened) == 1


def test_changed_entry_is_read_again(two):
    for value in range(50):
        two[0].set("key", value)
        assert two[1].get("key") == value


def test_entry_written_by_another_process_is_read(two, tmp_path):
    two[0].set("key", "old")
    assert two[0].get("key") == "old"
    program = (
        "import sys; sys.path.insert(0, sys.argv[2]); import os, django;"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; django.setup();"
        "from infrastructure.cache.file_backend import MemoizedFileCache as Cache;"
        "Cache(sys.argv[1], {}).set('key', 'new')"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path), str(settings.BASE_DIR)], check=True)
    assert two[0].get("key") == "new"


def test_deleted_cleared_and_expired_entries_are_missing(two):
    for gone in (lambda: two[1].delete("key"), two[1].clear):
        two[0].set("key", 1)
        assert two[0].get("key") == 1
        gone()
        assert two[0].get("key", "nothing") == "nothing"
    two[0].set("key", 1, timeout=50)
    assert two[0].get("key") == 1
    with time_machine.travel(time.time() + 51):
        assert two[0].get("key", "nothing") == "nothing"


def test_memory_is_bounded(two, monkeypatch):
    monkeypatch.setattr(file_backend, "_MAX_ENTRIES", 5)
    for number in range(20):
        two[0].set(f"key{number}", number)
        two[0].get(f"key{number}")
    assert len(MemoizedFileCache._memory) <= 6

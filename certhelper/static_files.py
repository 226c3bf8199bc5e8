"""Collects the static files when a server starts without them, or with old ones."""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from infrastructure.cache.file_lock import file_lock


def collect_static_files_once() -> None:
    """Collect the static files where no manifest exists; of several processes one collects and the others wait."""
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if manifest.exists():
        return
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    with file_lock("static"):
        if not manifest.exists():
            call_command("collectstatic", interactive=False, verbosity=0)


def collect_changed_static_files() -> None:
    """Collect the static files again where one was added, removed or written since the last time."""
    listing = settings.STATIC_ROOT / "collected.txt"
    current = _static_file_listing()
    if listing.exists() and listing.read_text(encoding="utf-8") == current:
        return
    listing.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    listing.write_text(current, encoding="utf-8")


def _static_file_listing() -> str:
    """Path, size in bytes and modification time in ns of every static file, one file per line."""
    paths = sorted(storage.path(name) for finder in get_finders() for name, storage in finder.list([]))
    stats = [(path, Path(path).stat()) for path in paths]
    return "".join(f"{path} {stat.st_size} {stat.st_mtime_ns}\n" for path, stat in stats)

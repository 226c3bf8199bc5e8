"""Whom we trust for TLS: the public authorities together with CERN's."""

from __future__ import annotations

import importlib.util
import tempfile
from functools import cache
from pathlib import Path

import certifi
from django.conf import settings


def _cern_authorities() -> Path:
    """CERN's certificates as `cernrequests` ships them, found without importing it (it reads .env files)."""
    package = importlib.util.find_spec("cernrequests")
    if package is None or package.origin is None:
        raise FileNotFoundError("cernrequests is not installed: set CA_BUNDLE.")
    return Path(package.origin).with_name("cern-cacert.pem")


def _combined() -> bytes:
    return Path(certifi.where()).read_bytes() + b"\n" + _cern_authorities().read_bytes()


def _write_whole(path: Path, content: bytes) -> None:
    """Write so that another worker never reads half of it."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).replace(path)


@cache
def ca_bundle() -> str:
    """Path of the bundle to verify with: `settings.CA_BUNDLE`, or one made once under `settings.VAR_DIR`."""
    if settings.CA_BUNDLE:
        return str(settings.CA_BUNDLE)
    path, content = Path(settings.VAR_DIR) / "ca-bundle.pem", _combined()
    if not path.exists() or path.read_bytes() != content:
        _write_whole(path, content)
    return str(path)

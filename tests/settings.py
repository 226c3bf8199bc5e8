"""The product's settings, with what tests need: fast hashing, plain static files, a database of one's choice.

TEST_DATABASE_URL (or DATABASE_URL) chooses the database; without it the suite runs on SQLite in memory.
"""

import atexit
import os
import shutil
import tempfile

os.environ["CERTHELPER_MODE"] = "sandbox"
os.environ.setdefault("SECRET_KEY", "only-for-tests")
if "VAR_DIR" not in os.environ:
    os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="certhelper-test-")
    atexit.register(shutil.rmtree, os.environ["VAR_DIR"], ignore_errors=True)
if worker := os.environ.get("PYTEST_XDIST_WORKER"):  # shares no files with the other workers
    base, _, own = os.environ["VAR_DIR"].rpartition("/")
    os.environ["VAR_DIR"] = f"{base}/{own}" if own == worker else f"{base}/{own}/{worker}"
    os.makedirs(os.environ["VAR_DIR"], exist_ok=True)  # noqa: PTH103
if os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]

from certhelper.settings import *  # noqa: F403

APV_URL = DIALS_URL = ""  # not configured, except in tests with a sandbox
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405 - whitenoise warns where there is none

"""The product's settings, with what tests need: fast hashing, plain static files, a database of one's choice."""

import os
import tempfile

os.environ.setdefault("CERTHELPER_MODE", "sandbox")
os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("VAR_DIR", tempfile.mkdtemp(prefix="certhelper-test-"))

from certhelper.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405

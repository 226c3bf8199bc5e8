"""The certify page needs a reference to choose."""

from tests.certify.conftest import references  # noqa: F401 - a fixture

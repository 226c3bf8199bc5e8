"""Fixture with the reference runs that the certify page needs."""

from tests.certify.conftest import references  # noqa: F401 - a fixture

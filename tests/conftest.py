"""Fixtures for all tests: users, their clients, and empty caches at the start of each test."""

import os
import time

import pytest
import time_machine
from django.core.cache import cache, caches
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as examples

from infrastructure.http import tokens
from tests.collection import pytest_collection_finish, pytest_collection_modifyitems  # noqa: F401 - hooks
from tests.emptied_database import _static_tables_stay  # noqa: F401 - fixture
from tests.factories import UserFactory, reset_sequences
from tests.migrated_database import django_db_modify_db_settings, django_db_setup  # noqa: F401 - fixtures
from tests.proof import scaled
from tests.sandbox_server import sandbox, sandbox_server  # noqa: F401 - fixtures
from users.models import Role, User

# Sync Playwright runs an event loop in the main thread; Django would refuse the database beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# The time of an example depends on the load of the machine, not on the tested code.
examples.register_profile(
    "any machine", max_examples=scaled(40, 400), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
examples.load_profile("any machine")


@pytest.fixture(autouse=True)
def _cold_start():
    """Each test starts with empty caches, no service states or tokens, and reset sequences."""
    reset_sequences()
    cache.clear()
    caches["attempts"].clear()
    tokens.discard_all()


@pytest.fixture
def stopped_clock():
    """The time stands still.

    Some statements depend on the time: a session is saved again in the first request a minute after the sign-in, and
    what was read from OMS grows old. Where statements are counted, a slow machine counts as many as a fast one.
    """
    with time_machine.travel(time.time(), tick=False):
        yield


@pytest.fixture
def django_assert_num_queries(stopped_clock, django_assert_num_queries):
    return django_assert_num_queries


@pytest.fixture
def django_assert_max_num_queries(stopped_clock, django_assert_max_num_queries):
    return django_assert_max_num_queries


@pytest.fixture
def guest(db) -> User:
    return UserFactory(username="guest", role=Role.GUEST)


@pytest.fixture
def shifter(db) -> User:
    return UserFactory(username="shifter", role=Role.SHIFTER)


@pytest.fixture
def other_shifter(db) -> User:
    return UserFactory(username="shifter2", role=Role.SHIFTER)


@pytest.fixture
def shift_leader(db) -> User:
    return UserFactory(username="leader", role=Role.SHIFT_LEADER)


@pytest.fixture
def expert(db) -> User:
    return UserFactory(username="expert", role=Role.EXPERT)


@pytest.fixture
def admin(db) -> User:
    return UserFactory(username="admin", role=Role.ADMIN)


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def guest_client(guest) -> Client:
    return _signed_in(guest)


@pytest.fixture
def shifter_client(shifter) -> Client:
    return _signed_in(shifter)


@pytest.fixture
def other_shifter_client(other_shifter) -> Client:
    return _signed_in(other_shifter)


@pytest.fixture
def shift_leader_client(shift_leader) -> Client:
    return _signed_in(shift_leader)


@pytest.fixture
def expert_client(expert) -> Client:
    return _signed_in(expert)


@pytest.fixture
def admin_client(admin) -> Client:
    return _signed_in(admin)

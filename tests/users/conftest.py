import pytest

from tests.users.sso.cern import Browser


@pytest.fixture
def visitor(sandbox, db) -> Browser:
    """Cookies of CertHelper and of the sandbox's CERN, empty."""
    return Browser(sandbox)

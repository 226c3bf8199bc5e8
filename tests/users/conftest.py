import pytest

from tests.users.sso.cern import Browser


@pytest.fixture
def visitor(sandbox, db) -> Browser:
    """Empty cookies of CertHelper and of the CERN realm of the sandbox."""
    return Browser(sandbox)

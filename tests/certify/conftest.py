"""Fixtures of the certify page tests."""

import pytest

from tests.factories import ReconstructionFactory, RunFactory


@pytest.fixture
def references(sandbox):
    """One collision and one cosmics reference, both express."""
    collisions = ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    cosmics = ReconstructionFactory(run=RunFactory(run_number=314768, cosmics=True), reference=True)
    return {"collisions": collisions, "cosmics": cosmics}


@pytest.fixture
def short_budget(settings):
    settings.PAGE_BUDGET_S = 1

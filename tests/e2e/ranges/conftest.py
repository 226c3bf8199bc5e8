"""The certify page of a run whose lumisections have been read."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from playwright.sync_api import Locator, Page, expect

from tests.factories import ReconstructionFactory, RunFactory


@pytest.fixture(autouse=True)
def _references(sandbox, transactional_db):
    run = RunFactory(run_number=314811)
    for reconstruction in ("express", "prompt"):
        ReconstructionFactory(run=run, reconstruction=reconstruction, reference=True)


@pytest.fixture
def open_run(page: Page, sign_in, shifter, live_server):
    """Open the certify page of a run whose lumisections have been read."""

    def open_page(number: int, reconstruction: str = "express") -> Locator:
        call_command("read_lumisections", str(number))
        sign_in(shifter)
        page.goto(f"{live_server.url}/certify/{number}/{reconstruction}/")
        timeline = page.locator("#lumisections [data-timeline]")
        expect(timeline).to_be_visible()
        return timeline

    return open_page

"""Every kind of page once, light and dark: axe finds nothing, the console says nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory


@pytest.fixture
def certified(shifter, transactional_db):
    reference = ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    run = RunFactory(run_number=315259)
    return CertificationFactory(
        user=shifter, run=run, pixel="bad", comment="noisy", reference_runreconstruction=reference
    )


def test_pages_of_a_certification(page: Page, sign_in, shifter, certified, live_server, is_accessible):
    sign_in(shifter)
    for address in (f"/list/{certified.pk}/", f"/list/{certified.pk}/update/", "/list/?state=live&verdict=bad"):
        page.goto(live_server.url + address)
        expect(page.locator("h1")).to_have_count(1)
        is_accessible()


def test_somebody_else_has_certified_it(page: Page, sign_in, other_shifter, certified, live_server, is_accessible):
    sign_in(other_shifter)
    page.goto(f"{live_server.url}/certify/315259/express/")
    expect(page.locator("main")).to_contain_text("shifter")
    is_accessible()


def test_run_registry_out_offers_the_four(page: Page, sign_in, shifter, sandbox, live_server, is_accessible):
    sandbox.faults("registry", "refuse")
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/315270/")
    for reconstruction in ("express", "prompt", "rereco", "rerecoul"):
        expect(page.locator(f'main a[href*="/certify/315270/{reconstruction}/"]')).to_be_visible()
    is_accessible()


def test_page_for_others_and_page_that_is_not_there(page: Page, sign_in, guest, live_server, is_accessible):
    sign_in(guest)
    for address, says in (("/openruns/", "Shifter"), ("/nowhere/", "")):
        page.goto(live_server.url + address)
        expect(page.locator("main")).to_contain_text(says)
        is_accessible()


def test_open_runs_in_all_states(page: Page, sign_in, shifter, sandbox, certified, live_server, is_accessible):
    sign_in(shifter)
    page.goto(f"{live_server.url}/openruns/?runs=315257-315270")
    expect(page.locator('tr[data-run="315259"] [data-reco="express"]')).to_have_attribute("data-state", "mine")
    is_accessible()


def test_admin_opens_every_list(page: Page, sign_in, admin, live_server):
    sign_in(admin)
    page.goto(f"{live_server.url}/admin/")
    expect(page.locator("#content h1")).to_have_count(1)
    addresses = page.eval_on_selector_all("th a, .model-link", "links => links.map(one => one.href)")
    for address in addresses:
        assert page.goto(address).ok, address
    assert len(addresses) >= 8

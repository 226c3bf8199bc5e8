"""Every type of page once, light and dark: no violation found by axe, no message in the console."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from certify.models import TrackerCertification
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory


@pytest.fixture
def certified(shifter, transactional_db):
    reference = ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    run = RunFactory(run_number=315259)
    return CertificationFactory(
        user=shifter, run=run, pixel="bad", comment="noisy", reference_runreconstruction=reference
    )


API_PAGES = ("/api/docs", "/accounts/tokens/")


def test_pages_of_a_certification(page: Page, sign_in, shifter, certified, live_server, is_accessible):
    sign_in(shifter)
    for address in (
        f"/list/{certified.pk}/",
        f"/list/{certified.pk}/update/",
        "/list/?state=live&verdict=bad",
        *API_PAGES,
    ):
        page.goto(live_server.url + address)
        expect(page.locator("h1")).to_have_count(1)
        is_accessible()


def test_pages_of_history(page: Page, sign_in, shift_leader, certified, live_server, is_accessible):
    sign_in(shift_leader)
    change = TrackerCertification.history.get(id=certified.pk).change_id
    reference = certified.reference_runreconstruction_id
    addresses = ["history/", f"history/{change}/undo/", "runs/315259/", f"references/{reference}/retire/"]
    addresses += [f"list/{certified.pk}/{verb}/" for verb in ("withdraw", "hand-over")]
    addresses += [f"references/{reference}/", f"list/{certified.pk}/?as_of=2099-01-01T00:00Z"]
    for address in addresses:
        page.goto(f"{live_server.url}/{address}")
        expect(page.locator("h1")).to_have_count(1)
        is_accessible()


def test_withdrawn_and_undone_in_a_browser(page: Page, sign_in, shifter, certified, live_server):
    sign_in(shifter)
    page.goto(f"{live_server.url}/list/{certified.pk}/")
    page.get_by_role("link", name="Withdraw").click()
    page.get_by_label("Why").fill("wrong run")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator("main")).to_contain_text("is withdrawn")
    page.locator("[data-change]").first.get_by_role("link", name="Undo").click()
    expect(page.locator("main")).to_contain_text("After the undo")
    page.get_by_label("Why it is undone").fill("right run")
    page.get_by_role("button", name="Undo it").click()
    expect(page.locator("main")).to_contain_text("is undone")
    expect(page.get_by_role("link", name="Withdraw")).to_be_visible()


def test_somebody_else_has_certified_it(page: Page, sign_in, other_shifter, certified, live_server, is_accessible):
    sign_in(other_shifter)
    page.goto(f"{live_server.url}/certify/315259/express/")
    expect(page.locator("main")).to_contain_text("shifter")
    is_accessible()


def test_four_reconstructions_are_offered_while_run_registry_is_unreachable(
    page: Page, sign_in, shifter, sandbox, live_server, is_accessible
):
    sandbox.faults("registry", "refuse")
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/315270/")
    for reconstruction in ("express", "prompt", "rereco", "rerecoul"):
        expect(page.locator(f'main a[href*="/certify/315270/{reconstruction}/"]')).to_be_visible()
    is_accessible()


def test_denied_page_and_unknown_page(page: Page, sign_in, guest, live_server, is_accessible):
    sign_in(guest)
    for address, text in (("/openruns/", "Shifter"), ("/nowhere/", "")):
        page.goto(live_server.url + address)
        expect(page.locator("main")).to_contain_text(text)
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

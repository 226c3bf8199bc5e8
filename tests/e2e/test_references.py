"""Reference runs in a browser: promoted, retired with a successor, chosen from the ranked list."""

import pytest
from playwright.sync_api import Page, expect

from certify.models import RunReconstruction
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory


@pytest.fixture
def certified(shifter, sandbox, transactional_db):
    reference = ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    run = RunFactory(run_number=315189)
    return CertificationFactory(user=shifter, run=run, reference_runreconstruction=reference)


def test_promoted_and_retired_with_a_successor(
    page: Page, sign_in, shift_leader, certified, live_server, is_accessible
):
    sign_in(shift_leader)
    page.goto(f"{live_server.url}/list/{certified.pk}/")
    page.get_by_role("link", name="Promote").click()
    page.wait_for_url("**/promote/**")
    is_accessible()
    page.get_by_label("Why").fill("clean and long")
    page.get_by_role("button", name="Promote").click()
    expect(page.locator("main")).to_contain_text("315189 express is a reference run now.")
    page.get_by_role("link", name="Reference runs").click()
    expect(page.locator("#apv-315189-express")).to_have_text("DECO")  # loaded automatically
    is_accessible()
    page.locator("tr[data-run='314811']").click()
    page.get_by_role("link", name="Retire").click()
    page.get_by_label("In its place").select_option(label=page.locator("option", has_text="315189").inner_text())
    page.get_by_label("Why").fill("too old")
    page.get_by_role("button", name="Retire").click()
    expect(page.locator("main")).to_contain_text("315189 express is offered in its place.")
    is_accessible()
    page.goto(f"{live_server.url}/references/adopt/")
    is_accessible()


def test_another_reference_is_chosen_from_the_ranked_list(
    page: Page, sign_in, shifter, certified, live_server, is_accessible
):
    RunReconstruction.objects.filter(run=315189).update(is_reference=True)
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/315259/express/")
    choice = page.get_by_label("Reference", exact=False).locator("visible=true").first
    expect(choice.locator("option:checked")).to_contain_text("315189")
    page.get_by_role("link", name="All, ranked").click()
    expect(page.locator(".reference-ranking li")).to_have_count(2)
    is_accessible()
    page.get_by_role("button", name="Choose 314811 express").click()
    expect(choice.locator("option:checked")).to_contain_text("314811")
    expect(page.locator(".reference-ranking")).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

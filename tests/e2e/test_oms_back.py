"""A run is certified with typed facts while OMS is unreachable; later the values of OMS are used."""

import re

import pytest
from playwright.sync_api import Page, expect

from certify.models import TrackerCertification
from oms.models import OmsRun
from tests.factories import ReconstructionFactory, RunFactory

RUN = 315265


@pytest.fixture(autouse=True)
def _references(sandbox, transactional_db):
    ReconstructionFactory(run=RunFactory(run_number=314811), reconstruction="express", reference=True)


def _certify_by_hand(page: Page, address: str) -> None:
    page.goto(f"{address}/certify/{RUN}/express/")
    advice = "Type the missing values, or try again."
    expect(page.locator("main")).to_contain_text(f"OMS answered with an error (500). {advice}")
    page.locator("[name=run-run_type]").select_option("collisions")
    typed = {"run-lumisections": "100", "run-energy": "6500", "run-recorded_lumi": "1", "fill-fill_number": "6616"}
    for name, value in typed.items():
        page.fill(f"[name={name}]", value)
    page.locator("h1").click()
    for key in ("g", "g", "g", "m"):
        page.keyboard.press(key)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/")


def test_values_typed_during_an_outage_are_replaced_by_those_of_oms(
    page: Page, sign_in, shifter, live_server, sandbox, is_accessible
):
    sign_in(shifter)
    sandbox.faults("oms", "500")
    _certify_by_hand(page, live_server.url)
    certification = TrackerCertification.objects.get()
    assert (certification.lumisections, certification.external_info_complete) == (100, False)

    sandbox.clear()
    page.goto(f"{live_server.url}/list/facts/")
    is_accessible()
    expect(page.locator(f'tr[data-run="{RUN}"]')).to_be_visible()
    page.get_by_role("button", name="Ask OMS and Run Registry").click()
    expect(page.locator(f'tr[data-run="{RUN}"]')).to_contain_text("Take OMS values")
    assert OmsRun.objects.get(pk=RUN).lumisections == 100

    page.get_by_role("link", name="Take OMS values").click()
    is_accessible()
    expect(page.locator("main")).to_contain_text("100")
    page.get_by_role("button", name=re.compile("Take")).click()
    expect(page.locator("main")).to_contain_text(re.compile("taken|OMS", re.IGNORECASE))
    run = OmsRun.objects.get(pk=RUN)
    assert run.lumisections != 100
    assert "lumisections" not in run.typed

    page.goto(f"{live_server.url}/list/{certification.pk}/")
    expect(page.locator("main")).to_contain_text("stale", ignore_case=True)
    is_accessible()
    page.get_by_role("button", name=re.compile("Confirm")).click()
    certification.refresh_from_db()
    assert (certification.lumisections, certification.stale) == (run.lumisections, [])

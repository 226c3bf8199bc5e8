"""Targets of the pointer are at least 24 px wide and high (WCAG 2.5.8), but for links within a sentence."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from shiftleader.parts.registry import PARTS
from tests.factories import CertificationFactory, ChecklistFactory, ReconstructionFactory, RunFactory

# Boxes that are smaller; that of a label counts for its input. A link beside other text in its line is exempt.
SMALL = """
    (selector) => [...document.querySelectorAll(selector)].flatMap((target) => {
        if (!target.checkVisibility({ visibilityProperty: true }) || target.closest(".visually-hidden")) return [];
        const inline = target.matches("a") && getComputedStyle(target).display === "inline";
        if (inline && target.parentElement.textContent.trim() !== target.textContent.trim()) return [];
        const { width, height } = (target.closest("label") ?? target).getBoundingClientRect();
        if (width < 2) return [];  // hidden behind the control that opens it
        return Math.min(width, height) < 23.9 ? [`${target.textContent.trim() || target.name} ${width}×${height}`] : [];
    })
"""
TARGETS = "a[href]:not(.skip-link), button, summary, select, input:not([type=hidden]), textarea"


@pytest.mark.parametrize("width", [1440, 390])
def test_dense_pages_have_targets_of_24_pixels(page: Page, sign_in, shifter, live_server, sandbox, width):
    for name in ("general", "pixel"):
        ChecklistFactory(identifier=name, title=name.capitalize(), text="- look around")
    reference = ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    CertificationFactory(
        user=shifter,
        run=RunFactory(run_number=315259),
        pixel="bad",
        comment="noisy",
        reference_runreconstruction=reference,
    )
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(shifter)
    for path in ("/", "/history/", "/list/", "/certify/315265/express/", "/references/"):
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        expect(page.locator("h1")).to_have_count(1)
        assert page.evaluate(SMALL, TARGETS) == [], path


@pytest.mark.parametrize("width", [1440, 390])
def test_week_has_targets_of_24_pixels(page: Page, sign_in, shifter, shift_leader, live_server, sandbox, width):
    ChecklistFactory(identifier="leader", used="week", text="# Monday\n\n- ask on-calls")
    facts = {"run": {"fill_number": 6714}, "fill": {"bunches_colliding": 1214, "recorded_lumi": 239.8}}
    for number, flag in ((315259, "good"), (315264, "bad")):
        run = RunFactory(run_number=number)
        for reconstruction in ("express", "prompt"):
            CertificationFactory(
                user=shifter,
                run=run,
                reconstruction=reconstruction,
                pixel=flag if reconstruction == "prompt" else "good",
                date=date(2018, 5, 28),
                facts=facts,
            )
    CertificationFactory(user=shifter, withdrawn=True, date=date(2018, 5, 29))
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(shift_leader)
    page.goto(f"{live_server.url}/shiftleader/?week=2018-W22")
    for toggle in page.locator("[data-fragment-toggle]").all():
        toggle.click()
    for part in PARTS:
        expect(page.locator(f"#{part.name}")).not_to_have_attribute("aria-busy", "true")
    page.locator("details").evaluate_all("all => all.forEach((details) => { details.open = true; })")
    assert page.evaluate(SMALL, TARGETS) == []

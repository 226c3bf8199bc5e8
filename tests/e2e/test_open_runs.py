"""The open runs page in a browser, by keyboard only: search, move between rows, open a run."""

import pytest
from playwright.sync_api import Page, expect

from certify.models import TrackerCertification
from tests.e2e.conftest import enter
from tests.openruns.open_runs_page import certify


def test_keyboard_searches_moves_between_rows_and_opens_a_run(page: Page, sign_in, shifter, live_server, sandbox):
    certify(shifter, 315267, "express")
    sign_in(shifter)
    page.goto(f"{live_server.url}/openruns/")
    page.keyboard.press("s")
    page.keyboard.type("315264-315267")
    page.keyboard.press("Enter")
    page.wait_for_url("**/openruns/?runs=315264-315267")
    page.keyboard.press("j")
    expect(page.locator("tr[data-run='315267']")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    expect(page.locator("tr[data-run='315266']")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/certify/315267/prompt/?dataset=**&runs=315264-315267")


def test_lines_pasted_into_the_search_stay_lines(page: Page, sign_in, shifter, live_server, sandbox):
    sign_in(shifter)
    page.goto(f"{live_server.url}/openruns/")
    page.locator("[name=runs]").fill("315264\n315266")
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-run]")).to_have_count(2)


SENT_TWICE = """() => {
    const form = document.querySelector(".runs-search");
    form.requestSubmit();
    const isSecondStopped = !form.dispatchEvent(new SubmitEvent("submit", { cancelable: true, bubbles: true }));
    return [form.querySelector("button").textContent, isSecondStopped];
}"""


def test_running_search_is_shown_and_not_sent_twice(page: Page, sign_in, shifter, live_server, sandbox):
    sign_in(shifter)
    page.goto(f"{live_server.url}/openruns/")
    page.locator("[name=runs]").fill("315264")
    assert page.evaluate(SENT_TWICE) == ["Asking…", True]
    expect(page.locator("tr[data-run='315264']")).to_be_visible()
    expect(page.locator(".runs-search button")).to_have_text("Search")


def test_every_state_of_the_page_is_accessible(
    page: Page, sign_in, shifter, other_shifter, live_server, sandbox, is_accessible
):
    certify(shifter, 315267, "express")
    certify(other_shifter, 315267, "prompt", strip="bad")
    sign_in(shifter)
    for query in ("", "?runs=315190-315195,316187,315257-315270", "?runs=999999", "?runs=x", "?run=1&reco=x"):
        page.goto(f"{live_server.url}/openruns/{query}")
        is_accessible()
    sandbox.faults("registry", "refuse")
    sandbox.faults("oms", "refuse")
    page.goto(f"{live_server.url}/openruns/?runs=315257-315270")
    is_accessible()


def test_nothing_is_wider_than_a_phone(page: Page, sign_in, shifter, live_server, sandbox, is_accessible):
    sign_in(shifter)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/openruns/?runs=315257-315270")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    is_accessible()


PLACES = """() => [...document.querySelectorAll("tr[data-run]")].map((row) => Object.fromEntries(
    [...row.querySelectorAll("[data-reco]")].map((state) => {
        const box = state.getBoundingClientRect();
        return [state.dataset.reco, [Math.round(box.left), Math.round(box.height), Math.round(box.top)]];
    })))"""


def test_buttons_of_a_row_form_a_grid_on_a_phone(page: Page, sign_in, shifter, other_shifter, live_server, sandbox):
    certify(shifter, 315267, "prompt")
    other_shifter.first_name = "Somebody with a name that is long"
    other_shifter.save()
    certify(other_shifter, 315264, "prompt")
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(shifter)
    page.goto(f"{live_server.url}/openruns/?runs=315257-315270")
    rows = page.evaluate(PLACES)
    left = {name: {row[name][0] for row in rows if name in row} for name in ("express", "prompt", "rereco", "rerecoul")}
    assert all(len(places) == 1 for places in left.values())
    assert left["express"] == left["rereco"]
    assert left["prompt"] == left["rerecoul"]
    assert all(height >= 36 for row in rows for _, height, _ in row.values())
    assert all(row["express"][2] == row["prompt"][2] < row["rereco"][2] for row in rows if len(row) == 4)


def test_enter_on_home_opens_the_first_of_what_is_open(
    page: Page, sign_in, shifter, live_server, sandbox, is_accessible
):
    sign_in(shifter)
    page.goto(f"{live_server.url}/")
    expect(page.get_by_role("link", name="Start: 361 open")).to_be_visible()
    is_accessible()
    page.locator("h1").click()
    page.keyboard.press("Enter")
    page.wait_for_url("**/certify/316201/express/**")


@pytest.mark.parametrize("path", ["/", "/open-now/", "/openruns/?runs=315257-315270"])
def test_state_words_are_whole_and_nothing_is_wider_than_the_window(
    page: Page, sign_in, shifter, live_server, sandbox, path
):
    certify(shifter, 315267, "express")
    sign_in(shifter)
    page.goto(live_server.url + path)
    expect(page.locator("tr[data-run] [data-state]").first).to_be_visible()
    cut = (
        "(states) => states.filter((state) => state.scrollWidth > state.clientWidth).map((state) => state.textContent)"
    )
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("tr[data-run] [data-state]").evaluate_all(cut) == [], width


def test_states_are_told_apart_in_forced_colours(forced_colours_page, shifter, live_server, sandbox):
    certify(shifter, 315267, "prompt")
    page = forced_colours_page
    enter(page, live_server.url, shifter)
    page.goto(f"{live_server.url}/openruns/?runs=315267")
    style = "(({ backgroundColor, borderStyle }) => [backgroundColor, borderStyle])(getComputedStyle(state))"
    looks = page.locator("tr[data-run] [data-state]").evaluate_all(f"(states) => states.map((state) => {style})")
    following, mine, *closed = looks
    assert following != mine and mine not in closed and following not in closed


@pytest.mark.chromium("Firefox measures no layout shifts")
def test_home_moves_nothing_while_it_loads_what_is_open(page: Page, sign_in, shifter, live_server, sandbox):
    sign_in(shifter)
    page.add_init_script(SHIFTS)
    page.goto(f"{live_server.url}/")
    expect(page.get_by_role("link", name="Start: 361 open")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shifted") < 0.02


def test_chips_of_what_is_open_are_within_their_panel(page: Page, sign_in, shifter, live_server, sandbox):
    sign_in(shifter)
    page.goto(live_server.url)
    expect(page.get_by_role("link", name="Start: 361 open")).to_be_visible()
    chip, panel = (
        page.locator(name).first.bounding_box() for name in ("#open-now-body .panel-foot .chip", "#open-now")
    )
    assert chip and panel
    assert chip["x"] >= panel["x"] + 16
    assert chip["y"] + chip["height"] <= panel["y"] + panel["height"] - 8


SHIFTS = """
    window.shifted = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => { window.shifted += entry.value; }))
        .observe({ type: "layout-shift", buffered: true });
"""


# "All like express" is sent by `window.release()`.
HELD_BACK = """() => {
    const send = window.fetch;
    const isTakeOver = ({ body }) => new URLSearchParams(body ?? "").get("like_express") === "take";
    window.fetch = (url, options) => isTakeOver(options)
        ? new Promise((done) => { window.release = () => done(send(url, options)); })
        : send(url, options);
}"""


def test_e_takes_over_a_good_express_and_leaves_the_tracker_map_to_the_shifter(
    page: Page, sign_in, shifter, live_server, sandbox, is_accessible
):
    sign_in(shifter)
    page.goto(f"{live_server.url}/certify/315267/express/")  # stores the facts of OMS
    certify(shifter, 315267, "express", comment="Two modules off")
    page.goto(f"{live_server.url}/certify/315267/prompt/")
    is_accessible()
    page.locator("h1").click()
    page.evaluate(HELD_BACK)
    page.keyboard.press("e")
    page.keyboard.press("m")  # stays: it is set while the answer is under way
    page.evaluate("window.release()")
    expect(page.locator("[name=like_express][value=taken]")).to_be_attached()
    assert page.locator("[name$=ing][value=good], [name=pixel][value=good], [name=strip][value=good]").evaluate_all(
        "(radios) => radios.map((radio) => radio.checked)"
    ) == [True, True, True]
    expect(page.locator("[name=comment]")).to_have_value("Two modules off")
    expect(page.locator("[name=trackermap]:checked")).to_have_value("exists")
    is_accessible()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/list/")
    assert TrackerCertification.objects.get(runreconstruction__reconstruction="prompt").like_express

"""The frame of every page, in a browser."""

from playwright.sync_api import Page, expect

from infrastructure.http import status


def test_person_signs_in_looks_around_and_signs_out(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    page.goto(live_server.url)
    expect(page.locator("h1")).to_be_visible()
    for name in ("/list/", "/help/", "/openruns/"):
        page.goto(live_server.url + name)
        expect(page.locator("h1")).to_have_count(1)
    page.locator(".signed-in-user").click()
    page.locator("form[action*=logout] button").first.click()
    page.wait_for_url(f"{live_server.url}/accounts/login/**")


def test_sign_in_page_is_accessible(page: Page, live_server, is_accessible):
    page.goto(live_server.url)
    is_accessible()


def test_pages_are_accessible_to_a_signed_in_person(page: Page, sign_in, shifter, live_server, is_accessible):
    sign_in(shifter)
    for address in ("/", "/help/", "/list/", "/openruns/"):
        page.goto(live_server.url + address)
        is_accessible()


def test_wrong_password_keeps_the_name(page: Page, shifter, live_server):
    page.goto(live_server.url)
    page.fill("[name=username]", shifter.username)
    page.fill("[name=password]", "wrong")
    page.locator("main [type=submit]").click()
    expect(page.locator("[name=username]")).to_have_value(shifter.username)


CHOOSE_DAY = """(calendar, day) => { calendar.value = day; calendar.dispatchEvent(new Event("change")); }"""


def test_day_is_text_and_its_calendar_fills_it(page: Page, sign_in, shifter, live_server, is_accessible):
    sign_in(shifter)
    page.goto(f"{live_server.url}/list/?date_min=2018-05-04")
    page.keyboard.press("f")
    day = page.locator("#id_date_min")
    expect(day).to_have_attribute("type", "text")
    expect(day).to_have_value("2018-05-04")
    page.get_by_role("button", name="Calendar: Shift day from (UTC)").click()
    calendar = page.locator(".date-input:has(#id_date_min) input[type=date]")
    expect(calendar).to_have_js_property("value", "2018-05-04")
    calendar.evaluate(CHOOSE_DAY, "2018-06-07")
    expect(day).to_have_value("2018-06-07")
    expect(day).to_be_focused()
    is_accessible()


def test_lines_pasted_into_the_search_become_a_list(clipboard_page, sign_in, shifter, live_server):
    sign_in(shifter)
    clipboard_page.goto(live_server.url)
    search = clipboard_page.get_by_role("search").get_by_role("textbox")
    search.evaluate("(_, text) => navigator.clipboard.writeText(text)", "316187\n- 316199\n\n• 316201\n")
    search.press("ControlOrMeta+v")
    expect(search).to_have_value("316187, 316199, 316201")


def test_date_fields_stay_in_their_columns_on_a_phone(page: Page, sign_in, shifter, live_server):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(shifter)
    page.goto(f"{live_server.url}/list/?date_min=2018-05-04&date_max=2018-05-04")
    page.keyboard.press("f")
    first, last, run = (page.locator(f"#id_{name}").bounding_box() for name in ("date_min", "date_max", "runs_max"))
    assert first and last and run
    assert first["x"] + first["width"] < last["x"]
    assert (last["x"], last["width"]) == (run["x"], run["width"])


def test_footer_is_one_line_when_every_service_has_answered(page: Page, sign_in, shifter, live_server):
    for service in ("registry", "oms", "sso"):
        status.record_success(service)
    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(shifter)
    page.goto(live_server.url)
    theme, links = (page.locator(selector).bounding_box() for selector in (".theme", ".site-footer a >> nth=0"))
    assert theme and links
    assert abs(theme["y"] + theme["height"] / 2 - links["y"] - links["height"] / 2) < 4


def test_navigation_fits_or_collapses_into_a_menu(page: Page, sign_in, admin, live_server):
    admin.first_name, admin.last_name = "Wilhelmina-Charlotte", "von und zu Langennamen"
    admin.save()
    sign_in(admin)
    page.goto(live_server.url)
    for width in (1440, 1366, 1340, 1280, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, width
        assert page.locator(".site-menu-toggle").is_visible() is (width < 1340)

"""The frame of every page, in a browser."""

from playwright.sync_api import Page, expect


def test_person_signs_in_looks_around_and_signs_out(page: Page, sign_in, shifter, live_server):
    sign_in(shifter)
    expect(page.locator("h1")).to_be_visible()
    for name in ("/list/", "/help/", "/openruns/"):
        page.goto(live_server.url + name)
        expect(page.locator("h1")).to_have_count(1)
    page.locator("form[action*=logout] button").first.click()
    page.wait_for_url(f"{live_server.url}/accounts/login/**")


def test_sign_in_page_is_accessible(page: Page, is_accessible):
    is_accessible()


def test_pages_are_accessible_to_a_signed_in_person(page: Page, sign_in, shifter, live_server, is_accessible):
    sign_in(shifter)
    for address in ("/", "/help/", "/list/", "/openruns/"):
        page.goto(live_server.url + address)
        is_accessible()


def test_wrong_password_keeps_the_name(page: Page, shifter):
    page.fill("[name=username]", shifter.username)
    page.fill("[name=password]", "wrong")
    page.locator("main [type=submit]").click()
    expect(page.locator("[name=username]")).to_have_value(shifter.username)

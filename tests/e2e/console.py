"""What the console of a page may print without failing its test."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page

# Statuses that pages return on purpose; Chromium reports each of them as a failed load.
MEANT = ("status of 403", "status of 404", "status of 409", "status of 422", "status of 429")
# Messages of htmx and Chromium about a request that a test aborts (pytest.mark.cut_off).
OF_CUT_OFF = ("htmx:", "net::ERR_FAILED")
# What htmx prints of an aborted request, without its name. Whether it may be aborted is what the script below tests.
OF_ABORTED = ("htmx:afterRequest", "htmx:sendAbort")

# The page cancels its live check when it sends the form or is left; a newer request replaces an older one of the same
# element. Any other request that is aborted is an error.
REPORT_ABORTED = """(() => {
    let isLeaving = false;
    const isOfHtmx = (form) => form.matches("[hx-get], [hx-post]");
    addEventListener("submit", ({ target }) => { isLeaving ||= !isOfHtmx(target); }, true);
    addEventListener("save-not-sent", () => { isLeaving = false; }, true);
    addEventListener("pagehide", () => { isLeaving = true; }, true);
    addEventListener("pageshow", () => { isLeaving = false; }, true);
    addEventListener("htmx:sendAbort", ({ target, detail }) => {
        if (isLeaving) return;
        let isReplaced = false;
        target.addEventListener("htmx:beforeSend", () => { isReplaced = true; }, { once: true });
        queueMicrotask(() => {
            if (!isReplaced) console.error(`aborted while the page stays: ${detail.pathInfo.requestPath}`);
        });
    });
})();"""


def listen(page: Page, complaints: list[str], is_cut_off: bool) -> None:
    """Append what the console of the page complains about; is_cut_off: the test aborts requests itself."""
    allowed = (*MEANT, *(OF_CUT_OFF if is_cut_off else ()))

    def on_console(message: ConsoleMessage) -> None:
        is_allowed = any(text in message.text for text in allowed) or message.text.startswith(OF_ABORTED)
        if message.type in ("error", "warning") and not is_allowed:
            complaints.append(f"{message.type}: {message.text} ({page.url})")

    if not is_cut_off:
        page.add_init_script(REPORT_ABORTED)
    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(f"exception: {error} ({page.url})"))

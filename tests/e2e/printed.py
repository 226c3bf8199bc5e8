"""Pages as they are printed."""

from playwright.sync_api import Page

# The driver of Firefox emulates no media: the conditions of the rules are replaced instead.
APPLY_PRINT_RULES = """() => {
    const apply = (rules) => {
        for (const rule of rules) {
            const condition = rule.media?.mediaText ?? "";
            if (condition === "print") rule.media.mediaText = "all";
            if (condition.startsWith("screen")) rule.media.mediaText = "not all";
            if (rule.cssRules) apply(rule.cssRules);
        }
    };
    for (const sheet of document.styleSheets) apply(sheet.cssRules);
}"""


def show_as_printed(page: Page, is_chromium: bool) -> None:
    """Apply the rules for print to the page that is shown."""
    if is_chromium:
        page.emulate_media(media="print")
    else:
        page.evaluate(APPLY_PRINT_RULES)

"""The fault matrix: services × modes × pages, with the expected outcome of each cell.

`tests/faults/test_matrix.py` and `test_lumisections.py` test every cell; `make matrix` writes the table in
`docs/reliability.md`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from sandbox.faults import MODES

MANUAL = Path(__file__).resolve().parents[2] / "docs/reliability.md"
BEGINS, ENDS = "<!-- matrix: made by the tests, `make matrix` -->\n", "<!-- end of matrix -->\n"
SERVICES = {"registry": "Run Registry", "oms": "OMS", "sso": "CERN sign-in"}
ALL_SERVICES = frozenset(SERVICES)
RUN = 315259
DATASET = "/PromptReco/Collisions2018A/DQM"


@dataclass(frozen=True)
class MatrixPage:
    """One page or action: its title, URL name and method, and the services that it requests.

    `path` may contain the keys of the certification, `{pk}`, and of what was sent of it, `{sending}`.
    """

    name: str
    url_name: str
    method: str
    asks: frozenset[str] = frozenset()
    path: str = ""
    is_for_leaders: bool = False


PAGES = (
    MatrixPage("open runs search", "openruns:open-runs", "GET", ALL_SERVICES, f"/openruns/?runs={RUN}"),
    MatrixPage("open now", "openruns:open-now", "GET", ALL_SERVICES, "/open-now/"),
    MatrixPage("certify, by run", "certify:certify-run", "GET", ALL_SERVICES, f"/certify/{RUN}/"),
    MatrixPage(
        "certify, by run and reconstruction",
        "certify:certify-reconstruction",
        "GET",
        ALL_SERVICES,
        f"/certify/{RUN}/prompt/",
    ),
    MatrixPage("certify, by dataset", "certify:certify-run", "GET", ALL_SERVICES, f"/certify/{RUN}/?dataset={DATASET}"),
    MatrixPage("certify, save", "certify:certify-reconstruction", "POST", path=f"/certify/{RUN}/prompt/"),
    MatrixPage("certify, save by run", "certify:certify-run", "POST", path=f"/certify/{RUN}/"),
    MatrixPage("update", "listruns:update", "GET", ALL_SERVICES - {"registry"}),
    MatrixPage("update, save", "listruns:update", "POST"),
    MatrixPage("take OMS values", "listruns:typed-values", "GET", ALL_SERVICES - {"registry"}, f"/list/facts/{RUN}/"),
    MatrixPage(
        "week, comparison",
        "shiftleader:part",
        "GET",
        ALL_SERVICES - {"oms"},
        f"/shiftleader/part/comparison/?runs={RUN}",
    ),
    MatrixPage(
        "week, progress", "shiftleader:part", "GET", ALL_SERVICES - {"oms"}, f"/shiftleader/part/progress/?runs={RUN}"
    ),
    MatrixPage(
        "week, to Run Registry",
        "shiftleader:part",
        "GET",
        ALL_SERVICES - {"oms"},
        f"/shiftleader/part/to_registry/?runs={RUN}",
        True,
    ),
    MatrixPage("refresh from OMS", "listruns:refresh", "POST", ALL_SERVICES, "/list/facts/refresh/"),
    MatrixPage(
        "plan for Run Registry", "registry_sync:plan", "GET", ALL_SERVICES - {"oms"}, "/list/{pk}/registry/", True
    ),
    MatrixPage("plan, send", "registry_sync:plan", "POST", ALL_SERVICES - {"oms"}, "/list/{pk}/registry/", True),
    MatrixPage(
        "move in Run Registry", "registry_sync:move", "POST", ALL_SERVICES - {"oms"}, "/list/{pk}/registry/move/", True
    ),
    MatrixPage(
        "receipt, undo", "registry_sync:undo", "POST", ALL_SERVICES - {"oms"}, "/registry/{sending}/undo/", True
    ),
    MatrixPage("lumisections", "certify:lumisections", "GET", ALL_SERVICES, f"/certify/{RUN}/prompt/lumisections/"),
)
LUMISECTIONS_PAGE = PAGES[-1]
READING_PAGES = [page for page in PAGES if page.method == "GET" and page is not LUMISECTIONS_PAGE]
SAVING_PAGES = [page for page in PAGES if page.method == "POST" and not page.asks]
CERTIFY_PAGE = next(page for page in READING_PAGES if page.name == "certify, by run and reconstruction")
REFRESH_PAGE = next(page for page in PAGES if page.method == "POST" and page.asks)
CONFIRMING_PAGES = [page for page in PAGES if page.method == "POST" and page.asks and page is not REFRESH_PAGE]
ASKING_PAGES = [page for page in PAGES if page.asks]
# Modes that differ in the client alone: pages receive the same error.
ALIKE = tuple(mode for mode in MODES if mode not in ("not-found", "bad-values"))
# Planned pages that will be part of the matrix.
GAPS: tuple[str, ...] = ()
_FAILURE_TEXTS = {
    "refuse": "broke off the connection",
    "hang": "did not answer within",
    "slow": "did not answer within",
    "stall": "did not answer within",
    "reset": "broke off the connection",
    "500": "answered with an error (500)",
    "503-html": "answered with an error (503)",
    "401": "does not let CertHelper in (401)",
    "403": "does not let CertHelper in (403)",
    "login-page": "answered with something that is not data",
    "redirect": "sent CertHelper to a sign-in page (302)",
    "empty": "answered with something that is not data",
    "truncated": "answered with something that is not data",
}
_KEYS = {"registry": "datasets", "oms": "data", "sso": "access_token"}
_BAD_VALUES = {"registry": "pages", "sso": "access_token"}


def is_in_sample(service: str, mode: str, page: MatrixPage) -> bool:
    """Return whether `make test` tests the cell; `make prove` tests all.

    Of each page with each service, one of the modes that are alike, by turns, and the others. All modes of one page
    with all services, and of the lumisections, which another process reads, with OMS.
    """
    if page is CERTIFY_PAGE or (page is LUMISECTIONS_PAGE and service == "oms") or mode not in ALIKE:
        return True
    turn = ASKING_PAGES.index(page) * len(SERVICES) + list(SERVICES).index(service)
    return mode == ALIKE[turn % len(ALIKE)]


def failure_text(service: str, mode: str, page: MatrixPage) -> str:
    """Return the text with which the page reports the failure of the service."""
    if mode == "not-found" and service != "sso":
        return _not_found_text(service, page)
    if service == "oms" and mode == "bad-values":
        return "OMS gives values that cannot be used"
    if service == "sso" and mode in ("401", "403"):
        return f"CERN sign-in gave CertHelper no access ({mode})"
    texts = _FAILURE_TEXTS | {
        "wrong-shape": f"answered in an unknown form ({_wrong_key(service, page)})",
        "bad-values": f"answered in an unknown form ({_BAD_VALUES.get(service, '')})",
        "not-found": "answered with an error (404)",
    }
    return f"{SERVICES[service]} {texts[mode]}"


def _wrong_key(service: str, page: MatrixPage) -> str:
    return "ranges" if page is LUMISECTIONS_PAGE and service == "registry" else _KEYS[service]


def _not_found_text(service: str, page: MatrixPage) -> str:
    if page.url_name == "shiftleader:part" and service == "registry":
        return "Run Registry has no dataset"
    if page.url_name.startswith("registry_sync:"):
        return "Run Registry does not list"
    if page.url_name == "openruns:open-now":
        return "Nothing is open" if service == "registry" else "OMS does not know: "
    if page.url_name == "openruns:open-runs":
        return f"Not in Run Registry: {RUN}" if service == "registry" else f"OMS does not know: {RUN}"
    return f"{SERVICES[service]} does not know run {RUN}"


def is_lumisections_failure(service: str, mode: str) -> bool:
    """Return whether the lumisections cannot be read; else they are, without what is missing or unusable in them."""
    return service == "sso" or mode not in ("not-found", "bad-values")


def is_silent(service: str, mode: str) -> bool:
    """Return whether the service answers that it has no data, which is no failure."""
    return mode == "not-found" and service != "sso"


def outcome(service: str, page: MatrixPage, mode: str) -> str:
    """Return the expected outcome of a cell, as in the documentation."""
    if page is REFRESH_PAGE:
        return "nothing filled in" if is_silent(service, mode) else "reported, retries"
    if page is LUMISECTIONS_PAGE:
        return "reported, read later" if is_lumisections_failure(service, mode) else "read"
    if page in CONFIRMING_PAGES and service in page.asks:
        return "reported, nothing sent"
    if page.method == "POST" and not page.asks:
        return "saved"
    return "reported, retries" if service in page.asks else "not requested"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def table() -> str:
    """Return the Markdown tables: one for each service, with modes as rows and pages as columns."""
    lines = []
    for service, label in SERVICES.items():
        lines += [f"### {label}\n\n", _row("fault", *(page.name for page in PAGES), "message")]
        lines += [_row(*["---"] * (len(PAGES) + 2))]
        for mode in MODES:
            text = failure_text(service, mode, CERTIFY_PAGE)
            lines += [_row(f"`{mode}`", *(outcome(service, page, mode) for page in PAGES), f"{text} …")]
        lines += ["\n"]
    missing = "".join(f"- {gap}: not built yet, not in the table.\n" for gap in GAPS)
    return f"{BEGINS}{''.join(lines)}{missing}{ENDS}"


def main() -> None:
    """Write the table to the documentation."""
    text = MANUAL.read_text(encoding="utf-8")
    before, rest = text.split(BEGINS)
    MANUAL.write_text(before + table() + rest.split(ENDS)[1], encoding="utf-8")
    sys.stdout.write(f"{MANUAL.name}: {len(SERVICES) * len(MODES) * len(PAGES)} cells\n")


if __name__ == "__main__":
    main()

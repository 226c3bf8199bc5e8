"""HTML pages of the realm: choice of the account, signed out, error."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sandbox.exchange import HTML, Response

if TYPE_CHECKING:
    from sandbox.openid.people import SandboxAccount

# Chromium applies form-action also to redirects after a form, and the form redirects back to CertHelper.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self' http://127.0.0.1:* http://localhost:*",
    "Cache-Control": "no-store",
}
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/_sandbox/style.css">
</head><body><main><h1>{title}</h1>
{body}
</main></body></html>
"""


def page(title: str, body: str, status: int = 200) -> Response:
    """Return a whole page; `body` is HTML."""
    return Response(_PAGE.format(title=escape(title), body=body), status, HTML, HEADERS)


def error_page(sentence: str, status: int = 400) -> Response:
    """Return Keycloak's "We are sorry" page."""
    return page("Sign in to CERN: refused", f"<p>{escape(sentence)}</p>", status)


def account_chooser(people: list[SandboxAccount], action: str) -> Response:
    """Return a page with a button for each account, and a second one for a token without `cern_roles`."""
    rows = "".join(_account_row(person) for person in people)
    return page(
        "Sign in to CERN (sandbox)",
        f"""<p>One click signs in. The second button gives a token without <code>cern_roles</code>, so that the roles
stand in <code>resource_access</code> alone.</p>
<form method="post" action="{escape(action)}">
<table>
<thead><tr><th scope="col">Person</th><th scope="col">Has</th><th scope="col">Without cern_roles</th></tr></thead>
<tbody>{rows}</tbody></table>
</form>""",
    )


def _account_row(person: SandboxAccount) -> str:
    name = escape(person.name)
    return (
        f'<tr><th scope="row"><button name="person" value="{name}">{name}</button></th>'
        f'<td>{escape(person.description)}</td><td><button name="without_cern_roles" value="{name}" '
        f'aria-label="{name} without cern_roles">{name}</button></td></tr>'
    )


def sign_out_page(action: str) -> Response:
    """Return the confirmation page of Keycloak for a sign-out without an ID token."""
    button = f'<form method="post" action="{escape(action)}"><button>Sign out</button></form>'
    return page("Sign out of CERN (sandbox)", f"<p>Do you want to sign out?</p>{button}")

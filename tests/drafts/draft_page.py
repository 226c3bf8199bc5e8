"""Helpers for tests of forms with drafts: send a draft, read the form token, the text and the Restore link."""

import re

from drafts.form_token import read_form_token
from tests.browser_form import fields_of
from tests.certify.page_form import RUN

PAGE = f"/certify/{RUN}/express/"
SAVE, HERE = "/drafts/save/", "/drafts/here/"


def form_token_of(response):
    return read_form_token(fields_of(response)["sheet"][0])


def send_draft(client, opened, **typed):
    """Send the request that static/js/drafts.js sends a second after the last change."""
    return client.post(SAVE, {**fields_of(opened), **typed})


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def restore_address(response) -> str:
    """The URL of the Restore link."""
    found = re.search(r'href="([^"]+)">Restore<', response.content.decode())
    assert found
    return found[1].replace("&amp;", "&")

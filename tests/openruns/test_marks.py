"""The open runs page shows who has a form open and who has a draft."""

import re

from django.http import QueryDict

from drafts.actions import renew_lease, save_draft
from drafts.form_token import FormToken
from tests.openruns.open_runs_page import certify, search


def form_token_of(person, reconstruction) -> FormToken:
    return FormToken(person.pk, 315257, reconstruction, f"/certify/315257/{reconstruction}/")


def test_users_with_the_form_open_are_shown_with_the_state(shifter, shifter_client, other_shifter, sandbox):
    renew_lease(form_token_of(other_shifter, "express"))
    save_draft(form_token_of(other_shifter, "express"), QueryDict("comment=x"))
    renew_lease(form_token_of(shifter, "prompt"))
    page = search(shifter_client, "315257,315259")
    assert re.search(r"open shifter2 \d\d:\d\d, draft open open open$", page.rows[315257].text)
    assert re.search(r'title="shifter2 has it open since \d\d:\d\d:\d\d UTC, with a draft"', page.html)
    assert "shifter2" not in page.rows[315259].text


def test_drafts_are_listed_without_their_text(shifter, shifter_client, other_shifter, other_shifter_client, sandbox):
    save_draft(form_token_of(shifter, "express"), QueryDict("comment=private+text"))
    assert "open your draft" in search(shifter_client, "315257").rows[315257].text
    others = search(other_shifter_client, "315257")
    assert "open draft shifter" in others.rows[315257].text
    assert "Draft of shifter," in others.html
    assert "private text" not in others.html


def test_draft_of_a_certified_reconstruction_is_shown_to_its_author_only(
    shifter, shifter_client, other_shifter, shift_leader_client, sandbox
):
    save_draft(form_token_of(shifter, "express"), QueryDict("comment=x"))
    certify(other_shifter, 315257, "express")
    assert "shifter2 your draft" in search(shifter_client, "315257").rows[315257].text
    assert "draft" not in search(shift_leader_client, "315257").rows[315257].text

"""Who else has a form open: leases on pages, and taking a form over."""

import re

import pytest

from drafts.actions import renew_lease
from drafts.models import Lease
from tests.browser_form import fields_of
from tests.certify.page_form import GOOD, open_form, send_form
from tests.drafts.draft_page import HERE, PAGE, form_token_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]


def test_opened_form_shows_who_else_has_it_open(
    shifter_client, other_shifter_client, other_shifter, shift_leader_client
):
    own_form = open_form(shifter_client)
    other_form = open_form(other_shifter_client)  # neither has sent a request by JavaScript yet
    assert "Also open here: nobody" in text_of(own_form)
    assert "Also open here: shifter since" in text_of(other_form)
    Lease.objects.filter(user=other_shifter).delete()
    response = shifter_client.post(HERE, {"sheet": fields_of(own_form)["sheet"][0], "opening": "1"})
    assert "nobody" in text_of(response)
    other_response = other_shifter_client.post(HERE, {"sheet": fields_of(other_form)["sheet"][0], "opening": "1"})
    assert re.search(r"shifter since \d\d:\d\d:\d\d UTC", text_of(other_response))
    assert "Take over" not in text_of(other_response)
    assert "shifter2 since" in text_of(open_form(shifter_client))
    assert "Take over" in text_of(open_form(shift_leader_client))
    shifter_client.post(HERE, {"sheet": fields_of(own_form)["sheet"][0], "left": "1"})
    assert "shifter since" not in text_of(open_form(shift_leader_client))


def test_shift_leader_takes_over_and_the_other_page_shows_it(shifter_client, shift_leader_client):
    form_token = fields_of(open_form(shifter_client))["sheet"][0]
    shifter_client.post(HERE, {"sheet": form_token, "opening": "1"})
    opened = open_form(shift_leader_client)
    answer = shift_leader_client.post("/drafts/take-over/", {"sheet": fields_of(opened)["sheet"][0]})
    assert (answer.status_code, answer.url) == (302, PAGE)
    assert "leader took this over at" in text_of(shifter_client.post(HERE, {"sheet": form_token}))
    assert shifter_client.post("/drafts/take-over/", {"sheet": form_token}).status_code == 403


def test_lease_does_not_prevent_saving(shifter_client, other_shifter_client):
    other_form = open_form(other_shifter_client)
    renew_lease(form_token_of(other_form))
    assert send_form(shifter_client, open_form(shifter_client), **GOOD).status_code == 303
    assert send_form(other_shifter_client, other_form, **GOOD).status_code == 409


def test_token_of_another_user_renews_no_lease(shifter_client, other_shifter_client):
    form_token = fields_of(open_form(shifter_client))["sheet"][0]
    Lease.objects.all().delete()
    assert other_shifter_client.post(HERE, {"sheet": form_token}).status_code == 403
    assert not Lease.objects.exists()


def test_take_over_is_shown_without_javascript_with_the_next_response(shifter_client, shift_leader_client):
    own_form = open_form(shifter_client)
    taking = fields_of(open_form(shift_leader_client))["sheet"][0]
    shift_leader_client.post("/drafts/take-over/", {"sheet": taking})
    assert "leader took this over at" in text_of(send_form(shifter_client, own_form, pixel="bad"))
    assert "took this over" not in text_of(open_form(shifter_client))

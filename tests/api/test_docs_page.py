"""The description of the API as a page, and the links to it."""

import re

import pytest

from api.views import openapi_schema
from tests.factories import CertificationFactory
from tests.listruns.list_page import keys

pytestmark = pytest.mark.django_db


def test_page_has_every_operation_and_schema_and_a_line_to_try(shifter_client):
    page = shifter_client.get("/api/docs").content.decode()
    document = openapi_schema()
    for path in document["paths"]:
        assert f"GET <code>{path}</code>" in page
    for name, schema in document["components"]["schemas"].items():
        assert ("properties" not in schema) or f'id="schema-{name}"' in page
    assert "curl --compressed -H" in page and "http://testserver/api/v1/runs/?runs=315257" in page
    assert "<script>" not in page and "style=" not in page


def test_links_of_the_page_have_targets(shifter_client):
    page = shifter_client.get("/api/docs").content.decode()
    ids = re.findall(r' id="([^"]+)"', page)
    assert set(re.findall(r'href="#([^"]+)"', page)) - {*ids} == set()
    assert len(ids) == len({*ids})


def test_help_leads_to_the_page(guest_client):
    assert 'href="/api/docs"' in guest_client.get("/help/").content.decode()


@pytest.mark.parametrize("query", ["state=live", "verdict=bad&runs_min=1", "as_of=2999-01-01T00:00Z&state=any"])
def test_list_offers_the_address_of_the_api_for_its_rows(shifter_client, query):
    CertificationFactory(strip="bad", tracking="bad")
    answer = shifter_client.get(f"/list/?{query}")
    (address,) = re.findall(r'href="(/api/v1/certifications/[^"]*)"', answer.content.decode())
    items = shifter_client.get(address.replace("&amp;", "&")).json()["items"]
    assert [item["id"] for item in items] == keys(answer) != []


def test_guests_and_practice_have_no_address_of_the_api(guest_client, shift_leader_client):
    CertificationFactory(is_practice=True)
    for client, query in ((guest_client, "state=any"), (shift_leader_client, "practice=on")):
        CertificationFactory()
        assert "/api/v1/certifications/" not in client.get(f"/list/?{query}").content.decode()

"""Each number of the overview links to as many rows, in the list or in a part of the week."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta
from html import unescape

import pytest

from certify.models.choices import Flag, Reconstruction
from oms.choices import RunType
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory, UserFactory

pytestmark = pytest.mark.django_db
LINKED = re.compile(r'<a href="([^"]+\?[^"]+)">(\d+)</a>')


@pytest.fixture
def certified() -> None:
    chance = random.Random(5)
    reference = ReconstructionFactory(reference=True)
    people = [UserFactory(username=name) for name in ("anna", "ben")]
    for number in range(14):
        run_type = chance.choice(RunType.values)
        run = RunFactory(run_number=318000 + number, run_type=run_type, fill=None)
        for reconstruction in chance.sample(Reconstruction.values, 2):
            CertificationFactory(
                run=run,
                reconstruction=reconstruction,
                reference_runreconstruction=reference,
                user=chance.choice(people),
                pixel=chance.choice(Flag.values),
                tracking=chance.choice([Flag.GOOD, Flag.GOOD, Flag.BAD]),
                trackermap=chance.choice(["exists", "missing"]),
                date=date(2018, 5, 26) + timedelta(days=chance.randrange(10)),
                facts={"run": {"b_field": chance.choice([0.0, 3.8])}},
            )


def rows_at(client, address: str) -> set[str]:
    page = client.get(f"{address}&per_page=100")
    assert page.status_code == 200, address
    return set(re.findall(r'<tr data-pk="(\d+)"', page.text))


@pytest.mark.parametrize(
    "query",
    ["week=2018-W22", "from=2018-05-20&verdict=bad&verdict=good", "week=2018-W22&b_field=3.8", "runs=318003-318009"],
)
@pytest.mark.usefixtures("certified")
def test_numbers_link_to_their_rows(shifter_client, query):
    text = shifter_client.get(f"/shiftleader/part/overview/?{query}", headers={"HX-Request": "true"}).text
    for row in re.findall(r"<tr data-type.*?</tr>", text, re.DOTALL):
        addresses = re.findall(r'<a href="([^"]+)"', row)
        assert addresses and len(set(addresses)) == len(addresses)
    linked = LINKED.findall(text)
    assert len(linked) > 5
    assert re.search(r'data-figure="no-trackermap">(<a |0<)', text) and not re.search(
        r'data-figure="no-trackermap">[1-9]', text
    )
    for address, number in linked:
        assert len(rows_at(shifter_client, unescape(address))) == int(number), address


@pytest.mark.usefixtures("certified")
def test_numbers_of_a_day_link_to_their_rows(shifter_client):
    text = shifter_client.get("/shiftleader/part/days/?week=2018-W22", headers={"HX-Request": "true"}).text
    linked = re.findall(r'<a class="verdict is-(\w+)" href="([^"]+)">(\d+)', text)
    assert len(linked) > 5
    for _verdict, address, number in linked:
        assert len(rows_at(shifter_client, unescape(address))) == int(number), address


@pytest.mark.usefixtures("certified")
def test_bars_link_to_rows_of_their_day_and_verdict(shifter_client):
    text = shifter_client.get("/shiftleader/part/overview/?week=2018-W22", headers={"HX-Request": "true"}).text
    bars = re.findall(r'<a href="([^"]+)" aria-label="(\S+), (\w+): [^"]+"><rect', text)
    assert bars
    for address, day, verdict in bars:
        page = shifter_client.get(unescape(address)).text
        assert f"date_min={day}" in address
        assert set(re.findall(r'class="verdict is-(\w+)', page.split("<tbody>")[1])) == {verdict}


@pytest.mark.usefixtures("certified")
def test_long_ranges_are_drawn_by_month(shifter_client):
    CertificationFactory(date=date(2018, 1, 31))
    query = "from=2018-01-31&to=2018-12-01"
    text = shifter_client.get(f"/shiftleader/part/overview/?{query}", headers={"HX-Request": "true"}).text
    assert "recorded luminosity by month" in text
    assert re.findall(r'text-anchor="middle">([^<]+)<', text)[:3] == ["Jan 2018", "May 2018", "Jun 2018"]

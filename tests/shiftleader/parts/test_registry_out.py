"""With every fault of Run Registry the parts that query it report it, and the rest of the week is unchanged."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache

from infrastructure.http import tokens
from reports.models import WeekNote
from sandbox.faults import MODES
from shiftleader.parts.registry import PARTS
from tests.factories import CertificationFactory, ChecklistFactory, QuestionFactory, RunFactory
from tests.faults.cells import MainContent
from tests.faults.matrix import READING_PAGES, failure_text
from tests.faults.timeouts import set_timeouts
from tests.proof import IS_FULL

pytestmark = [pytest.mark.django_db, pytest.mark.once]
RUN = 315266
WEEK = "week=2018-W22"
REST = [part.name for part in PARTS if not part.asks_outside]
ASKING = {page.path.split("/")[3]: page for page in READING_PAGES if page.url_name == "shiftleader:part"}


@pytest.fixture
def ask(sandbox, shift_leader, shift_leader_client):
    QuestionFactory(certification=CertificationFactory(run=RunFactory(run_number=RUN)))
    CertificationFactory(run=RunFactory(run_number=RUN + 1), strip="bad", comment="holes in TIB")
    CertificationFactory(withdrawn=True)
    WeekNote.objects.create(week="2018-W22", summary="A calm week.", updated_by=shift_leader)
    ChecklistFactory(identifier="leader", used="week", text="- ask on-calls")

    def get_page(address: str, **headers: str):
        answer = shift_leader_client.get(address, headers=headers)
        assert answer.status_code == 200, address
        return answer

    return get_page


def the_rest(ask) -> dict[str, str]:
    """The pages of the week without these parts: the other parts, the page itself, and the report."""
    found = {
        name: _as_ever(ask(f"/shiftleader/part/{name}/?{WEEK}&list={RUN}", **{"HX-Request": "true"}).text)
        for name in REST
    }
    return found | {name: _as_ever(_main(ask(f"/shiftleader/{name}?{WEEK}").text)) for name in ("", "report/")}


def _main(html: str) -> str:
    """The main content, without the frame, which names unreachable services."""
    return html.split("<main")[1].split("</main>", maxsplit=1)[0]


def _as_ever(html: str) -> str:
    """Remove the values that differ in each response: form tokens and the time."""
    return re.sub(
        r'name="(csrfmiddlewaretoken|shown_at)" value="[^"]*"|\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC', "", html
    )


def test_registry_failure_is_shown_in_its_parts_and_leaves_the_others_unchanged(ask, sandbox, settings):
    healthy = the_rest(ask)
    assert str(RUN + 1) in healthy["report/"] and "A calm week." in healthy["notes"]
    assert {part.name for part in PARTS} == {*REST, *ASKING}
    for mode in MODES if IS_FULL else ("hang", "500", "login-page", "not-found", "bad-values"):
        sandbox.clear()
        cache.clear()
        tokens.discard_all()
        sandbox.faults("registry", mode)
        set_timeouts(settings, mode)
        for name, page in ASKING.items():
            main = MainContent(ask(f"/shiftleader/part/{name}/?{WEEK}").text)
            assert main.paragraphs_with(failure_text("registry", mode, page)), (mode, name, main.paragraphs)
        sandbox.clear_requests()
        assert the_rest(ask) == healthy, mode
        assert sandbox.requests() == [], mode

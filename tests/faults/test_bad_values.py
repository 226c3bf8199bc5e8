"""Impossible values on every page that shows them: a message that names them, and no wrong number."""

from __future__ import annotations

import pytest

from certify.models import TrackerCertification
from oms.models import OmsFill, OmsRun
from tests.browser_form import fields_of
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory
from tests.faults.cells import FORM_DATA, MainContent
from tests.infrastructure.http.local_server import Answer, stand_in
from tests.oms.rows import answer, fill_row, run_row

__all__ = ["stand_in"]
pytestmark = pytest.mark.django_db
RUN = 315270
SEARCH, CERTIFY, UPDATE = "open runs search", "certify", "update"
PAGES = (SEARCH, CERTIFY, UPDATE)

# The values of OMS for run and fill, and the message of the page. None: no message, the value is not reported.
CASES = {
    "negative lumisections": (run_row(last_lumisection_number=-655), fill_row(), "lumisections -655 (negative)"),
    "negative luminosity": (run_row(recorded_lumi=-7.5), fill_row(), "recorded lumi -7.5 pb^{-1} (negative)"),
    "negative bunches": (run_row(), fill_row(bunches_colliding=-1234), "bunches colliding -1234 (negative)"),
    "negative in two": (
        run_row(energy=-1, end_lumi=-2),
        fill_row(),
        "energy -1 GeV (negative), end lumi -2 10^{34}cm^{-2}s^{-1} (negative)",
    ),
    "unknown unit": (run_row(units={"recorded_lumi": "furlong"}), fill_row(), "78.15 furlong (unknown unit)"),
    "no unit": (run_row(units={"delivered_lumi": None}), fill_row(), "delivered lumi 81.2 (no unit)"),
    "unit of the fill": (run_row(), fill_row(units={"peak_lumi": "lux"}), "peak lumi 1.2 lux (unknown unit)"),
    "text for a number": (run_row(energy="6500"), fill_row(), "energy “6500” GeV (not a number)"),
    "number for a text": (run_row(hlt_key=7), fill_row(), "hlt key 7 (not a text)"),
    "no such number": (run_row(last_lumisection_number=2.5), fill_row(), "lumisections 2.5 (not a whole number)"),
    "beyond any number": (run_row(last_lumisection_number=2**40), fill_row(), "1099511627776 (too large)"),
    "a day that is none": (run_row(start_time="2018-02-31T10:00:00Z"), fill_row(), "(not a date with a time)"),
    "no time": (run_row(end_time=""), fill_row(), "end time “” (not a date with a time)"),
    "end before the start": (run_row(end_time="2018-04-26T22:30:00Z"), fill_row(), "(before the start)"),
    "null luminosity": (run_row(recorded_lumi=None), fill_row(), None),
    "null fill": (run_row(fill_number=None), fill_row(), None),
    "null everything": ({"attributes": {"run_number": RUN}}, fill_row(), None),
    "nobody needs it": (run_row(l1_rate="fast", clock_type=1), fill_row(beta_star_start="30 cm"), None),
}


@pytest.fixture
def outside(stand_in, sandbox, settings):
    """OMS with responses set by a test, and Run Registry without faults."""
    settings.OMS_URL = f"{stand_in.url}/oms"
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    return stand_in


def _path(page: str, shifter) -> str:
    if page == SEARCH:
        return f"/openruns/?runs={RUN}"
    if page == CERTIFY:
        return f"/certify/{RUN}/express/"
    certification = CertificationFactory(run=RunFactory(run_number=RUN), reconstruction="express", user=shifter)
    OmsRun.objects.update(fetched_at=None)
    OmsFill.objects.update(fetched_at=None)
    return f"/list/{certification.pk}/update/"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("case", CASES)
def test_impossible_value_is_named_on_the_page(outside, shifter, shifter_client, case, page):
    run, fill, text = CASES[case]
    outside.answer_with(Answer(answer(run)), "/oms/runs")
    outside.answer_with(Answer(answer(fill)), "/oms/fills")
    opened = shifter_client.get(_path(page, shifter))
    assert opened.status_code == 200
    main = MainContent(opened.content.decode())
    messages = [
        paragraph for paragraph in main.paragraphs if paragraph.startswith(("OMS answered", "OMS gives", "OMS does"))
    ]
    assert bool(messages) == (text is not None), messages
    assert [paragraph for paragraph in messages if text not in paragraph] == []
    assert "OMS out since" not in opened.content.decode()


@pytest.mark.parametrize("page", [CERTIFY, SEARCH])
def test_no_page_shows_a_negative_count_as_a_fact(outside, shifter, shifter_client, page):
    outside.answer_with(Answer(answer(run_row(last_lumisection_number=-655, recorded_lumi=-7.5))), "/oms/runs")
    outside.answer_with(Answer(answer(fill_row(bunches_colliding=-1234))), "/oms/fills")
    html = shifter_client.get(_path(page, shifter)).content.decode()
    assert html.count("-655") == html.count("-1234") == html.count("-7.5") == 1
    assert "7.500 /pb" not in html


def test_certification_uses_the_typed_values(outside, shifter, shifter_client):
    outside.answer_with(Answer(answer(run_row(last_lumisection_number=-655))), "/oms/runs")
    outside.answer_with(Answer(answer(fill_row())), "/oms/fills")
    opened = shifter_client.get(_path(CERTIFY, shifter))
    sent = {**fields_of(opened), **FORM_DATA, "run-lumisections": "655"}
    assert shifter_client.post(_path(CERTIFY, shifter), sent).status_code == 303
    assert TrackerCertification.objects.get(runreconstruction__run=RUN).lumisections == 655
    again = MainContent(shifter_client.get(f"/list/{TrackerCertification.objects.get().pk}/update/").content.decode())
    assert again.paragraphs_with("cannot be used") == []


def test_search_shows_runs_with_valid_rows_beside_an_invalid_row(outside, shifter_client):
    outside.answer_with(Answer(answer(run_row(), run_row(315267, units={"recorded_lumi": "furlong"}))), "/oms/runs")
    outside.answer_with(Answer(answer(fill_row())), "/oms/fills")
    html = shifter_client.get("/openruns/?runs=315267,315270").content.decode()
    assert "315267 recorded lumi 78.15 furlong (unknown unit)" in html
    assert "78.150 /pb" in html

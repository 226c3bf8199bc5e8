"""Each page that shows a verdict says what is out of it, and nothing where nothing is."""

import pytest

from tests.factories import CertificationFactory, QuestionFactory, ReconstructionFactory, RunFactory

pytestmark = pytest.mark.django_db
OUT = "21 of 617 LS and 2.700 /pb out (Strip)"
OUT_WITH_RANGES = "21 of 617 LS and 2.700 /pb out (Strip 310-330)"
RANGES = {"strip_ranges": [[310, 330]], "ranges_facts": {"lumis": {"strip": 2.7, "all": 2.7}, "digest": None}}


@pytest.fixture
def run():
    return RunFactory(run_number=315270)


@pytest.fixture
def reference():
    return ReconstructionFactory(reference=True)


def certify(run, user, reference, **changes):
    return CertificationFactory(run=run, user=user, reference_runreconstruction=reference, **{**RANGES, **changes})


@pytest.mark.parametrize(
    "address",
    [
        "/list/?state=live",
        "/list/{pk}/",
        "/list/{pk}/withdraw/",
        "/list/{pk}/hand-over/",
        "/runs/315270/",
        "/references/{reference}/",
        "/references/promote/{pk}/",
        "/list/{pk}/ask/",
        "/shiftleader/part/certifications/?week=2018-W22",
        "/shiftleader/part/runs/?week=2018-W22",
        "/summary/?date=2018-06-01&user=everybody",
    ],
)
def test_page_says_what_is_out_beside_the_verdict(address, shift_leader_client, shifter, run, reference):
    row = certify(run, shifter, reference)
    path = address.format(pk=row.pk, reference=reference.pk)
    answer = shift_leader_client.get(path)
    assert answer.status_code == 200 and (OUT in answer.text or OUT_WITH_RANGES in answer.text)
    type(row).objects.update(strip_ranges=[], ranges_facts={})
    assert " /pb out" not in shift_leader_client.get(path).text


def test_home_says_it_of_own_certifications(shifter_client, shifter, run, reference):
    certify(run, shifter, reference)
    assert OUT in shifter_client.get("/").text


def test_guest_sees_it_among_the_last_certifications(guest_client, shifter, run, reference):
    certify(run, shifter, reference)
    assert OUT in guest_client.get("/").text


def test_withdrawn_certification_has_it(shift_leader_client, shifter, run, reference):
    certify(run, shifter, reference, withdrawn=True)
    assert OUT in shift_leader_client.get("/shiftleader/part/withdrawn/?week=2018-W22").text


def test_question_has_it(shifter_client, shifter, run, reference):
    question = QuestionFactory(certification=certify(run, shifter, reference))
    assert OUT in shifter_client.get(f"/list/questions/{question.pk}/").text


def test_practice_has_it(shifter_client, shifter, run, reference):
    row = certify(run, shifter, reference, is_practice=True)
    assert OUT in shifter_client.get("/list/?practice=on").text
    assert OUT in shifter_client.get(f"/list/{row.pk}/").text


def test_certification_of_another_has_it_with_the_ranges(sandbox, other_shifter_client, shifter, run, reference):
    certify(run, shifter, reference)
    page = other_shifter_client.get("/certify/315270/express/").text
    assert OUT in page and "310-330: 21 LS and 2.700 /pb out" in page


def test_other_opinions_have_it(shifter_client, shifter, run, reference):
    certify(run, shifter, reference)
    prompt = CertificationFactory(run=run, user=shifter, reconstruction="prompt")
    assert OUT in shifter_client.get(f"/list/{prompt.pk}/").text


def test_page_of_a_certification_has_the_ranges_of_each_component(guest_client, shifter, run, reference):
    facts = {"lumis": {"strip": 2.8, "pixel": 0.5, "all": 3.3}}
    row = certify(
        run, shifter, reference, strip_ranges=[[310, 330], [352, 352]], pixel_ranges=[[1, 4]], ranges_facts=facts
    )
    page = guest_client.get(f"/list/{row.pk}/").text
    assert "310-330, 352: 22 LS and 2.800 /pb out" in page and "1-4: 4 LS and 0.500 /pb out" in page
    assert "26 of 617 LS and 3.300 /pb out" in page


def test_flag_in_a_table_names_the_ranges(guest_client, shifter, run, reference):
    certify(run, shifter, reference)
    page = guest_client.get("/list/?state=live").text
    assert 'title="Strip: good, 310-330 out"' in page and 'title="Pixel: good"' in page


def test_nothing_is_out_beside_bad(guest_client, shifter, run, reference):
    certify(run, shifter, reference, tracking="bad")
    assert " LS and 2.700 /pb out" not in guest_client.get("/list/?state=live").text


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("/shiftleader/part/overview/?week=2018-W22", ">21 LS, 2.700 /pb in 1 run</a></td>"),
        ("/shiftleader/part/overview/?week=2018-W22", "78.150 /pb, out of good: 2.700 /pb"),
        ("/shiftleader/part/runs/?week=2018-W22", "out of good: 21 LS, 2.700 /pb in 1 run"),
        ("/shiftleader/part/fills/?week=2018-W22", ">315270, 21 LS out<span"),
        ("/shiftleader/part/days/?week=2018-W22", "(out of good: 21 LS, 2.700 /pb in 1 run)"),
        ("/shiftleader/report/?week=2018-W22", ">21 LS, 2.700 /pb in 1 run</a></td>"),
        ("/shiftleader/report/?week=2018-W22", ">315270 (21 LS out)</a>"),
        ("/shiftleader/report/?week=2018-W22", "<td>21 of 617 LS and 2.700 /pb</td><td></td><td>310-330</td><td></td>"),
        ("/summary/?date=2018-06-01&user=everybody", "78.150 /pb, out of good: 21 LS, 2.700 /pb in 1 run"),
    ],
)
def test_sums_of_good_say_how_much_of_it_is_out(address, text, shift_leader_client, shifter, run, reference):
    row = certify(run, shifter, reference)
    answer = shift_leader_client.get(address)
    assert answer.status_code == 200 and text in answer.text
    type(row).objects.update(strip_ranges=[], ranges_facts={})
    without = shift_leader_client.get(address).text
    assert text not in without and "Out of good" not in without


def test_daily_report_gives_what_is_out_for_each_reconstruction(shifter_client, shifter, run, reference):
    certify(run, shifter, reference)
    certify(run, shifter, reference, reconstruction="prompt", strip_ranges=[[310, 314]], ranges_facts={})
    page = shifter_client.get("/summary/?date=2018-06-01&user=everybody").text
    total = "78.150 /pb, out of good: express 21 LS, 2.700 /pb in 1 run; prompt 5 LS in 1 run</li>"
    assert total in page and "each run once; what is out, for each reconstruction.</p>" in page


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("/shiftleader/part/overview/?week=2018-W22", "78.150 /pb, out of undecided: 2.700 /pb"),
        ("/shiftleader/part/runs/?week=2018-W22", "out of undecided: 21 LS, 2.700 /pb in 1 run"),
        ("/shiftleader/part/days/?week=2018-W22", "(out of undecided: 21 LS, 2.700 /pb in 1 run)"),
        ("/summary/?date=2018-06-01&user=everybody", "78.150 /pb, out of undecided: 21 LS, 2.700 /pb in 1 run"),
        ("/summary/?date=2018-06-01&user=everybody", "| out of undecided | 21 in 1 run | 2.700 /pb"),
    ],
)
def test_sums_of_undecided_do_not_call_it_good(address, text, shift_leader_client, shifter, run, reference):
    certify(run, shifter, reference, run_type="unknown", pixel="bad")
    page = shift_leader_client.get(address).text
    assert text in page and "out of good" not in page


def test_verdict_changes_have_it(shift_leader_client, shifter, run, reference):
    certify(run, shifter, reference)
    certify(run, shifter, reference, reconstruction="prompt", strip_ranges=[], tracking="bad")
    assert OUT in shift_leader_client.get("/shiftleader/part/overview/?week=2018-W22").text

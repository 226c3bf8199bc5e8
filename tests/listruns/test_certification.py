import pytest

from certify.models.choices import Flag
from oms.lumisections.mirror import store_lumisections
from tests.factories import BadReasonFactory, CertificationFactory, PixelProblemFactory, RunFactory
from tests.oms.lumisections.rows import row

pytestmark = pytest.mark.django_db
FACTS = {
    "run": {"start_time": "2018-04-27T18:14:00+00:00", "energy": 6500.0, "stable_beam": True, "b_field": None},
    "fill": {"fill_number": 6616},
    "typed": {"run": {"energy": {"by": "shifter2", "at": "2018-04-27T18:20:00+00:00"}}},
    "read_at": "2018-04-27T18:15:11+00:00",
}


def page(client, certification):
    answer = client.get(f"/list/{certification.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_page_shows_the_certification_and_its_facts(guest_client, shifter):
    certification = CertificationFactory(
        run=RunFactory(run_number=315270),
        user=shifter,
        strip=Flag.BAD,
        bad_reason=BadReasonFactory(name="HV off"),
        comment="<TIB>",
        facts=FACTS,
    )
    certification.pixel_problems.add(PixelProblemFactory(name="hot ROC"))
    html = page(guest_client, certification)
    assert "<h1>315270 express</h1>" in html
    for text in ("HV off", "hot ROC", "&lt;TIB&gt;", "78.150 /pb", "617", "6616", "OMS read 2018-04-27 18:15:11 UTC"):
        assert text in html
    assert "2018-04-27 18:14:00" in html
    assert "6500 (typed by shifter2)" in html
    assert "not reported" in html


def test_certification_without_facts_is_shown(guest_client):
    assert "Version" in page(guest_client, CertificationFactory(facts={}, dataset=None, recorded_lumi=None))


def test_luminosity_too_small_for_three_decimals_of_pb_has_a_smaller_unit(guest_client):
    certification = CertificationFactory(recorded_lumi=2.66922e-07)
    assert "<dt>Recorded</dt><dd>0.267 /µb</dd>" in page(guest_client, certification)


def test_luminosities_of_one_page_have_the_unit_of_the_largest(guest_client):
    facts = {"run": {"delivered_lumi": 0.5}, "fill": {"peak_lumi": 0.0002}}
    html = page(guest_client, CertificationFactory(recorded_lumi=2.66922e-07, facts=facts))
    assert "<dt>Recorded</dt><dd>&lt;0.001 /pb</dd>" in html and "<dd>0.500 /pb</dd>" in html


def test_luminosities_that_are_not_shown_decide_no_unit(guest_client):
    facts = {"run": {"recorded_lumi": 3.0, "init_lumi": 1.0}, "fill": {"peak_lumi": 0.0002, "delivered_lumi": 206.889}}
    html = page(guest_client, CertificationFactory(recorded_lumi=2.66922e-07, facts=facts))
    assert "<dt>Recorded</dt><dd>0.267 /µb</dd>" in html and "<dd>0.200 × 10³¹ cm⁻² s⁻¹</dd>" in html


def test_luminosities_of_the_verdicts_of_a_day_have_one_unit(guest_client):
    certification = CertificationFactory(recorded_lumi=2.66922e-07)
    CertificationFactory(recorded_lumi=12.25, pixel="bad", comment="noisy")
    chips = guest_client.get("/summary/", {"date": certification.date}).text.split("report-totals")[1].split("</ul>")[0]
    assert "617 LS, &lt;0.001 /pb" in chips
    assert "617 LS, 12.250 /pb" in chips


def test_missing_fact_is_not_attributed_to_a_source(guest_client):
    typed, silent = "Rests on typed values.", "Run Registry or OMS had not answered in full."
    html = page(guest_client, CertificationFactory(facts=FACTS, external_info_complete=False))
    assert typed in html and silent not in html
    html = page(guest_client, CertificationFactory(facts=FACTS | {"typed": {}}, external_info_complete=False))
    assert silent in html and typed not in html


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"lumisections": None, "recorded_lumi": None}, "OMS has not given lumisections and recorded luminosity yet."),
        ({"recorded_lumi": None}, "OMS has not given recorded luminosity yet."),
        ({"lumisections": None, "recorded_lumi": None, "run_type": "cosmics"}, "OMS has not given lumisections yet."),
    ],
)
def test_facts_that_oms_has_not_given_are_named(guest_client, facts, sentence):
    html = page(guest_client, CertificationFactory(external_info_complete=False, **facts))
    assert sentence in html and "had not answered in full" not in html


def test_report_totals_count_unknown_values(guest_client):
    certification = CertificationFactory(recorded_lumi=3.5, lumisections=70)
    CertificationFactory(recorded_lumi=None, lumisections=None, date=certification.date)
    text = guest_client.get("/summary/", {"date": certification.date}).text
    assert "70 LS (1 unknown), 3.500 /pb (1 unknown)" in text


def test_owner_is_offered_the_update(shifter_client, shifter):
    certification = CertificationFactory(user=shifter)
    assert f'href="/list/{certification.pk}/update/"' in page(shifter_client, certification)


def test_another_shifter_is_not_offered_the_update(other_shifter_client, shifter):
    certification = CertificationFactory(user=shifter)
    assert "/update/" not in page(other_shifter_client, certification)


def test_shift_leader_is_offered_the_update_with_the_owner_named(shift_leader_client, shifter):
    certification = CertificationFactory(user=shifter)
    html = page(shift_leader_client, certification)
    assert f'href="/list/{certification.pk}/update/"' in html
    assert "Change shifter’s" in html


def test_withdrawn_certification_is_marked_and_cannot_be_changed(shifter_client, shifter):
    html = page(shifter_client, CertificationFactory(user=shifter, withdrawn=True))
    assert "Withdrawn by shifter, 2018-06-02 06:00 UTC: wrong run." in html
    assert "/update/" not in html


def test_unknown_certification_is_not_found(shifter_client):
    assert shifter_client.get("/list/999999/").status_code == 404


def test_query_count_of_the_page(shifter_client, django_assert_max_num_queries):
    certification = CertificationFactory()
    certification.pixel_problems.add(*[PixelProblemFactory() for _ in range(5)])
    store_lumisections(certification.run_number, [row(1)], certification.updated_at)
    with django_assert_max_num_queries(15):  # two of them for the lumisections, one for receipts
        shifter_client.get(f"/list/{certification.pk}/")

"""Pages of files: the list, one file, why, verification, downloads, differences, and the part of a certification."""

import json
import re

import pytest
from django.utils import timezone

from golden.actions import make_file
from golden.evaluation import EvaluationFailed
from golden.file_pages.day_chart import day_chart
from golden.models import FileVerification, GoldenFile
from golden.verifications import record_verification
from tests.audit.past_history import sql
from tests.golden.stored import LOGIC, certification, policy

pytestmark = pytest.mark.django_db


def _text(response):
    return " ".join(re.sub("<[^>]*>", " ", response.text).split())


@pytest.fixture
def rows():
    return [
        certification(315300, off=range(10, 21), strip_ranges=[[15, 30]], comment="HV trip"),
        certification(315301),
    ]


@pytest.fixture
def file(rows):
    return make_file(None, policy(), timezone.now())


def test_list_without_policies_says_what_to_do(expert_client, guest_client):
    assert "Write the first one, then make a file with it. New policy" in _text(expert_client.get("/golden/"))
    assert "An expert writes the first one" in _text(guest_client.get("/golden/"))
    assert "New policy" not in _text(guest_client.get("/golden/"))


def test_expert_makes_a_file_and_is_led_to_it(expert_client, expert, rows):
    policy()
    answer = expert_client.post("/golden/", {"policy": "tracker2018", "as_of": "", "layout": "indent"})
    file = GoldenFile.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/golden/{file.pk}/")
    assert (file.layout, file.made_by) == ("indent", expert)
    listed = _text(expert_client.get("/golden/"))
    assert f"{file.name} {file.as_of:%Y-%m-%d %H:%M:%S} tracker2018 v1 2 runs 179 LS" in listed
    assert f"{file.sha256[:12]} expert" in listed


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("yesterday", "It is no time. Write 2018-12-20 08:00, or nothing for now."),
        ("2018-12-20 08:00", "tracker2018 did not exist then. Give a later time."),
        ("2990-01-01", "The time is in the future. Give an earlier one."),
    ],
)
def test_a_time_that_cannot_be_used_is_named_beside_its_field(expert_client, rows, typed, sentence):
    policy()
    answer = expert_client.post("/golden/", {"policy": "tracker2018", "as_of": typed, "layout": ""})
    assert answer.status_code == 422
    assert sentence in _text(answer) and f'value="{typed}"' in answer.text
    assert not GoldenFile.objects.exists()


def test_a_form_that_is_sent_twice_makes_one_file(expert_client, rows):
    policy()
    shown = re.search(r'name="key" value="([^"]+)"', expert_client.get("/golden/").text)[1]
    entry = {"policy": "tracker2018", "as_of": "", "layout": "", "key": shown}
    assert expert_client.post("/golden/", entry)["Location"] == expert_client.post("/golden/", entry)["Location"]
    assert GoldenFile.objects.count() == 1
    expert_client.post("/golden/", entry | {"layout": "indent"})
    assert [file.layout for file in GoldenFile.objects.all()] == ["indent", "flat"]


@pytest.fixture
def long_work(monkeypatch, rows):
    """Whatever takes two certifications counts as long, and each of them is a step."""
    monkeypatch.setattr("golden.views.progress.SHORT", 1)
    monkeypatch.setattr("golden.generation.STEP", 1)
    policy()


def test_the_page_of_long_work_shows_progress_and_leads_to_the_file(expert_client, long_work):
    parts = [part.decode() for part in expert_client.post("/golden/", {"policy": "tracker2018"}).streaming_content]
    assert "Making a file of tracker2018 v1" in parts[0]
    assert re.findall(r"\d of \d certifications", "".join(parts)) == [
        f"{done} of 2 certifications" for done in range(3)
    ]
    address = f"/golden/{GoldenFile.objects.get().pk}/"
    assert f'<meta http-equiv="refresh" content="0; url={address}">' in parts[-2]
    assert "</html>" in parts[-1]
    verified = b"".join(expert_client.post(f"{address}verify/").streaming_content).decode()
    assert f'<a href="{address}">' in verified and FileVerification.objects.get().is_equal


@pytest.mark.parametrize(
    ("error", "sentence"), [(EvaluationFailed("Clause 2 fails."), "Clause 2 fails."), (KeyError(1), "It failed")]
)
def test_an_error_in_the_middle_of_long_work_is_shown(expert_client, long_work, monkeypatch, error, sentence):
    def fail(*_):
        raise error

    monkeypatch.setattr("golden.tally.Tally.add", fail)
    page = b"".join(expert_client.post("/golden/", {"policy": "tracker2018"}).streaming_content).decode()
    assert sentence in page and '<a href="/golden/">Back</a>' in page
    assert not GoldenFile.objects.exists()


def test_pages_lead_to_the_api_and_from_a_policy_to_its_next_file(expert_client, guest_client, file):
    addresses = {
        "/golden/": ("/api/v1/golden/", "/api/v1/policies/"),
        f"/golden/{file.pk}/": (f"/api/v1/golden/{file.pk}/",),
        "/golden/policies/tracker2018/": ("/api/v1/policies/", "/golden/?policy=tracker2018"),
    }
    for address, links in addresses.items():
        page = expert_client.get(address).text
        assert [link for link in links if f'href="{link}"' not in page] == []
        assert "/api/v1/" not in guest_client.get(address).text
    assert '<option value="tracker2018" selected>' in expert_client.get("/golden/?policy=tracker2018").text


def test_only_experts_make_and_verify(shift_leader_client, file):
    assert "Make a file" not in shift_leader_client.get("/golden/").text
    assert f"/golden/{file.pk}/verify/" not in shift_leader_client.get(f"/golden/{file.pk}/").text
    assert shift_leader_client.post("/golden/", {"policy": "tracker2018"}).status_code == 403
    assert shift_leader_client.post(f"/golden/{file.pk}/verify/").status_code == 403


def test_file_has_figures_an_honest_name_losses_and_days(guest_client, file):
    text = _text(guest_client.get(f"/golden/{file.pk}/"))
    assert "Tracker-good JSON · tracker2018 v1" in text
    assert "2 runs 3 ranges 179 LS in, 21 out 89.500 /pb in, 10.500 /pb out" in text
    assert f"{file.sha256[:12]}… SHA-256" in text
    assert "BPIX on 11 5.500 /pb 2.500 /pb" in text and "Strip GOOD 16 8.000 /pb 5.000 /pb" in text
    assert "the sums differ from what is out" in text
    assert "2018-05-03 179 89.500 /pb 21 10.500 /pb" in text
    assert "columns of Run Registry" in text and "dt-dt" in text
    assert "golden" not in file.manifest["title"].lower()


def test_why_a_lumisection_is_out(guest_client, file, rows):
    text = _text(guest_client.get(f"/golden/{file.pk}/why/", {"run": "315300:17"}))
    assert "Out BPIX on : the first of 2 rules that fail. No single rule would bring it back. Price: 0.500 /pb." in text
    assert "true: energy ≥ 6000 GeV 6499 GeV" in text
    assert "false: BPIX on off" in text and "false: Strip GOOD bad" in text
    assert f"CH {rows[0].pk} v1 by" in text and "“HV trip”" in text
    assert "OMS 2018-05-03 12:00 UTC" in text and re.search(r"OMS by lumisection \d{4}-\d\d-\d\d \d\d:\d\d UTC", text)
    assert "The LS around it, 15–20, 3.000 /pb, have the same outcome." in text
    only = _text(guest_client.get(f"/golden/{file.pk}/why/", {"run": "315300", "ls": "10"}))
    assert "BPIX on : the only rule that fails. Without it the lumisection would be in." in only


def test_why_a_whole_run(guest_client, file):
    text = _text(guest_client.get(f"/golden/{file.pk}/why/", {"run": "315300"}))
    assert "Partly in Run 315300: 79 LS in, 39.500 /pb; 21 LS out, 10.500 /pb." in text
    assert "15–20 Out BPIX on, Strip GOOD 3.000 /pb" in text
    missing = _text(guest_client.get(f"/golden/{file.pk}/why/", {"run": "315999"}))
    assert "Out No certification of the run with such a dataset counted." in missing


def test_why_as_fragment_and_as_json(guest_client, file, rows):
    address = f"/golden/{file.pk}/why/?run=315300&ls=17"
    fragment = guest_client.get(address, headers={"HX-Request": "true"})
    assert "<html" not in fragment.text and "BPIX on" in fragment.text
    answer = guest_client.get(f"{address}&format=json").json()
    assert (answer["in"], answer["first_failing"], answer["is_only_failing"]) == (False, "BPIX on", False)
    assert answer["clauses"][2]["values"] == {"lumisection.oms.bpix_ready": False}
    assert answer["certification"]["id"] == rows[0].pk


@pytest.mark.parametrize("typed", ["", "abc", "315300:", "0", "315300:0", "1" * 60, "315300:120:3"])
def test_an_entry_that_is_no_run_is_named_beside_the_field(guest_client, file, typed):
    answer = guest_client.get(f"/golden/{file.pk}/why/", {"run": typed})
    assert answer.status_code == 422
    assert "Write a run, or a run and a lumisection: 315322:120." in answer.text


def test_file_is_downloaded_to_the_byte_under_its_name(guest_client, file):
    answer = guest_client.get(f"/golden/{file.pk}/file.json")
    assert answer.content == file.file_bytes
    assert answer["Content-Disposition"] == f'attachment; filename="{file.name}"'
    assert answer["ETag"] == f'"{file.sha256}"'
    again = guest_client.get(f"/golden/{file.pk}/file.json", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    assert json.loads(guest_client.get(f"/golden/{file.pk}/manifest.json").content) == file.manifest
    assert guest_client.get("/golden/999999/file.json").status_code == 404


def test_verified_again(expert_client, file):
    assert "not verified since it was made" in _text(expert_client.get(f"/golden/{file.pk}/"))
    answer = expert_client.post(f"/golden/{file.pk}/verify/")
    assert (answer.status_code, answer["Location"]) == (303, f"/golden/{file.pk}/")
    at = f"{FileVerification.objects.get().at:%Y-%m-%d %H:%M}"
    assert f"Verified {at} UTC by expert, equal" in _text(expert_client.get(f"/golden/{file.pk}/"))
    assert f"equal {at}" in _text(expert_client.get("/golden/"))


def test_verification_names_the_row_of_the_history_that_was_changed(expert_client, file, rows):
    sql(f"UPDATE {rows[0].history.model._meta.db_table} SET comment = 'forged' WHERE id = %s", rows[0].pk)
    record_verification(None, file)
    text = _text(expert_client.get(f"/golden/{file.pk}/"))
    assert re.search(r"Differs \d{4}-\d\d-\d\d \d\d:\d\d UTC by a command", text) and "What differs" in text
    assert re.search(r"differs \d{4}-\d\d-\d\d", _text(expert_client.get("/golden/")))
    assert f"certify.trackercertification {rows[0].pk}, history row" in text


def test_differences_of_two_files(guest_client, file):
    looser = make_file(
        None, policy({"and": [each for each in LOGIC["and"] if "bpix" not in str(each)]}), timezone.now()
    )
    answer = guest_client.get("/golden/compare/", {"file": looser.pk, "with": file.pk}, follow=True)
    text = _text(answer)
    assert answer.redirect_chain == [(f"/golden/{looser.pk}/differences/?with={file.pk}", 302)]
    assert "has 5 LS in 1 run, 2.500 /pb, that the other lacks" in text
    assert "315300 10-14 2.500 /pb" in text
    only = guest_client.get(f"/golden/{looser.pk}/differences/?with={file.pk}&format=json").json()
    assert (only["only_in_file"], only["only_in_other"]) == ({"315300": [[10, 14]]}, {})
    same = guest_client.get(f"/golden/{file.pk}/differences/?with={file.pk}")
    assert "Both files have the same lumisections, byte for byte." in same.text
    assert guest_client.get(f"/golden/{file.pk}/differences/?with=999999").status_code == 404


def test_certification_names_the_files_it_counted_for_and_its_price(guest_client, file, rows):
    page = guest_client.get(f"/list/{rows[0].pk}/")
    assert f'hx-get="/golden/certifications/{rows[0].pk}/"' in page.text
    text = _text(guest_client.get(f"/golden/certifications/{rows[0].pk}/"))
    assert "79 LS in, 21 out" in text
    assert "Without this certification the newest of them would lose 79 LS, 39.500 /pb." in text
    other = certification(315400)
    assert "None counts this certification." in _text(guest_client.get(f"/golden/certifications/{other.pk}/"))


def test_pages_take_a_fixed_number_of_queries(expert_client, file, django_assert_num_queries):
    for number in range(3):
        certification(315310 + number)
        make_file(None, file.policy_version, timezone.now())
    for address, count in (
        ("/golden/", 8),
        (f"/golden/{file.pk}/", 5),
        (f"/golden/{file.pk}/why/?run=315300:17", 15),
        (f"/golden/{file.pk}/file.json", 4),
        (f"/golden/{file.pk}/manifest.json", 3),
        (f"/golden/{file.pk}/differences/?with={file.pk}", 4),
    ):
        with django_assert_num_queries(count):
            expert_client.get(address)


def test_chart_has_a_bar_for_each_day_and_lumisections_where_no_luminosity_is_known():
    def sums(lumi, count, unknown=0):
        return {"recorded_lumi": lumi, "lumisections": count, "unknown": unknown}

    by_day = {
        "2018-05-01": {"in": sums(30.0, 60), "out": sums(10.0, 20)},
        "2018-05-03": {"in": sums(0.0, 0), "out": sums(20.0, 40)},
    }
    chart = day_chart(by_day)
    assert (chart.highest, chart.unit) == ("40.0 /pb", "luminosity")
    assert [bar.is_in for bar in chart.bars] == [True, False, False]
    assert [round(bar.height) for bar in chart.bars] == [90, 30, 60]
    assert [text for text, _ in chart.labels] == ["01 May", "02 May", "03 May"]
    unknown = day_chart({"2018-05-01": {"in": sums(0.0, 60, 60), "out": sums(0.0, 20, 20)}})
    assert (unknown.highest, unknown.unit, unknown.rows[0].lumi_in) == ("80 LS", "lumisections", "unknown")
    assert day_chart({"": {"in": sums(1.0, 2), "out": sums(0.0, 0)}}).bars == []

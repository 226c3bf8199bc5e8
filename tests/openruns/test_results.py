"""The table of a search result. Runs and values are real ones of April 2018."""

import re
from urllib.parse import quote_plus

from certify.models.choices import Flag, Reconstruction
from oms.models import OmsRun
from tests.openruns.open_runs_page import certify, search


def test_open_reconstruction_links_to_the_certify_page_with_dataset_and_search(shifter_client, sandbox):
    cells = search(shifter_client, "315257").rows[315257].cells
    dataset = quote_plus("/PromptReco/Collisions2018A/DQM")
    assert cells["prompt"] == ("open", "open", f"/certify/315257/prompt/?dataset={dataset}&runs=315257")
    assert [state for state, *_ in cells.values()] == ["open", "open", "open", "open"]


def test_closed_and_waiting_reconstructions_have_no_link(shifter_client, sandbox):
    rows = search(shifter_client, "314890 315543 316187 316201").rows
    assert rows[314890].cells["express"] == ("closed", "closed", "")
    assert rows[316187].cells["prompt"] == ("closed", "waiting", "")


def test_a_reconstruction_without_dataset_has_a_dash(shifter_client, sandbox):
    row = search(shifter_client, "315260").rows[315260]
    assert set(row.cells) == {"express", "prompt"}
    assert row.text.endswith("- -")


def test_reconstructions_have_the_names_of_the_list(shifter_client, sandbox):
    html = search(shifter_client, "315257").html
    assert '<th scope="col" class="reco">rerecoul</th>' in html
    assert '<option value="rereco">rereco</option>' in html
    assert '<option value="" selected>First open</option>' in html


def test_own_certification_links_to_its_form(shifter, shifter_client, sandbox):
    certification = certify(shifter, 315257, Reconstruction.EXPRESS)
    cells = search(shifter_client, "315257").rows[315257].cells
    assert cells["express"] == ("mine", "mine", f"/list/{certification.pk}/update/?runs=315257")
    assert cells["prompt"][0] == "open"


def test_title_of_a_cell_says_what_is_out(shifter, shifter_client, sandbox):
    facts = {"lumis": {"strip": 0.5, "all": 0.5}}
    row = certify(shifter, 315257, Reconstruction.EXPRESS, strip_ranges=[[5, 9]], ranges_facts=facts)
    title = f'title="Certified good by shifter for 2018-06-01, stale, {row.out.text}"'
    assert row.out.text == "5 LS and 0.500 /pb out (Strip)" and title in search(shifter_client, "315257").html


def test_certification_of_another_user_has_their_name_and_links_to_its_page(other_shifter, shifter_client, sandbox):
    certification = certify(other_shifter, 315257, Reconstruction.EXPRESS, strip=Flag.BAD)
    page = search(shifter_client, "315257")
    address = f"/list/{certification.pk}/?runs=315257"
    assert page.rows[315257].cells["express"] == ("certified", "shifter2", address)
    assert 'title="Certified bad by shifter2 for 2018-06-01, stale"' in page.html  # the values of OMS differ


def test_certification_of_another_user_links_shift_leaders_to_its_form(other_shifter, shift_leader_client, sandbox):
    certification = certify(other_shifter, 315257, Reconstruction.EXPRESS)
    cells = search(shift_leader_client, "315257").rows[315257].cells
    assert cells["express"] == ("certified", "shifter2", f"/list/{certification.pk}/update/?runs=315257")


def test_certification_takes_precedence_over_the_state_in_run_registry(shifter, shifter_client, sandbox):
    certify(shifter, 314890, Reconstruction.EXPRESS)
    assert search(shifter_client, "314890").rows[314890].cells["express"][0] == "mine"


def test_a_withdrawn_certification_is_open_again(shifter, shifter_client, sandbox):
    certify(shifter, 315257, Reconstruction.EXPRESS, withdrawn=True)
    assert search(shifter_client, "315257").rows[315257].cells["express"][0] == "open"


def test_a_row_has_the_facts_of_oms_with_their_units(shifter_client, sandbox):
    text = search(shifter_client, "315270").rows[315270].text
    assert text.startswith("315270 collisions 2018-04-27 06:43 UTC 6616 655 78.150 /pb")


def test_rows_are_sorted_newest_first(shifter_client, sandbox):
    assert list(search(shifter_client, "315259, 315270\n315264-315267").rows) == [
        *(315270, 315267, 315266, 315265, 315264, 315259)
    ]


def test_progress_counts_certified_reconstructions_of_those_open_or_certified(
    shifter, other_shifter, shifter_client, sandbox
):
    certify(shifter, 315257, Reconstruction.EXPRESS)
    certify(other_shifter, 315257, Reconstruction.PROMPT)
    page = search(shifter_client, "315257, 315260")
    assert "2 of 6 done" in page.text
    assert re.search(r'<progress id="search-progress"\s+value="2"\s+max="6">', page.html)


def test_row_is_dimmed_when_all_reconstructions_are_certified(shifter, shifter_client, sandbox):
    for reconstruction in (Reconstruction.EXPRESS, Reconstruction.PROMPT):
        certify(shifter, 315260, reconstruction)
    rows = search(shifter_client, "315257, 315260").rows
    assert (rows[315260].css_class, rows[315257].css_class) == ("is-dimmed", "")


def test_the_time_of_the_request_is_shown(shifter_client, sandbox):
    assert re.search(r"Run Registry was queried at \d\d:\d\d:\d\d UTC", search(shifter_client, "315257").text)


def test_runs_without_a_row_are_listed(shifter_client, sandbox):
    page = search(shifter_client, "315257, 315261, 315263, 315269, 999999")
    assert list(page.rows) == [315257]
    assert "Not in Run Registry: 315261, 315263, 999999." in page.text
    assert "In Run Registry without a dataset to certify: 315269." in page.text


def test_a_certified_run_missing_in_run_registry_has_a_row(shifter, shifter_client, sandbox):
    certify(shifter, 999999, Reconstruction.EXPRESS)
    page = search(shifter_client, "999999")
    assert page.rows[999999].cells["express"][0] == "mine"
    assert "Not in Run Registry: 999999." in page.text


def test_an_empty_result_has_a_message(shifter_client, sandbox):
    page = search(shifter_client, "999990-999999")
    assert page.status == 200
    assert not page.rows
    assert "No open runs in 999990-999999." in page.text
    assert "Run Registry was queried at" in page.text


def test_typed_values_are_marked(shifter_client, sandbox):
    assert " typed" not in search(shifter_client, "315264").rows[315264].text
    run = OmsRun.objects.get(pk=315264)
    run.lumisections, run.typed = 260, {"lumisections": {"by": "shifter", "at": "2018-05-01T10:00:00+00:00"}}
    run.save()
    assert "260 typed by shifter" in search(shifter_client, "315264").rows[315264].text

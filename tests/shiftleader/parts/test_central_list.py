"""The check of the central list, tested with runs of the earlier tool."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oms.models import OmsRun
from reports.statistics import flag_changes
from shiftleader.parts.central_list import (
    MAX_RUNS,
    MAX_TEXT_LENGTH,
    MAX_URL_LENGTH,
    CentralListStatus,
    CheckedCertification,
    check_runs,
    check_text,
    parse_pasted_runs,
)
from tests.factories import CertificationFactory, RunFactory, UserFactory
from tests.reports.test_statistics import certified as certified_lines

# run: verdict, of nineteen certifications in the earlier tool
NINETEEN = {
    ("collisions", "express"): {1: "good", 2: "good", 3: "good", 4: "good", 5: "bad", 6: "bad", 7: "bad"},
    ("collisions", "prompt"): {1: "good", 3: "good", 4: "bad", 5: "good", 6: "bad"},
    ("cosmics", "express"): dict.fromkeys((10, 11, 12, 13, 14), "good"),
    ("cosmics", "prompt"): {11: "good", 14: "bad"},
}
ROWS = [
    CheckedCertification(run, reco, kind, verdict)
    for (kind, reco), some in NINETEEN.items()
    for run, verdict in some.items()
]
ASKED = [*range(9), *range(10, 16)]
FOUND = {
    ("collisions", CentralListStatus.GOOD): [1, 3],
    ("collisions", CentralListStatus.BAD): [6],
    ("collisions", CentralListStatus.PROMPT_MISSING): [2, 7],
    ("collisions", CentralListStatus.CHANGED_GOOD): [5],
    ("collisions", CentralListStatus.CHANGED_BAD): [4],
    ("cosmics", CentralListStatus.GOOD): [11],
    ("cosmics", CentralListStatus.PROMPT_MISSING): [10, 12, 13],
    ("cosmics", CentralListStatus.CHANGED_BAD): [14],
    ("", CentralListStatus.MISSING): [0, 8, 15],
}
TEXT = """Collisions
GOOD: 1, 3
BAD: 6
CHANGED TO GOOD: 5
CHANGED TO BAD: 4
PROMPT MISSING: 2, 7

Cosmics
GOOD: 11
CHANGED TO BAD: 14
PROMPT MISSING: 10, 12, 13

MISSING: 0, 8, 15"""


def test_status_of_nineteen_certifications():
    assert check_runs(ASKED, ROWS) == FOUND
    assert check_text(FOUND) == TEXT


def test_repeated_numbers_and_other_text_are_ignored():
    pasted = parse_pasted_runs("hase 316115-316110, 0;316101\n316102 316103 abc 316104-316106 316102 316102 hase")
    assert pasted.numbers == [316101, 316102, 316103, 316104, 316105, 316106]
    assert pasted.ignored == ["hase", "316115-316110", "0", "abc"]


def test_keys_of_json_are_the_runs_and_its_pairs_lumisections():
    pasted = parse_pasted_runs('{"316187": [[1, 316], [318, 900]],\n "316199": [[1, 12]], "316201": []}')
    assert pasted.numbers == [316187, 316199, 316201]
    assert pasted.ignored == []


def test_runs_as_text_leave_out_what_is_around_them():
    assert parse_pasted_runs("['316187', '316199-316201']").text == "316199-316201 316187"
    assert parse_pasted_runs("316187 bad").text == ""


def test_text_that_is_too_long_is_an_error():
    pasted = parse_pasted_runs("316187 " * (MAX_TEXT_LENGTH // 7 + 1))
    assert pasted.numbers == []
    assert pasted.error == f"The list is longer than {MAX_TEXT_LENGTH} characters. Paste it in parts."


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ({"rereco": "good"}, CentralListStatus.PROMPT_MISSING),
        ({"prompt": "undecided"}, CentralListStatus.UNDECIDED),
        ({"prompt": "good", "express": "undecided"}, CentralListStatus.GOOD),
        ({"prompt": "undecided", "express": "good"}, CentralListStatus.UNDECIDED),
        ({"prompt": "bad", "rereco": "good"}, CentralListStatus.BAD),
        ({"prompt": "bad", "express": "good", "rerecoul": "good"}, CentralListStatus.CHANGED_BAD),
        ({}, CentralListStatus.MISSING),
    ],
)
def test_prompt_decides(rows, status):
    certifications = [CheckedCertification(5, name, "collisions", verdict) for name, verdict in rows.items()]
    assert [row_status for _type, row_status in check_runs([5], certifications)] == [status]


@pytest.mark.parametrize(
    ("text", "numbers", "error"),
    [
        ("316187, 316199-316201", [316187, 316199, 316200, 316201], ""),
        ("316199 - 316201 316203–316204", [316199, 316200, 316201, 316203, 316204], ""),
        ("", [], ""),
        ("nothing", [], "There is no run number in the list."),
        (f"100000-{100000 + MAX_RUNS - 1}", list(range(100000, 100000 + MAX_RUNS)), ""),
        (f"100000-{100000 + MAX_RUNS}", [], f"The list has more than {MAX_RUNS} runs."),
        ("100001-9999999", [], f"The list has more than {MAX_RUNS} runs."),
        ("99999999 ٣", [], "There is no run number"),
    ],
)
def test_pasted_list_is_parsed(text, numbers, error):
    pasted = parse_pasted_runs(text)
    assert pasted.numbers == numbers
    assert pasted.error.startswith(error)
    assert bool(pasted.error) == bool(error)


RECOS, VERDICTS = ("express", "prompt", "rereco", "rerecoul"), ("good", "bad", "undecided")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.tuples(st.integers(1, 5), st.sampled_from(RECOS)), st.sampled_from(VERDICTS)))
def test_each_run_appears_once_with_the_expected_status(certified):
    rows = [CheckedCertification(run, reco, "collisions", verdict) for (run, reco), verdict in certified.items()]
    found = [(run, status.label) for (_, status), runs in check_runs(range(1, 6), rows).items() for run in runs]
    assert sorted(found) == [(run, plainly(run, certified)) for run in range(1, 6)]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(certified_lines())
def test_runs_that_changed_are_those_of_the_overview(lines):
    rows = [
        CheckedCertification(line.run_number, line.group.reconstruction, line.group.run_type, line.verdict)
        for line in lines
    ]
    verdict_words = {CentralListStatus.CHANGED_GOOD: "good", CentralListStatus.CHANGED_BAD: "bad"}
    found = check_runs({line.run_number for line in lines}, rows).items()
    changed = {run: verdict_words[status] for (_, status), runs in found if status in verdict_words for run in runs}
    assert changed == {line.run_number: line.prompt.verdict for line in flag_changes(lines)}


def plainly(run, certified):
    express, prompt = certified.get((run, "express")), certified.get((run, "prompt"))
    if not any((run, reco) in certified for reco in RECOS):
        return "MISSING"
    if prompt is None:
        return "PROMPT MISSING"
    if express == "bad" and prompt == "good":
        return "CHANGED TO GOOD"
    if express == "good" and prompt == "bad":
        return "CHANGED TO BAD"
    return prompt.upper()


def certify(number, reconstruction="prompt", **values):
    run = OmsRun.objects.filter(pk=number).first() or RunFactory(run_number=number)
    return CertificationFactory(run=run, reconstruction=reconstruction, **values)


@pytest.mark.django_db
def test_page_reads_the_verdicts_whatever_the_week(shifter_client, django_assert_max_num_queries):
    person = UserFactory()
    certify(317001, user=person)
    certify(317002, tracking="bad", user=person)
    certify(317003, tracking="bad", tracking_lowstat=True, user=person)
    certify(317004, withdrawn=True, user=person)
    sent = {"list": "317001-317004 und 317005"}
    answer = shifter_client.post("/shiftleader/central-list/?week=2001-W01&runs=315000", sent, follow=True)
    assert answer.redirect_chain == [
        ("/shiftleader/part/central/?week=2001-W01&runs=315000&list=317001-317004+und+317005", 303)
    ]
    text = answer.content.decode()
    assert "Collisions\nGOOD: 317001, 317003\nBAD: 317002\n\nMISSING: 317004, 317005" in text
    assert "No run numbers, left out: und." in text
    with django_assert_max_num_queries(6):
        shifter_client.get(answer.redirect_chain[0][0], HTTP_HX_REQUEST="true")


@pytest.mark.django_db
def test_what_is_out_of_the_prompt_certification_is_below_its_status(shifter_client):
    facts = {"lumis": {"strip": 2.7, "all": 2.7}}
    certify(317001, strip_ranges=[[310, 330]], ranges_facts=facts)
    certify(317002, "express", strip_ranges=[[1, 2]])
    certify(317002)
    certify(317003, tracking="bad", strip_ranges=[[1, 2]])
    answer = shifter_client.get("/shiftleader/part/central/?list=317001-317003", HTTP_HX_REQUEST="true")
    assert answer.context["check_text"] == (
        "Collisions\nGOOD: 317001, 317002\n  317001: 21 of 617 LS and 2.700 /pb out (Strip 310-330)\nBAD: 317003"
    )
    outside = shifter_client.get("/shiftleader/part/central/?list=317001&verdict=bad", HTTP_HX_REQUEST="true")
    assert outside.context["check_text"] == "Collisions\nOUTSIDE THE FILTERS: 317001"


def statuses(client, query, pasted):
    """{run: standing} of a check, from its text."""
    answer = client.get(f"/shiftleader/part/central/?{query}&list={pasted}", HTTP_HX_REQUEST="true")
    lines = (line.split(": ") for line in answer.context["check_text"].splitlines() if ": " in line)
    return {run: status for status, runs in lines for run in runs.split(", ")}, answer.text


@pytest.mark.django_db
def test_runs_excluded_by_filters_are_not_missing(shifter_client):
    anna, ben = UserFactory(username="anna"), UserFactory(username="ben")
    certify(317001, user=anna)
    certify(317001, "express", user=ben, tracking="bad")
    certify(317002, user=ben)
    certify(317003, "express", user=anna)
    certify(317004, "express", user=ben)
    pasted = "317001-317005,317005"
    plain, page = statuses(shifter_client, "week=2001-W01", pasted)
    assert plain == {
        "317001": "CHANGED TO GOOD", "317002": "GOOD", "317003": "PROMPT MISSING", "317004": "PROMPT MISSING",
        "317005": "MISSING",
    }  # fmt: skip
    assert "data-applied-filters" not in page
    annas, page = statuses(shifter_client, "week=2001-W01&user=anna", pasted)
    outside = dict.fromkeys(("317002", "317004"), "OUTSIDE THE FILTERS")
    assert annas == plain | outside
    assert "Only Shifter anna." in page
    unfiltered = "/shiftleader/part/central/?week=2001-W01&list=317001-317005+317005"
    assert f'<a href="{unfiltered.replace("&", "&amp;")}"' in page
    assert statuses(shifter_client, "user=ben", pasted)[0] == plain | {
        "317001": "OUTSIDE THE FILTERS", "317003": "OUTSIDE THE FILTERS"
    }  # fmt: skip
    everything = dict.fromkeys(plain, "OUTSIDE THE FILTERS") | {"317005": "MISSING"}
    assert statuses(shifter_client, "reconstruction=rereco", pasted)[0] == everything
    assert statuses(shifter_client, "verdict=good&dataset=prompt&run_type=collisions", pasted)[0] == plain


@pytest.mark.django_db
def test_unknown_runs_of_a_range_are_one_row(shifter_client):
    certify(317001)
    RunFactory(run_number=317003)
    found, page = statuses(shifter_client, "", "316999-317005 317005 317101-317102")
    assert found == {
        "317001": "GOOD", "317003": "MISSING", "317005": "MISSING", "317101": "MISSING", "317102": "MISSING",
        "4 of the ranges": "UNKNOWN RUN", "316999-317000": "UNKNOWN RUN", "317002": "UNKNOWN RUN",
        "317004": "UNKNOWN RUN",
    }  # fmt: skip
    assert "4 unknown runs" in page


@pytest.mark.django_db
def test_list_too_long_for_an_address_is_checked_by_post(shifter_client):
    many = " ".join(str(number) for number in range(317000, 317000 + 4 * MAX_URL_LENGTH // 14, 2))
    answer = shifter_client.post("/shiftleader/central-list/?week=2018-W22", {"list": many})
    assert answer.status_code == 200
    assert f"{len(many.split())} missing" in answer.content.decode()
    assert many in answer.content.decode()


@pytest.mark.django_db
def test_error_is_shown_beside_the_list(shifter_client):
    text = shifter_client.get("/shiftleader/part/central/?list=nothing").content.decode()
    assert "There is no run number in the list. Paste some, such as" in text
    assert ">nothing</textarea>" in text


@pytest.mark.django_db
def test_invalid_filters_show_an_error(shifter_client):
    answer = shifter_client.post("/shiftleader/central-list/?week=2018-W99", {"list": "317001"})
    assert answer.status_code == 422
    assert "There is no such week" in answer.content.decode()


def test_get_redirects_to_the_form(shifter_client):
    answer = shifter_client.get("/shiftleader/central-list/?week=2018-W22", follow=True)
    assert answer.redirect_chain == [("/shiftleader/part/central/?week=2018-W22", 302)]
    assert answer.status_code == 200 and "Runs of the central list" in answer.text
    assert shifter_client.get("/shiftleader/central-list/")["Location"] == "/shiftleader/part/central/"

"""Pages of policies: a version, the form in both forms, saving, conflicts, preview."""

import csv
import html
import io
import json
import re

import pytest
from django.utils import timezone

from golden.actions import make_file
from golden.clause_rows import logic_text
from golden.models import PolicyVersion
from tests.browser_form import fields_of
from tests.factories import DatasetFactory
from tests.golden.stored import ACTIVE, BPIX, DATASET, ENERGY, FLAGS, LOGIC, certification, policy

pytestmark = pytest.mark.django_db
WITHOUT_BPIX = {"and": [ENERGY, ACTIVE, *FLAGS]}
EDIT, PAGE, PREVIEW, CONVERT = (
    "/golden/policies/tracker2018/edit/",
    "/golden/policies/tracker2018/",
    "/golden/preview/",
    "/golden/convert/",
)


@pytest.fixture
def rows(db):
    certification(315300, last=60, off=range(50, 61), strip_ranges=[[5, 9]])
    certification(315301, last=60, off=range(1, 61))
    certification(315302, last=60)
    return policy()


def form(client, address=EDIT, **changes):
    """The fields of the form as a browser sends them, with changes."""
    return {**fields_of(client.get(address), "logic"), **changes}


def text_of(response):
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", response.text)).split())


def test_version_in_words_json_and_its_history(guest_client, expert, rows, django_assert_max_num_queries):
    policy(WITHOUT_BPIX, actor=expert)
    file = make_file(None, PolicyVersion.objects.first(), timezone.now())
    with django_assert_max_num_queries(8):
        page = guest_client.get(PAGE)
    text = text_of(page)
    for part in ("v2, in force", "energy ≥ 6000 GeV", "Pixel GOOD", DATASET, "flat", "count, and are listed"):
        assert part in text
    assert f"v2 against v1 … 2 unchanged − {json.dumps(BPIX)} … 3 unchanged" in text
    assert file.sha256[:12] in text and "for tests" in text and "Try a change" in text
    older = text_of(guest_client.get(f"{PAGE}?version=1&compare=2"))
    assert "tracker2018 v1" in older and "BPIX on" in older and f"+ {json.dumps(BPIX)}" in older


def test_files_of_a_policy_are_linked(guest_client, rows):
    file = make_file(None, PolicyVersion.objects.first(), timezone.now())
    page = guest_client.get(f"/golden/policies/{file.policy_version.policy}/")
    assert f'href="/golden/{file.pk}/"' in page.text
    assert guest_client.get(f"/golden/{file.pk}/").status_code == 200


@pytest.mark.parametrize(
    "address", ["/golden/policies/nope/", f"{PAGE}?version=9", f"{EDIT}?version=x", f"{PAGE}?version=²"]
)
def test_unknown_policy_or_version_is_404(expert_client, rows, address):
    assert expert_client.get(address).status_code == 404


def test_change_by_rows_is_saved(expert_client, expert, rows):
    fields = form(expert_client, reason="BPIX is off for tests")
    number = next(name for name, value in fields.items() if value == ["lumisection.oms.bpix_ready"]).split("-")[1]
    fields = {name: value for name, value in fields.items() if not name.startswith(f"clause-{number}-")}
    saved = expert_client.post(EDIT, fields)
    assert saved.status_code == 303 and saved.url == PAGE
    version = PolicyVersion.objects.first()
    assert (version.number, version.logic, version.made_by) == (2, WITHOUT_BPIX, expert)
    assert version.reason == "BPIX is off for tests" and version.dataset_pattern == DATASET


def test_change_by_json_is_saved_and_the_page_gives_the_clauses(expert_client, rows):
    fields = form(expert_client, logic=json.dumps({"or": [BPIX, ENERGY]}), reason="or")
    shown = expert_client.post(CONVERT, fields | {"show": "clauses"})
    assert shown.status_code == 200 and "only the JSON can show it" in shown.text
    assert expert_client.post(EDIT, fields).status_code == 303
    assert PolicyVersion.objects.first().logic == {"or": [BPIX, ENERGY]}


def test_refused_policy_is_shown_with_its_places_and_nothing_is_lost(expert_client, rows):
    typed = json.dumps({"and": [{"==": [{"var": "run.oms.enrgy"}, 1]}, BPIX]})
    fields = form(expert_client, logic=typed, reason="", dataset_pattern="/x[/DQM", layout="nope", stale="?")
    refused = expert_client.post(EDIT, fields)
    assert refused.status_code == 422
    text = text_of(refused)
    for part in ("$.and[0].==[0].var", "no variable “run.oms.enrgy”", "Say why.", "not supported", "no such layout"):
        assert part in text
    again = fields_of(refused, "logic")
    assert again["logic"] == [typed] and again["dataset_pattern"] == ["/x[/DQM"]
    assert 'id="clause-0-errors"><li>There is no variable' in refused.text
    assert PolicyVersion.objects.count() == 1


def test_row_with_a_wrong_value_is_refused_in_its_row(expert_client, rows):
    fields = form(expert_client, reason="x", **{"clause-0-value": "six"})
    refused = expert_client.post(EDIT, fields)
    assert refused.status_code == 422 and 'id="clause-0-errors"><li>The variable is a number.' in refused.text
    assert fields_of(refused, "logic")["clause-0-value"] == ["six"]


def test_equal_policy_and_two_datasets_of_a_run_are_refused(expert_client, rows):
    assert "It is the same as tracker2018 v1" in expert_client.post(EDIT, form(expert_client, reason="x")).text
    from certify.models import RunReconstruction
    from tests.factories import CertificationFactory

    run = RunReconstruction.objects.get(run_id=315300).run
    other = DatasetFactory(name="/PromptReco/Collisions2018A_2/DQM")
    CertificationFactory(run=run, reconstruction="express", dataset=other)
    fields = form(expert_client, reason="x", dataset_pattern="/PromptReco/%/DQM")
    for address in (EDIT, PREVIEW):
        refused = expert_client.post(address, fields)
        assert refused.status_code == 422 and other.name in refused.text and "Narrow the pattern" in refused.text


def test_new_policy_by_preset(expert_client):
    added = expert_client.post(CONVERT, form(expert_client, "/golden/policies/new/", preset="tracker"))
    fields = fields_of(added, "logic") | {"name": "prompt", "dataset_pattern": "/PromptReco/%/DQM", "reason": "first"}
    assert expert_client.post("/golden/policies/new/", fields).status_code == 303
    assert len(PolicyVersion.objects.get().logic["and"]) == 15
    again = expert_client.post("/golden/policies/new/", fields)
    assert again.status_code == 409 and "There is a policy with this name" in again.text
    for name in ("new", "A b", "", "x" * 41):
        assert expert_client.post("/golden/policies/new/", fields | {"name": name}).status_code == 422


def test_version_saved_meanwhile_is_shown_beside_what_was_typed(expert_client, expert, rows):
    fields = form(expert_client, logic=json.dumps({"and": [ENERGY, BPIX]}), reason="mine")
    policy(WITHOUT_BPIX, actor=expert)
    refused = expert_client.post(EDIT, fields)
    assert refused.status_code == 409 and PolicyVersion.objects.count() == 2
    text = text_of(refused)
    assert "tracker2018 v2 was saved by expert" in text and f"+ {json.dumps(BPIX)}" in text
    again = fields_of(refused, "logic")
    assert again["logic"] == [fields["logic"]]
    assert expert_client.post(EDIT, again).status_code == 303
    assert PolicyVersion.objects.first().logic == {"and": [ENERGY, BPIX]}


@pytest.mark.parametrize("button", [{"add": "1"}, {"remove": "0"}, {"preset": "beams"}, {"show": "json"}, {}])
def test_buttons_change_the_form_alone(guest_client, rows, button):
    fields = form(guest_client, dataset_pattern="typed")
    shown = guest_client.post(CONVERT, fields | button)
    again = fields_of(shown, "logic")
    count = sum(name.endswith("-variable") for name in again)
    assert count == {"add": 7, "remove": 5, "preset": 8}.get(next(iter(button), ""), 6)
    assert again["dataset_pattern"] == ["typed"] and PolicyVersion.objects.count() == 1
    assert guest_client.post(EDIT, again).status_code == 403


def test_fragments_have_the_other_form(guest_client, rows):
    fields = form(guest_client, **{"clause-0-value": "7000", "show": "json"})
    shown = guest_client.post(CONVERT, fields, headers={"HX-Request": "true", "HX-Target": "policy-json"})
    assert "7000]}" in shown.text and "<textarea" in shown.text and 'id="policy-base"' in shown.text
    fields = form(guest_client, logic=logic_text({"and": [BPIX]}), show="clauses")
    shown = guest_client.post(CONVERT, fields, headers={"HX-Request": "true", "HX-Target": "policy-clauses"})
    assert shown.text.count('role="group"') == 1 and "<textarea" not in shown.text


def test_preview_is_what_the_file_has_after_saving(expert_client, rows):
    fields = form(expert_client, logic=json.dumps(WITHOUT_BPIX), reason="x")
    before = make_file(None, rows, timezone.now()).manifest
    shown = expert_client.post(f"{PREVIEW}?format=json", fields).json()
    assert expert_client.post(EDIT, fields).status_code == 303
    file = make_file(None, PolicyVersion.objects.first(), timezone.now())
    assert {str(run["run"]): run["after"] for run in shown["runs"]} == {
        run: ranges for run, ranges in json.loads(file.content).items() if run != "315302"
    }
    gained, lost = shown["total"]["gained"], shown["total"]["lost"]
    counts = [manifest["counts"]["lumisections"] for manifest in (before, file.manifest)]
    assert gained["lumisections"] - lost["lumisections"] == counts[1] - counts[0] == 71
    assert shown["runs_gained"] == [315301] and shown["runs_lost"] == [] and shown["segments"] == 6
    assert gained["recorded_lumi"] == pytest.approx(35.5)


def test_preview_as_page_fragment_and_csv(guest_client, rows, django_assert_max_num_queries):
    fields = form(guest_client, logic=json.dumps(WITHOUT_BPIX))
    page = guest_client.post(PREVIEW, fields)
    with django_assert_max_num_queries(12):
        fragment = guest_client.post(PREVIEW, fields, headers={"HX-Request": "true"})
    for shown in (page, fragment):
        text = text_of(shown)
        assert "+1 runs −0 runs +71 LS −0 LS +35.500 /pb −0.000 /pb" in text
        assert "315301 – 1-60 +60 +30.000 BPIX on" in text and "2 runs gain, none lose." in text
    assert fields_of(page, "logic")["logic"] == [json.dumps(WITHOUT_BPIX)]
    exported = guest_client.post(f"{PREVIEW}?format=csv", fields).getvalue().decode()
    assert [(row["run"], row["lumisections_gained"]) for row in csv.DictReader(io.StringIO(exported))] == [
        ("315300", "11"),
        ("315301", "60"),
    ]
    assert PolicyVersion.objects.count() == 1


def test_preview_by_a_body_of_json_and_against_another_version(guest_client, rows):
    policy(WITHOUT_BPIX)
    body = {"policy": "tracker2018", "version": 1, "logic": WITHOUT_BPIX}
    shown = guest_client.post(PREVIEW, body, content_type="application/json", headers={"Accept": "application/json"})
    assert shown.json()["against"] == {"policy": "tracker2018", "version": 1}
    assert shown.json()["total"]["gained"]["lumisections"] == 71
    del body["version"]
    shown = guest_client.post(f"{PREVIEW}?format=json", body, content_type="application/json")
    assert shown.json()["runs"] == []
    body = {"logic": LOGIC, "dataset_pattern": DATASET}
    shown = guest_client.post(f"{PREVIEW}?format=json", body, content_type="application/json")
    assert shown.json()["against"] is None and shown.json()["runs_gained"] == [315300, 315302]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"policy": "nope", "logic": LOGIC}, "no such policy"),
        ({"policy": "tracker2018", "version": "²", "logic": LOGIC}, "no such policy"),
        ({"policy": "tracker2018", "logic": {"==": [1, 1]}}, "names no variable"),
        ({"policy": "tracker2018"}, "no clause"),
        ({"logic": LOGIC}, "dataset pattern is empty"),
        ({"policy": "tracker2018", "logic": LOGIC, "layout": "x", "stale": 7}, "no such layout"),
        ([1], "no JSON object"),
        ("[" * 999, "no JSON object"),
    ],
)
def test_preview_that_is_refused_names_the_field(guest_client, rows, body, message):
    text = body if isinstance(body, str) else json.dumps(body)
    refused = guest_client.post(f"{PREVIEW}?format=json", text, content_type="application/json")
    assert refused.status_code == 422
    assert any(message in error["message"] for error in refused.json()["errors"])


def test_long_preview_is_cut_with_what_is_left(guest_client, rows, monkeypatch):
    monkeypatch.setattr("golden.preview_page.RUNS_SHOWN", 1)
    text = text_of(guest_client.post(PREVIEW, form(guest_client, logic=json.dumps(WITHOUT_BPIX))))
    assert "1 more run in the CSV." in text and "315301" not in text.split("Preview", 2)[-1]

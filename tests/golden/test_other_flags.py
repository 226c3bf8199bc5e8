"""Policies that name flags of other detectors, as Run Registry gave them at a time."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from golden.actions import make_file, save_policy
from golden.clause_rows import logic_of
from golden.file_pages.why_page import read_entry, why_json, why_page
from golden.policy_presets import with_preset
from golden.policy_rules import PolicyRules
from golden.preview import preview
from golden.registry_requests import policy_readings, request_policy_flags
from golden.registry_values import CLAUSE_LABEL, NO_ROW, NOT_READ
from golden.verifications import verify_file
from golden.vocabulary import OTHER_FLAGS, REGISTRY_VARIABLES, VARIABLES
from registry.models import OtherFlagsReading, OtherFlagsRequest
from registry.other_flags.parsing import OtherFlags
from registry.other_flags.store import store_other_flags
from tests.audit.past_history import sql
from tests.golden.stored import ACTIVE, DATASET, FLAGS, certification, policy

pytestmark = pytest.mark.django_db
ECAL = {"==": [{"var": "lumisection.rr.ecal-ecal"}, "GOOD"]}
HF = {"==": [{"var": "lumisection.oms.hf_ready"}, True]}
LOGIC = {"and": [ACTIVE, *FLAGS, ECAL]}


def reading(run, bad=(), last=100, hf_off=(), **states):
    """Store that ECAL was BAD in `bad`, HF off in `hf_off`, (first, last) each, of the lumisections to `last`."""

    def ranges(span, inside, outside):
        if not span:
            return [(1, last, outside)]
        first, end = span
        return [(1, first - 1, outside), (first, end, inside), (end + 1, last, outside)]

    columns = {"ecal-ecal": ranges(bad, "BAD", "GOOD")}
    bits = {"hf_ready": ranges(hf_off, False, True)}
    return store_other_flags(run, DATASET, OtherFlags(columns, bits, [(1, last)], states, {"state": "SIGNOFF"}))[0]


def test_their_flags_decide_as_of_a_time_and_the_file_is_made_again(clock):
    certification(315300, strip_ranges=[[50, 52]])
    reading(315300, bad=(10, 20))
    version, first = policy(LOGIC), clock(1)
    file = make_file(None, version, first)
    assert json.loads(file.content) == {"315300": [[1, 9], [21, 49], [53, 100]]}
    assert file.name == "UnofficialGolden_315300-315300_PromptReco-Collisions2018A_tracker2018_v1.json"
    assert file.manifest["title"] == "Golden JSON, unofficial"
    assert "lumisection.rr.muon-muon" in file.manifest["flags_not_applied"]
    assert len(file.manifest["flags_not_applied"]) == len(OTHER_FLAGS) - 1
    clock(2)
    reading(315300, bad=(10, 30))
    assert make_file(None, version, first).pk == file.pk
    assert verify_file(file).is_verified
    later = make_file(None, version, clock(3))
    assert json.loads(later.content) == {"315300": [[1, 9], [31, 49], [53, 100]]}
    assert [row[-2] for row in later.manifest["registry"]["read"]] == ["2018-06-01T02:00:00+00:00"]


def test_a_run_without_a_reading_is_out_counted_and_explained(clock):
    certification(315300)
    certification(315301)
    reading(315300)
    file = make_file(None, policy({"and": [ACTIVE, *FLAGS, ECAL, {"!=": [{"var": "run.rr.state"}, "OPEN"]}]}), clock(1))
    assert json.loads(file.content) == {"315300": [[1, 100]]}
    assert file.manifest["registry"]["lumisections_not_read"] == 100
    assert [row[2] for row in file.manifest["registry"]["not_read"]] == [315301]
    losses = {row["clause"]: row["alone"]["lumisections"] for row in file.manifest["losses"]}
    assert (losses[CLAUSE_LABEL], losses["ECAL flag GOOD"]) == (100, 0)
    answer = why_json(why_page(file, read_entry({"run": "315301:5"})))
    assert (answer["in"], answer["first_failing"], answer["is_only_failing"]) == (False, CLAUSE_LABEL, True)
    assert answer["clauses"][-1]["values"] == {"lumisection.registry": NOT_READ}
    assert "ECAL flag GOOD" not in [clause["clause"] for clause in answer["clauses"]]


def test_why_has_source_and_time_of_the_flags(clock):
    certification(315300)
    clock(1)
    reading(315300, bad=(10, 20))
    file = make_file(None, policy(LOGIC), clock(2))
    page = why_page(file, read_entry({"run": "315300:10"}))
    assert (page.first_failing, page.is_in) == ("ECAL flag GOOD", False)
    assert "Run Registry 2018-06-01 01:00 UTC" in page.sources


def test_lumisections_without_a_row_in_run_registry_are_out(clock):
    certification(315300)
    reading(315300, last=90)
    not_bad = {"!=": [{"var": "lumisection.rr.ecal-ecal"}, "BAD"]}
    file = make_file(None, policy({"and": [ACTIVE, not_bad]}), clock(1))
    assert json.loads(file.content) == {"315300": [[1, 90]]}
    answer = why_json(why_page(file, read_entry({"run": "315300:95"})))
    assert answer["clauses"][-1]["values"] == {"lumisection.registry": NO_ROW}


def test_bits_and_states_of_other_detectors(clock):
    certification(315300)
    certification(315301)
    reading(315300, hf_off=(3, 4), ecal="COMPLETED")
    reading(315301, ecal="OPEN")
    completed = {"==": [{"var": "dataset.ecal_state"}, "COMPLETED"]}
    file = make_file(None, policy({"and": [ACTIVE, HF, completed]}), clock(1))
    assert json.loads(file.content) == {"315300": [[1, 2], [5, 100]]}
    assert file.name.startswith("TrackerOnly_")  # no flag of another detector decides


def test_a_policy_of_the_tracker_alone_reads_none_of_it(clock):
    certification(315300)
    reading(315300, bad=(1, 5))
    file = make_file(None, policy({"and": [ACTIVE, *FLAGS]}), clock(1))
    assert json.loads(file.content) == {"315300": [[1, 100]]}
    assert "registry" not in file.manifest
    assert len(file.manifest["flags_not_applied"]) == len(OTHER_FLAGS)


def test_preview_names_what_their_flags_take_away(clock):
    certification(315300)
    reading(315300, bad=(10, 20))
    before, after = (PolicyRules({"and": clauses}, DATASET) for clauses in ([ACTIVE, *FLAGS], [ACTIVE, *FLAGS, ECAL]))
    result = preview(before, after, clock(1))
    assert {name: total.lost.count for name, total in result.by_clauses.items()} == {"ECAL flag GOOD": 11}


def test_verifying_names_a_reading_that_was_changed_by_sql(clock):
    certification(315300)
    stored = reading(315300, bad=(10, 20))
    file = make_file(None, policy(LOGIC), clock(1))
    content = json.dumps(stored.content | {"columns": {"ecal-ecal": [[1, 100, "GOOD"]]}})
    sql("UPDATE registry_otherflagsreading SET content = %s WHERE id = %s", content, stored.pk)
    result = verify_file(file)
    assert [row.key for row in result.broken] == [stored.pk]
    assert not result.is_equal


def test_the_preset_is_a_policy_that_names_flags_of_all_detectors():
    logic = logic_of(with_preset((), "unofficial"))
    version = save_policy(None, "golden2018", PolicyRules(logic, DATASET), "for tests")
    assert len({*OTHER_FLAGS} & version.rules.compiled.variables) == 15
    assert all(VARIABLES[name].may_be_null for name in REGISTRY_VARIABLES)


def test_the_command_reads_what_a_policy_needs(sandbox):
    certification(315264, read=False)
    certification(315265, read=False, date="2018-04-30")
    policy(LOGIC, "golden2018")
    out = StringIO()
    call_command("read_registry_flags", "golden2018", stdout=out)
    assert out.getvalue() == "2 read, 2 of them changed, 0 failed.\n"
    call_command("read_registry_flags", first="2018-04-30", last="2018-04-30", stdout=out)
    assert out.getvalue().endswith("\n1 read, 0 of them changed, 0 failed.\n")
    assert OtherFlagsReading.objects.count() == 2


def test_an_expert_is_told_what_is_missing_and_requests_it(
    expert_client, guest_client, clock, django_assert_num_queries
):
    for run in (315300, 315301):
        certification(run)
    reading(315300)
    policy({"and": [ACTIVE]}, "tracker")
    assert "Flags of other detectors" not in expert_client.get("/golden/").text
    policy(LOGIC, "golden2018")
    with django_assert_num_queries(11):
        page = expert_client.get("/golden/").text
    assert "1 of 2" in page and "Read 1</button>" in page
    assert "Read 1</button>" not in guest_client.get("/golden/").text
    answer = expert_client.post("/golden/policies/golden2018/read-flags/")
    assert (answer.status_code, answer["Location"]) == (303, "/golden/")
    assert [row.run_number for row in OtherFlagsRequest.objects.all()] == [315301]
    assert "Flags of 1 run are requested from Run Registry." in expert_client.get("/golden/").text
    expert_client.post("/golden/policies/golden2018/read-flags/", {"all": "1"})
    assert OtherFlagsRequest.objects.count() == 2
    assert expert_client.post("/golden/policies/tracker/read-flags/").status_code == 404


def test_the_command_says_what_is_missing_before_it_makes_a_file(guest_client, clock):
    certification(315300)
    policy(LOGIC, "golden2018")
    out, error = StringIO(), StringIO()
    call_command("golden", "golden2018", stdout=out, stderr=error)
    assert "which are out: 1. Read them with manage.py read_registry_flags golden2018" in error.getvalue()
    assert out.getvalue() == "{}"
    assert "what was not read from Run Registry is out" in guest_client.get("/golden/policies/golden2018/").text


def test_the_page_of_a_file_has_what_was_read_and_what_was_not(expert_client, clock):
    for run in (315300, 315301):
        certification(run)
    reading(315300)
    file = make_file(None, policy(LOGIC), clock(1))
    page = expert_client.get(f"/golden/{file.pk}/").text
    between = "1 run read from Run Registry between 2018-06-01 00:00 and 2018-06-01 00:00 UTC"
    assert f"{between}; 1 run not read, with 100 LS, which are out." in page
    assert "Golden JSON, unofficial" in page


def test_the_worker_requests_what_is_missing_and_each_day_what_was_certified_lately(clock):
    certification(315300, date="2018-05-31")
    certification(315301, date="2018-03-01")
    policy({"and": [ACTIVE]}, "tracker")
    assert request_policy_flags() == 0
    version = policy(LOGIC, "golden2018")
    readings = policy_readings(version)
    assert (len(readings.missing), readings.waiting) == (2, 0)
    assert (request_policy_flags(), request_policy_flags()) == (2, 0)
    assert policy_readings(version).waiting == 2
    for run in (315300, 315301):
        reading(run)
    OtherFlagsRequest.objects.update(is_waiting=False, answered_at=timezone.now())
    assert request_policy_flags() == 0
    clock(25)
    assert (request_policy_flags(), policy_readings(version).waiting) == (1, 1)
    assert policy_readings(version).oldest_answer == clock(25) - timedelta(hours=25)

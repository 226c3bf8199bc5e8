"""The part "To Run Registry": plans of the week, their confirmation at once, and how far the sending is."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Change
from certify.models import TrackerCertification
from infrastructure.http.budget import Budget
from registry.flag_ranges import FlagTriplet
from registry.writes import DatasetKey, FlagEdit, send_flag_edit
from registry_sync import signed_plans
from registry_sync.models import RegistryWrite, Sending
from registry_sync.pull import pull_changes
from registry_sync.sender import send_confirmed
from tests.browser_form import fields_of
from tests.factories import QuestionFactory
from tests.registry_sync.conftest import DATASET, write_requests
from tests.registry_sync.week import RUNS, certify_runs

pytestmark = pytest.mark.django_db
QUERY = f"runs={RUNS[0]}-{RUNS[-1]}"
PART = f"/shiftleader/part/to_registry/?{QUERY}"


@pytest.fixture(autouse=True)
def _is_on(settings, sandbox):
    settings.REGISTRY_SYNC = "on"


def fragment(client, more: str = ""):
    return client.get(f"{PART}{more}", headers={"HX-Request": "true"})


def words(answer) -> str:
    return " ".join(re.sub("<[^>]*>", " ", answer.text).split())


def confirm(client, **changes):
    """Send the form of the part as it is shown."""
    return client.post("/registry/confirm/", {**fields_of(fragment(client), "plan"), **changes})


def their_edit(number: int, first: int, last: int):
    """Somebody edits Strip in Run Registry."""
    edit = FlagEdit(DatasetKey(number, DATASET), "strip", first, last, FlagTriplet("BAD", "FED 401"), last)
    send_flag_edit(edit, Budget(60))


def test_rows_say_what_would_be_written_and_nothing_is_written(shift_leader_client, sandbox):
    certify_runs(RUNS[0], strip_ranges=[[3, 7]], comment="holes")
    certify_runs(*RUNS[1:3])
    part = fragment(shift_leader_client)
    assert "0 of 3 equal, 3 to send" in words(part)
    assert "Strip 3-7 BAD, Tracking 1-96 GOOD, OPEN → SIGNOFF" in words(part)
    assert part.text.count('name="plan"') == 3
    assert "Send 3 to Run Registry" in words(part)
    assert f'href="/list/{TrackerCertification.objects.first().pk}/registry/"' in part.text
    assert write_requests(sandbox) == []
    assert not Sending.objects.exists()


def test_ticked_plans_are_confirmed_in_one_operation_and_sent(shift_leader_client, sandbox):
    certify_runs(*RUNS[:3])
    form = fields_of(fragment(shift_leader_client), "plan")
    sandbox.clear_requests()
    saved = shift_leader_client.post("/registry/confirm/", form)
    assert (saved.status_code, saved.url) == (303, f"/shiftleader/?{QUERY}#to_registry")
    assert sandbox.requests() == []
    assert Sending.objects.count() == 3
    (change,) = Change.objects.filter(kind="send")
    assert len(change.lines) == 3
    week = shift_leader_client.get(saved.url)
    assert week.text.count("Confirmed: 3 certifications for Run Registry.") == 1
    assert "Confirmed for Run Registry" in shift_leader_client.get("/history/").text
    assert send_confirmed(Budget(60)).failed == 0
    assert "3 of 3 equal" in words(fragment(shift_leader_client))


def test_only_what_is_ticked_is_sent(shift_leader_client):
    certify_runs(*RUNS[:3])
    plans = fields_of(fragment(shift_leader_client), "plan")["plan"]
    confirm(shift_leader_client, plan=plans[:1])
    assert Sending.objects.count() == 1
    shift_leader_client.get("/")
    nothing = shift_leader_client.post("/registry/confirm/", {}, follow=True)
    assert "Tick what is to be sent." in nothing.text


def test_progress_refreshes_itself_and_asks_nothing_outside(shift_leader_client, sandbox):
    certify_runs(*RUNS[:3])
    confirm(shift_leader_client)
    RegistryWrite.objects.filter(sending=Sending.objects.last()).update(state="done")
    sandbox.clear_requests()
    part = fragment(shift_leader_client)
    assert "1 of 3 sent" in words(part)
    assert f'hx-get="{PART.replace("&", "&amp;")}&amp;under_way=1" hx-trigger="load delay:2s"' in part.text
    assert sandbox.requests() == []
    RegistryWrite.objects.filter(sending=Sending.objects.first()).update(state="conflict")
    assert "1 of 3 sent, 1 not" in words(fragment(shift_leader_client))
    others = fragment(shift_leader_client, "&plan=1")
    assert "0 of 3 equal" in words(others)
    assert "load delay" not in others.text
    assert others.text.count('name="plan"') == 2  # one is under way


def test_comparison_is_loaded_again_when_the_sending_ends(shift_leader_client):
    certify_runs(RUNS[0])
    confirm(shift_leader_client)
    assert "HX-Trigger" not in fragment(shift_leader_client, "&under_way=1")
    RegistryWrite.objects.update(state="done")
    assert fragment(shift_leader_client, "&under_way=1")["HX-Trigger"] == "registry-sending-ended"
    assert "HX-Trigger" not in fragment(shift_leader_client)
    page = shift_leader_client.get(f"/shiftleader/?{QUERY}").text
    assert "part/comparison/?" in page and page.count('hx-trigger="load, registry-sending-ended from:body"') == 1


def test_conflict_is_named_with_its_receipt(shift_leader_client):
    certify_runs(RUNS[0], strip_ranges=[[3, 7]], comment="holes")
    confirm(shift_leader_client)
    their_edit(RUNS[0], 5, 6)
    assert send_confirmed(Budget(60)).failed
    part = fragment(shift_leader_client)
    assert "Last time: 0 of 3 done" in words(part)
    assert f'href="/registry/{Sending.objects.get().pk}/"' in part.text


def test_row_that_somebody_changed_in_run_registry_since_leads_to_its_receipt(shift_leader_client):
    certify_runs(RUNS[0])
    confirm(shift_leader_client)
    send_confirmed(Budget(60))
    their_edit(RUNS[0], 3, 5)
    pull_changes(Budget(60))
    part = fragment(shift_leader_client, "&again=1")
    assert "Changed in Run Registry since it was sent" in words(part)  # also Strip, which had been equal
    send_flag_edit(
        FlagEdit(DatasetKey(RUNS[0], DATASET), "tracking", 3, 5, FlagTriplet("BAD", "no tracks"), 96), Budget(60)
    )
    pull_changes(Budget(60))
    part = fragment(shift_leader_client, "&again=1")
    assert "Changed in Run Registry since it was sent" in words(part)
    assert f'href="/registry/{Sending.objects.get().pk}/"' in part.text


def test_row_with_a_choice_has_no_box_and_says_what_to_choose(shift_leader_client):
    certify_runs(RUNS[0])
    their_edit(RUNS[0], 5, 9)
    part = fragment(shift_leader_client)
    assert "0 of 1 equal, 1 to choose" in words(part)
    assert "Strip 5-9: bad there, not from here: “FED 401”" in words(part)
    assert 'name="plan"' not in part.text


def test_what_cannot_be_sent_says_why(shift_leader_client):
    (row,) = certify_runs(RUNS[0])
    QuestionFactory(certification=row)
    part = fragment(shift_leader_client)
    assert "1 cannot be sent" in words(part)
    assert "A question to the shifter is open." in words(part)


def test_plan_confirmed_twice_is_stored_once(shift_leader_client):
    certify_runs(RUNS[0])
    form = fields_of(fragment(shift_leader_client), "plan")
    shift_leader_client.post("/registry/confirm/", form)
    send_confirmed(Budget(60))
    again = shift_leader_client.post("/registry/confirm/", form, follow=True)
    assert "Nothing is sent by this. Left out: 315257 prompt. It was confirmed meanwhile." in words(again)
    assert Sending.objects.count() == 1


def test_certification_that_has_changed_is_left_out_and_the_others_are_sent(shift_leader_client):
    changed, asked, _other = certify_runs(*RUNS[:3])
    form = fields_of(fragment(shift_leader_client), "plan")
    TrackerCertification.objects.filter(pk=changed.pk).update(version=7)
    QuestionFactory(certification=asked)
    answer = shift_leader_client.post("/registry/confirm/", form, follow=True)
    assert "Confirmed: 1 certification for Run Registry." in words(answer)
    assert "Left out: 315257 prompt. The certification has changed since the plan." in words(answer)
    assert "Left out: 315258 prompt. A question to the shifter is open." in words(answer)
    assert Sending.objects.get().run_number == RUNS[2]


def test_old_and_forged_plans_are_refused(shift_leader_client):
    certify_runs(*RUNS[:2])
    plans = fields_of(fragment(shift_leader_client), "plan")["plan"]
    other_salt = signing.dumps(signing.loads(plans[1], salt=signed_plans.SALT), salt="another", compress=True)
    answer = shift_leader_client.post("/registry/confirm/", {"plan": [f"{plans[0]}x", other_salt, ""]}, follow=True)
    assert "3 cannot be read. Look at the new plans." in words(answer)
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=5)):
        answer = shift_leader_client.post("/registry/confirm/", {"plan": plans}, follow=True)
    assert "2 shown more than an hour ago. Look at the new plans." in words(answer)
    assert not Sending.objects.exists()


def test_redirect_stays_on_this_site(shift_leader_client):
    answer = shift_leader_client.post("/registry/confirm/", {"next": "https://example.org/"})
    assert answer.url == "/"


def test_others_than_shift_leaders_see_a_sentence_and_ask_nothing(shifter_client, guest_client, sandbox):
    certify_runs(RUNS[0])
    for client in (shifter_client, guest_client):
        assert "Shift leaders send certifications to Run Registry." in fragment(client).text
    assert sandbox.requests() == []


def test_plan_only_shows_rows_without_boxes(shift_leader_client, settings):
    certify_runs(RUNS[0])
    form = fields_of(fragment(shift_leader_client), "plan")
    settings.REGISTRY_SYNC = "plan"
    part = fragment(shift_leader_client)
    assert "1 to send" in words(part)
    assert "Sending is switched off here" in words(part)
    assert 'name="plan"' not in part.text
    assert shift_leader_client.post("/registry/confirm/", form).status_code == 403
    assert not Sending.objects.exists()


def test_switched_off_nothing_is_shown_or_asked(shift_leader_client, settings, sandbox):
    certify_runs(RUNS[0])
    assert "To Run Registry" in shift_leader_client.get(f"/shiftleader/?{QUERY}").text
    settings.REGISTRY_SYNC = "off"
    refused = fragment(shift_leader_client)
    assert refused.status_code == 404
    assert "The part “To Run Registry” is switched off on this server." in words(refused)
    assert "To Run Registry" not in shift_leader_client.get(f"/shiftleader/?{QUERY}").text
    assert sandbox.requests() == []
    assert shift_leader_client.post("/registry/confirm/", {}).status_code == 404


def test_more_than_one_step_goes_on(shift_leader_client, monkeypatch):
    monkeypatch.setattr("shiftleader.parts.to_registry.PER_STEP", 2)
    certify_runs(*RUNS[:3])
    part = fragment(shift_leader_client)
    assert "0 of 3 equal, 2 to send, 1 not looked at yet" in words(part)
    assert "Not looked at yet: 1 more. Go on" in words(part)
    address = next(link for link in re.findall('href="([^"]*)"', part.text) if "upto=4" in link)
    assert "3 to send" in words(shift_leader_client.get(address.replace("&amp;", "&")))


def test_no_more_boxes_than_one_form_may_send(shift_leader_client, monkeypatch):
    monkeypatch.setattr("shiftleader.parts.to_registry.MAX_TICKED", 2)
    certify_runs(*RUNS[:3])
    part = fragment(shift_leader_client)
    assert "3 to send" in words(part)
    assert part.text.count('name="plan"') == 2
    assert "Send 2 to Run Registry 1 more can be sent after these." in words(part)


def test_registry_that_is_down_is_named_and_can_be_queried_again(shift_leader_client, sandbox):
    certify_runs(RUNS[0])
    sandbox.faults("registry", "refuse")
    part = fragment(shift_leader_client)
    assert "Run Registry broke off the connection. Nothing could be looked at; query again ." in words(part)
    assert "0 of 1 equal, 1 not looked at yet" in words(part)
    sandbox.clear_faults()
    assert "1 to send" in words(fragment(shift_leader_client, "&again=1"))


@pytest.mark.usefixtures("stopped_clock")
def test_query_counts_do_not_depend_on_the_number_of_certifications(shift_leader_client):
    certify_runs(*RUNS[:2])
    few = counted(shift_leader_client)
    certify_runs(*RUNS[2:])
    assert counted(shift_leader_client) == few
    assert few["plans"] <= 13
    assert few["confirm"] <= 13
    assert few["progress"] <= 9


def counted(client) -> dict[str, int]:
    """The queries of the part, of the confirmation of all that it offers, and of the part while that is under way."""
    numbers = {}
    fragment(client)
    with CaptureQueriesContext(connection) as captured:
        part = fragment(client)
    numbers["plans"], form = len(captured), fields_of(part, "plan")
    with CaptureQueriesContext(connection) as captured:
        assert client.post("/registry/confirm/", form).status_code == 303
    numbers["confirm"] = len(captured)
    client.get("/")
    with CaptureQueriesContext(connection) as captured:
        fragment(client)
    numbers["progress"] = len(captured)
    RegistryWrite.objects.all().delete()
    Sending.objects.all().delete()
    return numbers

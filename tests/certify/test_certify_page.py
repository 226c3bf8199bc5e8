"""The certify page over real HTTP to the sandbox: what opens, what is saved, what is refused, who is denied."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from certify.models import BadReason, TrackerCertification
from oms.models import OmsFill, OmsRun
from tests.browser_form import field_names, fields_of
from tests.factories import (
    BadReasonFactory,
    CertificationFactory,
    ChecklistFactory,
    PixelProblemFactory,
    ReconstructionFactory,
    RunFactory,
)
from tests.many import many_certifications

pytestmark = pytest.mark.django_db
GOOD = {"pixel": "good", "strip": "good", "tracking": "good", "trackermap": "exists"}
RUN = 315259


@pytest.fixture(autouse=True)
def references(sandbox):
    """One collision and one cosmics reference, both express."""
    collisions = ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    cosmics = ReconstructionFactory(run=RunFactory(run_number=314768, cosmics=True), reference=True)
    return {"collisions": collisions, "cosmics": cosmics}


def _open(client, path=f"/certify/{RUN}/express/"):
    response = client.get(path)
    assert response.status_code == 200, response.content.decode()[:2000]
    return response


def _send(client, opened, path=f"/certify/{RUN}/express/", **changes):
    sent = {**fields_of(opened), **changes}
    return client.post(path, {name: value for name, value in sent.items() if value is not None})


def _errors(response):
    return dict(response.context["form"].errors)


# --- What opens ---------------------------------------------------------------------------------


def test_run_alone_opens_its_first_uncertified_dataset(shifter_client):
    response = _open(shifter_client, f"/certify/{RUN}/")
    assert response.context["page"].desk.ticket.reconstruction == "express"
    assert response.context["page"].dataset == "/Express/Collisions2018/DQM"


def test_run_alone_goes_on_to_prompt_when_express_is_certified(shifter_client):
    CertificationFactory(run=RunFactory(run_number=RUN), reconstruction="express")
    response = _open(shifter_client, f"/certify/{RUN}/")
    assert response.context["page"].dataset == "/PromptReco/Collisions2018A/DQM"


def test_run_alone_prefers_what_is_open_in_run_registry(shifter_client):
    """Of 315322 express, prompt and both rerecos are open; of 315259 the rerecos are COMPLETED and come last."""
    run = RunFactory(run_number=RUN)
    CertificationFactory(run=run, reconstruction="express")
    CertificationFactory(run=run, reconstruction="prompt")
    page = _open(shifter_client, f"/certify/{RUN}/").context["page"]
    assert page.registry_state == "COMPLETED"
    assert any("COMPLETED" in notice for notice in page.notices)


def test_rereco_never_opens_the_ul_dataset(shifter_client):
    assert _open(shifter_client, "/certify/315257/rereco/").context["page"].dataset == "/ReReco/Run2018A_17Sep2018/DQM"
    assert _open(shifter_client, "/certify/315257/rerecoul/").context["page"].dataset == "/ReReco/Run2018A_UL2019/DQM"


def test_pinned_dataset_says_which_reconstruction(shifter_client):
    page = _open(shifter_client, f"/certify/{RUN}/?dataset=/PromptReco/Collisions2018A/DQM").context["page"]
    assert page.desk.ticket.reconstruction == "prompt"


@pytest.mark.parametrize(
    "path",
    [
        "/certify/315259/banana/",
        "/certify/315259/?dataset=/PromptReco/Collisions2031X/DQM",
        "/certify/315259/express/?dataset=/PromptReco/Collisions2018A/DQM",
        "/certify/315259/?dataset=made%20up",
        "/certify/99/",
    ],
)
def test_what_does_not_exist_is_404_with_a_sentence_and_writes_nothing(shifter_client, path):
    before = OmsRun.objects.count()
    response = shifter_client.get(path)
    assert response.status_code == 404
    assert b"There is no" in response.content or b"dataset" in response.content
    assert OmsRun.objects.count() - before <= 1


def test_run_with_all_datasets_certified_says_so_and_goes_back_to_open_runs(shifter_client):
    run = RunFactory(run_number=315262)
    CertificationFactory(run=run, reconstruction="express")
    response = shifter_client.get("/certify/315262/", follow=True)
    assert response.redirect_chain[0][0] == "/openruns/"
    assert "All datasets of run 315262 are certified." in response.content.decode()


def test_page_shows_the_facts_of_oms_as_plain_digits_and_with_units(shifter_client):
    text = _open(shifter_client, "/certify/315270/express/").content.decode()
    assert "78.150 /pb" in text
    assert "fill 6616" in text
    assert "655" in text
    assert "2018-04-27 06:43:28" in text


def test_opening_a_new_run_costs_two_oms_calls_in_sequence_and_one_of_run_registry(shifter_client, sandbox):
    _open(shifter_client)
    oms, registry = sandbox.requests("oms"), sandbox.requests("registry")
    assert [one["path"].rsplit("/", 1)[-1].split("?")[0] for one in oms] == ["runs", "fills"]
    assert len(registry) == 1
    _open(shifter_client)
    assert len(sandbox.requests("oms")) == 2


def test_opening_from_a_search_asks_nobody(shifter_client, sandbox):
    shifter_client.get(f"/openruns/?runs={RUN}")
    sandbox.clear()
    _open(shifter_client, f"/certify/{RUN}/express/?dataset=/Express/Collisions2018/DQM&runs={RUN}")
    assert sandbox.requests() == []


def test_opening_a_run_just_searched_by_its_own_address_asks_nobody_for_two_minutes(shifter_client, sandbox):
    shifter_client.get(f"/openruns/?runs={RUN}")
    sandbox.clear()
    _open(shifter_client)
    assert sandbox.requests() == []
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=3)):
        _open(shifter_client)
        assert [one["service"] for one in sandbox.requests()] == ["registry"]
    _open(shifter_client, f"/certify/{RUN}/")
    assert [one["service"] for one in sandbox.requests()] == ["registry", "registry"]


def test_reference_of_the_other_type_is_not_offered_and_the_best_is_proposed(shifter_client, references):
    field = _open(shifter_client).context["form"]["reference_runreconstruction"]
    assert [key for key, _label in field.field.choices] == [references["collisions"].pk]
    assert field.value() == references["collisions"].pk


# --- Certified already ------------------------------------------------------------------------------


def test_owner_is_sent_to_the_update_page(shifter_client, shifter):
    made = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter)
    response = shifter_client.get(f"/certify/{RUN}/express/")
    assert (response.status_code, response.url) == (302, f"/list/{made.pk}/update/")


def test_shift_leader_is_sent_to_the_update_page_of_anybody(shift_leader_client, shifter):
    made = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter)
    response = shift_leader_client.get(f"/certify/{RUN}/express/")
    assert (response.status_code, response.url) == (302, f"/list/{made.pk}/update/")


def test_another_shifter_gets_a_conflict_that_shows_what_stands(shifter_client, other_shifter, sandbox):
    CertificationFactory(run=RunFactory(run_number=RUN), user=other_shifter, comment="hole in layer two")
    response = shifter_client.get(f"/certify/{RUN}/express/")
    assert response.status_code == 409
    assert "hole in layer two" in response.content.decode()
    assert "shifter2" in response.content.decode()
    assert sandbox.requests() == []


# --- What is saved ----------------------------------------------------------------------------------


def test_good_certification_is_saved_with_its_facts_and_leads_on(shifter_client, shifter, references, sandbox):
    opened = _open(shifter_client)
    sandbox.clear()
    response = _send(shifter_client, opened, **GOOD)
    assert (response.status_code, response.url) == (303, "/list/")
    made = TrackerCertification.objects.get()
    assert (made.user, made.run_number, made.reconstruction, made.verdict) == (shifter, RUN, "express", "good")
    assert made.reference_runreconstruction == references["collisions"]
    assert made.dataset.name == "/Express/Collisions2018/DQM"
    assert made.is_dataset_verified and made.external_info_complete
    assert made.facts["registry"]["state"] == "OPEN"
    assert made.facts["run"]["fill_number"] == 6615
    assert made.date == datetime.now(UTC).date()
    assert sandbox.requests() == []


def test_save_and_next_leads_to_the_next_open_one_of_the_search(shifter_client):
    shifter_client.get("/openruns/?runs=315259,315264")
    path = "/certify/315264/prompt/?dataset=/PromptReco/Collisions2018A/DQM&runs=315259,315264"
    response = _send(shifter_client, _open(shifter_client, path), path, **GOOD, then="next")
    assert response.status_code == 303
    assert response.url.startswith("/certify/315259/express/?dataset=%2FExpress%2FCollisions2018%2FDQM&runs=315259")


def test_save_from_a_search_leads_back_to_it(shifter_client):
    shifter_client.get("/openruns/?runs=315259")
    path = f"/certify/{RUN}/express/?runs=315259"
    response = _send(shifter_client, _open(shifter_client, path), path, **GOOD)
    assert response.url == "/openruns/?runs=315259"


def test_bad_with_reason_comment_and_problem_is_saved(shifter_client):
    reason, problem = BadReasonFactory(), PixelProblemFactory()
    changes = {**GOOD, "pixel": "bad", "bad_reason": reason.pk, "comment": "hole", "pixel_problems": [problem.pk]}
    assert _send(shifter_client, _open(shifter_client), **changes).status_code == 303
    made = TrackerCertification.objects.get()
    assert (made.verdict, made.bad_reason, list(made.pixel_problems.all())) == ("bad", reason, [problem])


def test_post_to_the_bare_run_saves_the_reconstruction_that_was_shown(shifter_client, other_shifter):
    """Somebody certifies express while my express form is open: mine must not become prompt."""
    opened = _open(shifter_client, f"/certify/{RUN}/")
    CertificationFactory(run=OmsRun.objects.get(pk=RUN), reconstruction="express", user=other_shifter)
    response = _send(shifter_client, opened, f"/certify/{RUN}/", **GOOD, comment="my words")
    assert response.status_code == 409
    assert TrackerCertification.objects.count() == 1


def test_conflict_shows_both_versions_and_keeps_what_i_typed(shifter_client, other_shifter):
    opened = _open(shifter_client)
    run = OmsRun.objects.get(pk=RUN)
    CertificationFactory(run=run, user=other_shifter, pixel="excluded", comment="their words")
    response = _send(shifter_client, opened, **GOOD, comment="my words")
    text = response.content.decode()
    assert response.status_code == 409
    assert "their words" in text and "my words" in text
    assert ("Pixel", "excluded", "good") in response.context["page"].differences
    assert fields_of(response)["comment"] == ["my words"]


def test_same_form_sent_twice_leads_to_the_record_it_made(shifter_client):
    opened = _open(shifter_client)
    assert _send(shifter_client, opened, **GOOD).status_code == 303
    assert _send(shifter_client, opened, **GOOD).status_code == 303
    assert TrackerCertification.objects.count() == 1


def test_second_tab_with_another_key_is_a_conflict(shifter_client):
    opened = _open(shifter_client)
    _send(shifter_client, opened, **GOOD)
    assert _send(shifter_client, opened, **GOOD, idempotency_key=str(uuid.uuid4())).status_code == 409


# --- What is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pixel": None}, "pixel"),
        ({"strip": None}, "strip"),
        ({"tracking": None}, "tracking"),
        ({"trackermap": None}, "trackermap"),
        ({"reference_runreconstruction": None}, "reference_runreconstruction"),
        ({"reference_runreconstruction": "99999999"}, "reference_runreconstruction"),
        ({"date": ""}, "date"),
        ({"date": "yesterday"}, "date"),
        ({"date": "2018-04-01"}, "date"),
        ({"date": (datetime.now(UTC) + timedelta(days=2)).date().isoformat()}, "date"),
        ({"reconstruction": None}, "reconstruction"),
        ({"pixel": "fine"}, "pixel"),
        ({"pixel": "bad"}, "bad_reason"),
        ({"strip": "bad", "comment": "x"}, "tracking"),
        ({"pixel": "excluded", "pixel_lowstat": "on"}, "pixel_lowstat"),
        ({"dataset": "/Express/Other/DQM"}, "dataset"),
        ({"bad_reason": "99999999"}, "bad_reason"),
        ({"pixel_problems": ["99999999"]}, "pixel_problems"),
        ({"pixel_problems": ["9" * 30]}, "pixel_problems"),
        ({"bad_reason": "9" * 30}, "bad_reason"),
        ({"reference_runreconstruction": "9" * 30}, "reference_runreconstruction"),
        ({"comment": "nul\x00"}, "comment"),
    ],
    ids=str,
)
def test_entry_that_breaks_a_rule_is_refused_beside_its_field_and_keeps_what_was_typed(shifter_client, changes, field):
    sent = {**GOOD, "comment": "seven words that I would not retype", **changes}
    response = _send(shifter_client, _open(shifter_client), **sent)
    assert response.status_code == 422
    assert field in _errors(response)
    assert not TrackerCertification.objects.exists()
    again = fields_of(response)
    assert again["comment"][0].replace("\x00", "") == sent["comment"].replace("\x00", "")
    assert again["ticket"][0]


def test_reference_of_the_other_type_is_refused(shifter_client, references):
    sent = {**GOOD, "reference_runreconstruction": references["cosmics"].pk}
    response = _send(shifter_client, _open(shifter_client), **sent)
    assert response.status_code == 422
    assert "Choose a reference of the same type." in _errors(response)["reference_runreconstruction"][0]


def test_unticked_checklist_is_refused_and_a_ticked_one_saved(shifter_client):
    ChecklistFactory(identifier="general")
    opened = _open(shifter_client)
    assert "checklist_general" in field_names(opened)
    refused = _send(shifter_client, opened, **GOOD)
    assert refused.status_code == 422 and "checklist_general" in _errors(refused)
    assert _send(shifter_client, opened, **GOOD, checklist_general="on").status_code == 303


def test_form_for_another_reconstruction_than_shown_is_refused(shifter_client):
    response = _send(shifter_client, _open(shifter_client), **GOOD, reconstruction="prompt")
    assert response.status_code == 422
    assert not TrackerCertification.objects.exists()


@pytest.mark.parametrize("ticket", [None, "", "forged"])
def test_form_without_its_ticket_is_opened_anew_and_keeps_what_was_typed(shifter_client, ticket):
    opened = _open(shifter_client)
    sent = {**GOOD, "ticket": ticket, "comment": "kept", "dataset": "/Express/MadeUp/DQM"}
    refused = _send(shifter_client, opened, **sent)
    assert refused.status_code == 422 and not TrackerCertification.objects.exists()
    assert "opened anew" in refused.content.decode()
    assert (fields_of(refused)["comment"], fields_of(refused)["pixel"]) == (["kept"], ["good"])
    assert _send(shifter_client, refused).status_code == 303
    made = TrackerCertification.objects.get()
    assert (made.dataset.name, made.is_dataset_verified) == ("/Express/Collisions2018/DQM", True)


def test_ticket_of_another_run_is_none(shifter_client):
    other = _open(shifter_client, "/certify/315264/express/")
    response = _send(shifter_client, other, **GOOD)
    assert response.status_code == 422 and not TrackerCertification.objects.exists()


def test_back_and_other_flags_with_the_same_key_is_a_conflict_not_a_silent_loss(shifter_client):
    opened = _open(shifter_client)
    assert _send(shifter_client, opened, **GOOD).status_code == 303
    response = _send(shifter_client, opened, **{**GOOD, "tracking": "excluded", "trackermap": "missing"})
    assert response.status_code == 409
    assert fields_of(response)["tracking"] == ["excluded"]
    assert TrackerCertification.objects.get().tracking == "good"


def test_dataset_cannot_be_left_out_where_run_registry_named_one(shifter_client):
    response = _send(shifter_client, _open(shifter_client), **GOOD, dataset="")
    assert response.status_code == 422 and "dataset" in _errors(response)


def test_what_oms_said_cannot_be_typed_over_by_sending_more_fields_than_shown(shifter_client):
    opened = _open(shifter_client)
    typed = {"run-recorded_lumi": "5", "run-recorded_lumi_unit": "pb^{-1}", "run-run_type": "cosmics", "fill-era": "X"}
    assert _send(shifter_client, opened, **GOOD, **typed).status_code == 303
    run = OmsRun.objects.select_related("fill").get(pk=RUN)
    assert (run.run_type, run.typed, run.fill.typed) == ("collisions", {}, {})
    assert run.recorded_lumi == TrackerCertification.objects.get().recorded_lumi != 5


def test_only_reference_runs_may_be_references_and_no_run_its_own(shifter_client, references):
    plain = ReconstructionFactory(run=RunFactory(run_number=314575))
    response = _send(shifter_client, _open(shifter_client), **GOOD, reference_runreconstruction=plain.pk)
    assert response.status_code == 422 and "reference_runreconstruction" in _errors(response)
    own = references["collisions"]
    opened = _open(shifter_client, "/certify/314811/express/")
    assert str(own.pk) not in [option.value for option in opened.context["page"].references]
    sent = {**GOOD, "reference_runreconstruction": own.pk}
    response = _send(shifter_client, opened, "/certify/314811/express/", **sent)
    assert "not its own reference" in str(_errors(response))


def test_reason_without_comment_is_refused_with_the_reason_as_a_start(shifter_client):
    reason = BadReasonFactory(name="HV off")
    response = _send(shifter_client, _open(shifter_client), **{**GOOD, "pixel": "bad", "bad_reason": reason.pk})
    assert response.status_code == 422
    assert fields_of(response)["comment"] == ["HV off"]


def test_search_that_is_too_long_to_be_an_address_is_left_behind(shifter_client):
    response = _send(shifter_client, _open(shifter_client), **GOOD, runs="315259," * 5000)
    assert response.status_code == 303 and len(response.url) < 10_000


def test_refused_form_can_be_mended_and_saved(shifter_client):
    refused = _send(shifter_client, _open(shifter_client), **{**GOOD, "pixel": None})
    assert _send(shifter_client, refused, **GOOD).status_code == 303


def test_guest_and_stranger_may_not_certify_and_nothing_is_asked(guest_client, client, sandbox):
    assert guest_client.get(f"/certify/{RUN}/express/").status_code == 403
    assert guest_client.post(f"/certify/{RUN}/express/", GOOD).status_code == 403
    stranger = client.get(f"/certify/{RUN}/express/")
    assert stranger.status_code == 302 and stranger.url.startswith("/accounts/login/?next=/certify/")
    assert sandbox.requests() == []


# --- A reason on the way ----------------------------------------------------------------------------


def test_added_reason_is_chosen_and_all_else_stays_as_typed(shifter_client):
    sent = {"pixel": "bad", "comment": "half typed", "new_reason": " HV  off ", "add_reason": "1"}
    response = _send(shifter_client, _open(shifter_client), **sent)
    assert response.status_code == 200
    made = BadReason.objects.get()
    again = fields_of(response)
    assert made.name == "HV off"
    assert (again["bad_reason"], again["comment"], again["pixel"]) == ([str(made.pk)], ["half typed"], ["bad"])
    assert not TrackerCertification.objects.exists()


def test_reason_that_exists_is_chosen_not_doubled(shifter_client):
    known = BadReasonFactory(name="HV off")
    response = _send(shifter_client, _open(shifter_client), new_reason="hv off", add_reason="1")
    assert fields_of(response)["bad_reason"] == [str(known.pk)]
    assert BadReason.objects.count() == 1


def test_retired_reason_is_not_made_again(shifter_client):
    BadReasonFactory(name="Old one", is_retired=True)
    response = _send(shifter_client, _open(shifter_client), new_reason="old one", add_reason="1")
    assert response.status_code == 422
    assert "retired" in str(response.context["desk"].reason_form.errors)


@pytest.mark.parametrize("name", ["", "x" * 51], ids=["empty", "too long"])
def test_reason_without_a_possible_name_gets_its_error(shifter_client, name):
    response = _send(shifter_client, _open(shifter_client), new_reason=name, add_reason="1", comment="kept")
    assert response.status_code == 422
    assert response.context["desk"].reason_form.errors["new_reason"]
    assert fields_of(response)["comment"] == ["kept"]


# --- The outside fails ------------------------------------------------------------------------------

BY_HAND = {
    "run-run_type": "collisions",
    "run-lumisections": "120",
    "run-energy": "6500",
    "run-recorded_lumi": "2500",
    "run-recorded_lumi_unit": "nb^{-1}",
    "fill-fill_number": "6615",
}
FAULTS = ["refuse", "500", "not-found", "hang"]


@pytest.fixture
def short_budget(settings):
    settings.PAGE_BUDGET_S = 1


@pytest.mark.parametrize("mode", FAULTS)
def test_oms_out_the_page_opens_and_asks_for_what_is_needed(shifter_client, sandbox, short_budget, mode):
    sandbox.faults("oms", mode)
    opened = _open(shifter_client)
    assert any("OMS" in notice for notice in opened.context["page"].notices)
    assert set(BY_HAND) <= field_names(opened)
    assert not OmsRun.objects.filter(pk=RUN).exists()
    refused = _send(shifter_client, opened, **GOOD)
    assert refused.status_code == 422
    assert set(refused.context["desk"].run_form.errors) == {"run_type", "lumisections"}
    refused = _send(shifter_client, opened, **GOOD, **{"run-run_type": "collisions", "run-lumisections": "5"})
    assert set(refused.context["desk"].run_form.errors) == {"energy", "recorded_lumi"}
    assert set(refused.context["desk"].fill_form.errors) == {"fill_number"}


def test_run_certified_by_hand_keeps_who_typed_what_in_which_unit(shifter_client, sandbox):
    sandbox.faults("oms", "refuse")
    response = _send(shifter_client, _open(shifter_client), **GOOD, **BY_HAND)
    assert response.status_code == 303
    run, made = OmsRun.objects.get(pk=RUN), TrackerCertification.objects.get()
    assert (run.run_type, run.lumisections, run.energy, run.recorded_lumi) == ("collisions", 120, 6500, 2.5)
    assert (run.fill_id, run.fetched_at, run.typed["recorded_lumi"]["by"]) == (6615, None, "shifter")
    assert run.typed["recorded_lumi"]["unit"] == "nb^{-1}"
    assert (made.recorded_lumi, made.external_info_complete) == (2.5, False)


def test_cosmics_by_hand_need_no_fill(shifter_client, sandbox, references):
    sandbox.faults("oms", "refuse")
    typed = {"run-run_type": "cosmics", "run-lumisections": "40"}
    sent = {**GOOD, **typed, "reference_runreconstruction": references["cosmics"].pk}
    assert _send(shifter_client, _open(shifter_client), **sent).status_code == 303
    assert OmsRun.objects.get(pk=RUN).run_type == "cosmics"
    assert not OmsFill.objects.filter(pk=6615).exists()


def test_typed_run_type_counts_for_the_reference(shifter_client, sandbox, references):
    sandbox.faults("oms", "refuse")
    sent = {**GOOD, **BY_HAND, "run-run_type": "cosmics"}
    sent["reference_runreconstruction"] = references["collisions"].pk
    response = _send(shifter_client, _open(shifter_client), **sent)
    assert response.status_code == 422
    assert "reference_runreconstruction" in _errors(response)
    assert fields_of(response)["run-recorded_lumi"] == ["2500"]


@pytest.mark.parametrize("mode", FAULTS)
def test_run_registry_out_without_reconstruction_offers_the_four(shifter_client, sandbox, short_budget, mode):
    sandbox.faults("registry", mode)
    response = shifter_client.get(f"/certify/{RUN}/")
    text = response.content.decode()
    assert response.status_code == 200
    assert "Run Registry" in text
    for reconstruction in ("express", "prompt", "rereco", "rerecoul"):
        assert f'href="/certify/{RUN}/{reconstruction}/"' in text


@pytest.mark.parametrize("mode", FAULTS)
def test_run_registry_out_with_reconstruction_certifies_unverified(shifter_client, sandbox, short_budget, mode):
    sandbox.faults("registry", mode)
    opened = _open(shifter_client)
    assert any("Run Registry" in notice for notice in opened.context["page"].notices)
    assert _send(shifter_client, opened, **GOOD).status_code == 303
    made = TrackerCertification.objects.get()
    assert (made.is_dataset_verified, made.external_info_complete) == (False, False)


def test_run_registry_out_takes_a_typed_dataset_as_unverified(shifter_client, sandbox):
    sandbox.faults("registry", "refuse")
    opened = _open(shifter_client)
    assert _send(shifter_client, opened, **GOOD, dataset="/PromptReco/Collisions2018A/DQM").status_code == 422
    assert _send(shifter_client, opened, **GOOD, dataset="/Express/Collisions2018/DQM").status_code == 303
    assert TrackerCertification.objects.get().dataset.name == "/Express/Collisions2018/DQM"


@pytest.mark.parametrize("mode", FAULTS)
def test_sign_in_of_machines_out_opens_the_page_all_the_same(shifter_client, sandbox, short_budget, mode):
    sandbox.faults("sso", mode)
    response = _open(shifter_client)
    assert any("CERN sign-in" in notice for notice in response.context["page"].notices)


def test_nothing_is_asked_when_a_form_is_sent_and_outages_do_not_matter(shifter_client, sandbox):
    opened = _open(shifter_client)
    for service in ("oms", "registry", "sso"):
        sandbox.faults(service, "refuse")
    assert _send(shifter_client, opened, **GOOD).status_code == 303


def test_null_in_an_answer_can_be_typed_but_must_not(shifter_client):
    """315270's fill has no initial luminosity in OMS: an offer, no demand."""
    opened = _open(shifter_client, "/certify/315270/express/")
    assert "fill-init_lumi" in field_names(opened)
    sent = {**GOOD, "fill-init_lumi": "0.9", "fill-init_lumi_unit": "10^{34}cm^{-2}s^{-1}"}
    assert _send(shifter_client, opened, "/certify/315270/express/", **sent).status_code == 303
    fill = OmsFill.objects.get(pk=6616)
    assert (fill.init_lumi, fill.typed["init_lumi"]["by"]) == (0.9, "shifter")


# --- For machines -----------------------------------------------------------------------------------


def test_public_list_of_references_has_the_shape_tools_read(client, django_assert_num_queries):
    made = CertificationFactory(run=RunFactory(run_number=RUN), reconstruction="prompt")
    CertificationFactory(withdrawn=True)
    with django_assert_num_queries(1):
        response = client.get("/certify/allRunsRefRuns/")
    assert json.loads(response.content) == [
        {
            "run_number": RUN,
            "run_reconstruction_type": "prompt",
            "reference_run_number": made.reference_runreconstruction.run_id,
            "reference_run_reconstruction_type": "express",
            "dataset": "/PromptReco/Collisions2018A/DQM",
        }
    ]


def test_public_list_of_references_answers_a_head(client, db):
    assert client.head("/certify/allRunsRefRuns/").status_code == 200


@pytest.mark.parametrize("count", [100, 10_000])
def test_certify_page_needs_at_most_12_queries_however_much_there_is(
    shifter_client, count, django_assert_max_num_queries
):
    many_certifications(count)
    _open(shifter_client)
    with django_assert_max_num_queries(12):
        _open(shifter_client)


def test_class_and_dataset_name_are_shown_where_they_disagree_with_the_run_type(shifter_client):
    RunFactory(run_number=RUN, cosmics=True)
    notices = _open(shifter_client).context["page"].notices
    assert [one for one in notices if "class Collisions18 says collisions" in one]
    assert [one for one in notices if "dataset name /Express/Collisions2018/DQM says collisions" in one]


def test_run_that_nobody_knows_offers_the_four_and_writes_nothing(shifter_client):
    before = OmsRun.objects.count()
    response = shifter_client.get("/certify/999999/")
    assert response.status_code == 200
    assert "Run Registry" in response.content.decode() and "/certify/999999/prompt/" in response.content.decode()
    assert OmsRun.objects.count() == before


def test_run_that_nobody_knows_is_certified_by_hand(shifter_client):
    opened = _open(shifter_client, "/certify/999999/express/")
    assert not OmsRun.objects.filter(pk=999999).exists()
    assert len(opened.context["page"].notices) == 2
    assert _send(shifter_client, opened, "/certify/999999/express/", **GOOD, **BY_HAND).status_code == 303
    made = TrackerCertification.objects.get()
    assert (made.run_number, made.dataset, made.is_dataset_verified) == (999999, None, False)


def test_run_without_a_fill_number_is_certified(shifter_client, sandbox):
    """Runs that OMS gives no fill (365 of the real 1,231) need none typed."""
    path = "/certify/314206/express/"
    opened = _open(shifter_client, path)
    assert opened.context["page"].desk.fill_form.fields["fill_number"].required is False


def test_conflict_can_be_settled_with_mine_by_a_shift_leader_who_says_why(shift_leader_client, shifter):
    opened = _open(shift_leader_client)
    theirs = CertificationFactory(run=OmsRun.objects.get(pk=RUN), user=shifter, comment="their words")
    conflict = _send(shift_leader_client, opened, **GOOD, comment="my words")
    assert conflict.status_code == 409 and f'formaction="/list/{theirs.pk}/update/"' in conflict.content.decode()
    path, mine = f"/list/{theirs.pk}/update/", {"over": str(theirs.version), "comment": "my words"}
    silent = _send(shift_leader_client, conflict, path, **mine)
    assert silent.status_code == 422 and "reason" in _errors(silent)
    assert _send(shift_leader_client, conflict, path, **mine, reason="looked twice").status_code == 303
    theirs.refresh_from_db()
    assert (theirs.comment, theirs.user, theirs.version, theirs.change_reason) == (
        "my words",
        shifter,
        2,
        "looked twice",
    )


def test_conflict_with_my_own_other_tab_says_so_and_can_be_settled(shifter_client):
    opened = _open(shifter_client)
    assert _send(shifter_client, opened, **GOOD).status_code == 303
    conflict = _send(shifter_client, opened, **GOOD, comment="second tab", idempotency_key=str(uuid.uuid4()))
    assert "you saved this in another tab" in conflict.content.decode()
    made = TrackerCertification.objects.get()
    sent = {"over": str(made.version), "comment": "second tab"}
    assert _send(shifter_client, conflict, f"/list/{made.pk}/update/", **sent).status_code == 303
    made.refresh_from_db()
    assert (made.comment, made.version) == ("second tab", 2)


def test_another_shifter_in_conflict_may_only_keep_theirs(other_shifter_client, shifter):
    opened = _open(other_shifter_client)
    theirs = CertificationFactory(run=OmsRun.objects.get(pk=RUN), user=shifter)
    conflict = _send(other_shifter_client, opened, **GOOD)
    assert f'formaction="/list/{theirs.pk}/update/"' not in conflict.content.decode()
    sent = {"over": str(theirs.version)}
    assert _send(other_shifter_client, conflict, f"/list/{theirs.pk}/update/", **sent).status_code == 403


def test_typed_values_of_a_fill_need_its_number(shifter_client, sandbox, references):
    sandbox.faults("oms", "refuse")
    typed = {"run-run_type": "cosmics", "run-lumisections": "40", "fill-peak_pileup": "33"}
    sent = {**GOOD, **typed, "reference_runreconstruction": references["cosmics"].pk}
    refused = _send(shifter_client, _open(shifter_client), **sent)
    assert refused.status_code == 422
    assert "number of the fill" in str(refused.context["desk"].fill_form.errors["fill_number"])
    assert _send(shifter_client, refused, **{"fill-fill_number": "6615"}).status_code == 303
    assert OmsFill.objects.get(pk=6615).peak_pileup == 33


def test_reason_added_shows_no_errors_of_what_is_not_yet_said(shifter_client, sandbox):
    sandbox.faults("oms", "refuse")
    for name, status in (("HV off", 200), ("", 422)):
        response = _send(shifter_client, _open(shifter_client), new_reason=name, add_reason="1")
        assert response.status_code == status
        assert "Not saved" not in response.content.decode()


def test_conflict_names_problems_of_both(shifter_client, other_shifter):
    problem = PixelProblemFactory(name="Hot modules")
    opened = _open(shifter_client)
    theirs = CertificationFactory(run=OmsRun.objects.get(pk=RUN), user=other_shifter)
    theirs.pixel_problems.set([problem])
    conflict = _send(shifter_client, opened, **GOOD)
    assert ("Pixel problems", "Hot modules", "") in conflict.context["page"].differences


def test_enter_in_a_field_presses_neither_add_nor_over(shifter_client):
    """The first submit button in the page is what a browser presses then."""
    text = _open(shifter_client).content.decode()
    form = text[text.index("<main") :]
    assert form.index('name="then" value="list" hidden') < form.index('name="add_reason"')

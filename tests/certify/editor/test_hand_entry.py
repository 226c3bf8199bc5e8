"""Certifying while Run Registry, OMS or the sign-in are out, or do not know: values typed by hand."""

import pytest

from certify.models import TrackerCertification
from infrastructure.http.budget import Budget
from oms.mirror import run_for_page
from oms.models import OmsFill, OmsRun
from tests.browser_form import field_names, fields_of
from tests.certify.page_form import BY_HAND, FAULT_MODES, GOOD, RUN, errors_of, open_form, send_form

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]


def test_what_oms_said_cannot_be_typed_over_by_sending_more_fields_than_shown(shifter_client):
    opened = open_form(shifter_client)
    typed = {"run-recorded_lumi": "5", "run-recorded_lumi_unit": "pb^{-1}", "run-run_type": "cosmics", "fill-era": "X"}
    assert send_form(shifter_client, opened, **GOOD, **typed).status_code == 303
    run = OmsRun.objects.select_related("fill").get(pk=RUN)
    assert (run.run_type, run.typed, run.fill.typed) == ("collisions", {}, {})
    assert run.recorded_lumi == TrackerCertification.objects.get().recorded_lumi != 5


@pytest.mark.parametrize("mode", FAULT_MODES)
def test_oms_out_the_page_opens_and_asks_for_what_is_needed(shifter_client, sandbox, short_budget, mode):
    sandbox.faults("oms", mode)
    opened = open_form(shifter_client)
    assert any("OMS" in notice for notice in opened.context["page"].notices)
    assert set(BY_HAND) <= field_names(opened)
    assert not OmsRun.objects.filter(pk=RUN).exists()
    refused = send_form(shifter_client, opened, **GOOD)
    assert refused.status_code == 422
    assert set(refused.context["editor"].run_form.errors) == {"run_type", "lumisections"}
    refused = send_form(shifter_client, opened, **GOOD, **{"run-run_type": "collisions", "run-lumisections": "5"})
    assert set(refused.context["editor"].run_form.errors) == {"energy", "recorded_lumi"}
    assert set(refused.context["editor"].fill_form.errors) == {"fill_number"}


def test_run_certified_by_hand_keeps_who_typed_what_in_which_unit(shifter_client, sandbox):
    sandbox.faults("oms", "refuse")
    response = send_form(shifter_client, open_form(shifter_client), **GOOD, **BY_HAND)
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
    assert send_form(shifter_client, open_form(shifter_client), **sent).status_code == 303
    assert OmsRun.objects.get(pk=RUN).run_type == "cosmics"
    assert not OmsFill.objects.filter(pk=6615).exists()


def test_typed_run_type_counts_for_the_reference(shifter_client, sandbox, references):
    sandbox.faults("oms", "refuse")
    sent = {**GOOD, **BY_HAND, "run-run_type": "cosmics"}
    sent["reference_runreconstruction"] = references["collisions"].pk
    response = send_form(shifter_client, open_form(shifter_client), **sent)
    assert response.status_code == 422
    assert "reference_runreconstruction" in errors_of(response)
    assert fields_of(response)["run-recorded_lumi"] == ["2500"]


@pytest.mark.parametrize("mode", FAULT_MODES)
def test_run_registry_out_without_reconstruction_offers_the_four(shifter_client, sandbox, short_budget, mode):
    sandbox.faults("registry", mode)
    response = shifter_client.get(f"/certify/{RUN}/")
    text = response.content.decode()
    assert response.status_code == 200
    assert "Run Registry" in text
    for reconstruction in ("express", "prompt", "rereco", "rerecoul"):
        assert f'href="/certify/{RUN}/{reconstruction}/"' in text


@pytest.mark.parametrize("mode", FAULT_MODES)
def test_run_registry_out_with_reconstruction_certifies_unverified(shifter_client, sandbox, short_budget, mode):
    sandbox.faults("registry", mode)
    opened = open_form(shifter_client)
    assert any("Run Registry" in notice for notice in opened.context["page"].notices)
    assert send_form(shifter_client, opened, **GOOD).status_code == 303
    made = TrackerCertification.objects.get()
    assert (made.is_dataset_verified, made.external_info_complete) == (False, False)


def test_run_registry_out_takes_a_typed_dataset_as_unverified(shifter_client, sandbox):
    sandbox.faults("registry", "refuse")
    opened = open_form(shifter_client)
    assert send_form(shifter_client, opened, **GOOD, dataset="/PromptReco/Collisions2018A/DQM").status_code == 422
    assert send_form(shifter_client, opened, **GOOD, dataset="/Express/Collisions2018/DQM").status_code == 303
    assert TrackerCertification.objects.get().dataset.name == "/Express/Collisions2018/DQM"


@pytest.mark.parametrize("mode", FAULT_MODES)
def test_sign_in_of_machines_out_opens_the_page_all_the_same(shifter_client, sandbox, short_budget, mode):
    sandbox.faults("sso", mode)
    response = open_form(shifter_client)
    assert any("CERN sign-in" in notice for notice in response.context["page"].notices)


def test_nothing_is_asked_when_a_form_is_sent_and_outages_do_not_matter(shifter_client, sandbox):
    opened = open_form(shifter_client)
    for service in ("oms", "registry", "sso"):
        sandbox.faults(service, "refuse")
    assert send_form(shifter_client, opened, **GOOD).status_code == 303


def test_null_in_an_answer_can_be_typed_but_must_not(shifter_client):
    """315270's fill has no initial luminosity in OMS: an offer, no demand."""
    opened = open_form(shifter_client, "/certify/315270/express/")
    assert "fill-init_lumi" in field_names(opened)
    sent = {**GOOD, "fill-init_lumi": "0.9", "fill-init_lumi_unit": "10^{34}cm^{-2}s^{-1}"}
    assert send_form(shifter_client, opened, "/certify/315270/express/", **sent).status_code == 303
    fill = OmsFill.objects.get(pk=6616)
    assert (fill.init_lumi, fill.typed["init_lumi"]["by"]) == (0.9, "shifter")


def test_run_that_nobody_knows_offers_the_four_and_writes_nothing(shifter_client):
    before = OmsRun.objects.count()
    response = shifter_client.get("/certify/999999/")
    assert response.status_code == 200
    assert "Run Registry" in response.content.decode() and "/certify/999999/prompt/" in response.content.decode()
    assert OmsRun.objects.count() == before


def test_run_that_nobody_knows_is_certified_by_hand(shifter_client):
    opened = open_form(shifter_client, "/certify/999999/express/")
    assert not OmsRun.objects.filter(pk=999999).exists()
    assert len(opened.context["page"].notices) == 2
    sent = {**GOOD, **BY_HAND, "confirm_ref_old": "on"}
    assert send_form(shifter_client, opened, "/certify/999999/express/", **sent).status_code == 303
    made = TrackerCertification.objects.get()
    assert (made.run_number, made.dataset, made.is_dataset_verified) == (999999, None, False)


def test_run_without_a_fill_number_is_certified(shifter_client, sandbox):
    """Runs that OMS gives no fill (365 of the real 1,231) need none typed."""
    path = "/certify/314206/express/"
    opened = open_form(shifter_client, path)
    assert opened.context["page"].editor.fill_form.fields["fill_number"].required is False


def test_typed_values_of_a_fill_need_its_number(shifter_client, sandbox, references):
    sandbox.faults("oms", "refuse")
    typed = {"run-run_type": "cosmics", "run-lumisections": "40", "fill-peak_pileup": "33"}
    sent = {**GOOD, **typed, "reference_runreconstruction": references["cosmics"].pk}
    refused = send_form(shifter_client, open_form(shifter_client), **sent)
    assert refused.status_code == 422
    assert "number of the fill" in str(refused.context["editor"].fill_form.errors["fill_number"])
    assert send_form(shifter_client, refused, **{"fill-fill_number": "6615"}).status_code == 303
    assert OmsFill.objects.get(pk=6615).peak_pileup == 33


def test_what_was_typed_stands_although_oms_came_back_meanwhile(shifter_client, sandbox):
    sandbox.faults("oms", "refuse")
    opened = open_form(shifter_client)
    sandbox.clear()
    run_for_page(RUN, Budget(10, is_retry=True))
    said = OmsRun.objects.get(pk=RUN).lumisections
    refused = send_form(shifter_client, opened, **{**GOOD, **BY_HAND, "pixel": None})
    assert fields_of(refused)["run-lumisections"] == [BY_HAND["run-lumisections"]]
    assert send_form(shifter_client, refused, **GOOD).status_code == 303
    run, made = OmsRun.objects.get(pk=RUN), TrackerCertification.objects.get()
    assert made.lumisections == run.lumisections == int(BY_HAND["run-lumisections"]) != said
    assert run.source_of("lumisections").by == "shifter"


def test_fill_of_other_runs_is_not_typed_over_by_naming_it(shifter_client, sandbox):
    open_form(shifter_client, "/certify/315270/express/")
    said = OmsFill.objects.get(pk=6616).peak_lumi
    path = "/certify/999002/express/"
    opened = open_form(shifter_client, path)
    confirmed = {"confirm_ref_old": "on"}
    typed = {**BY_HAND, "fill-fill_number": "6616", "fill-peak_lumi": "99"}
    unit = {"fill-peak_lumi_unit": "10^{34}cm^{-2}s^{-1}"}
    refused = send_form(shifter_client, opened, path, **GOOD, **typed, **unit, **confirmed)
    assert refused.status_code == 422
    assert f"OMS says peak lumi {said} of fill 6616." in refused.content.decode()
    assert 'value="99"' in refused.content.decode()
    assert OmsFill.objects.get(pk=6616).peak_lumi == said
    sent = {**GOOD, **typed, **confirmed, "fill-peak_lumi": ""}
    assert send_form(shifter_client, opened, path, **sent).status_code == 303
    assert OmsRun.objects.get(pk=999002).fill.peak_lumi == said


def test_refused_reference_stays_chosen_and_says_what_is_wrong_with_it(shifter_client, sandbox, references):
    sandbox.faults("oms", "refuse")
    opened = open_form(shifter_client, f"/certify/{RUN}/express/")
    collisions = references["collisions"].pk
    sent = GOOD | {"run-run_type": "cosmics", "run-lumisections": "120", "reference_runreconstruction": collisions}
    refused = send_form(shifter_client, opened, f"/certify/{RUN}/express/", **sent)
    assert refused.status_code == 422 and "reference_runreconstruction" in errors_of(refused)
    chosen = [one for one in refused.context["page"].references if one.is_chosen]
    assert [one.value for one in chosen] == [str(collisions)] and "other run type" in chosen[0].label
    assert str(references["cosmics"].pk) in [one.value for one in refused.context["page"].references]


def test_while_run_registry_is_out_save_and_next_goes_on_through_the_typed_runs(shifter_client, sandbox):
    sandbox.faults("registry", "refuse")
    runs = "315259,315264-315265"
    shifter_client.get("/openruns/", {"runs": runs})
    saved = []
    path = f"/certify/315265/express/?runs={runs}"
    while path.startswith("/certify/"):
        opened = open_form(shifter_client, path)
        assert f"{len(saved) + 1} of 3" in opened.text
        path = send_form(shifter_client, opened, path, **GOOD, then="next").url
        saved.append(path)
    assert saved == [
        "/certify/315264/express/?runs=315259%2C315264-315265",
        "/certify/315259/express/?runs=315259%2C315264-315265",
        "/openruns/?runs=315259%2C315264-315265",
    ]

"""Certifying with typed values while Run Registry, OMS or the sign-in is unavailable or has no answer."""

import pytest

from certify.models import TrackerCertification
from infrastructure.http.budget import Budget
from oms.mirror import run_for_page
from oms.models import OmsFill, OmsRun
from tests.browser_form import field_names, fields_of
from tests.certify.page_form import BY_HAND, FAULT_MODES, GOOD, RUN, errors_of, open_form, send_form

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]


def test_values_of_oms_cannot_be_overwritten_with_fields_that_were_not_shown(shifter_client):
    opened = open_form(shifter_client)
    typed = {"run-recorded_lumi": "5", "run-recorded_lumi_unit": "pb^{-1}", "run-run_type": "cosmics", "fill-era": "X"}
    assert send_form(shifter_client, opened, **GOOD, **typed).status_code == 303
    run = OmsRun.objects.select_related("fill").get(pk=RUN)
    assert (run.run_type, run.typed, run.fill.typed) == ("collisions", {}, {})
    assert run.recorded_lumi == TrackerCertification.objects.get().recorded_lumi != 5


@pytest.mark.parametrize("mode", FAULT_MODES)
def test_facts_are_required_inputs_while_oms_is_unavailable(shifter_client, sandbox, short_budget, mode):
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


def test_typed_facts_are_stored_with_author_and_unit(shifter_client, sandbox):
    sandbox.faults("oms", "refuse")
    response = send_form(shifter_client, open_form(shifter_client), **GOOD, **BY_HAND)
    assert response.status_code == 303
    run, certification = OmsRun.objects.get(pk=RUN), TrackerCertification.objects.get()
    assert (run.run_type, run.lumisections, run.energy, run.recorded_lumi) == ("collisions", 120, 6500, 2.5)
    assert (run.fill_id, run.fetched_at, run.typed["recorded_lumi"]["by"]) == (6615, None, "shifter")
    assert run.typed["recorded_lumi"]["unit"] == "nb^{-1}"
    assert (certification.recorded_lumi, certification.external_info_complete) == (2.5, False)


def test_typed_cosmics_require_no_fill(shifter_client, sandbox, references):
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
def test_all_reconstructions_are_offered_while_run_registry_is_unavailable(shifter_client, sandbox, short_budget, mode):
    sandbox.faults("registry", mode)
    response = shifter_client.get(f"/certify/{RUN}/")
    text = response.content.decode()
    assert response.status_code == 200
    assert "Run Registry" in text
    for reconstruction in ("express", "prompt", "rereco", "rerecoul"):
        assert f'href="/certify/{RUN}/{reconstruction}/"' in text


@pytest.mark.parametrize("mode", FAULT_MODES)
def test_dataset_is_unverified_while_run_registry_is_unavailable(shifter_client, sandbox, short_budget, mode):
    sandbox.faults("registry", mode)
    opened = open_form(shifter_client)
    assert any("Run Registry" in notice for notice in opened.context["page"].notices)
    assert send_form(shifter_client, opened, **GOOD).status_code == 303
    certification = TrackerCertification.objects.get()
    assert (certification.is_dataset_verified, certification.external_info_complete) == (False, False)


def test_dataset_can_be_typed_while_run_registry_is_unavailable(shifter_client, sandbox):
    sandbox.faults("registry", "refuse")
    opened = open_form(shifter_client)
    assert send_form(shifter_client, opened, **GOOD, dataset="/PromptReco/Collisions2018A/DQM").status_code == 422
    assert send_form(shifter_client, opened, **GOOD, dataset="/Express/Collisions2018/DQM").status_code == 303
    assert TrackerCertification.objects.get().dataset.name == "/Express/Collisions2018/DQM"


@pytest.mark.parametrize("mode", FAULT_MODES)
def test_page_opens_while_the_cern_sign_in_is_unavailable(shifter_client, sandbox, short_budget, mode):
    sandbox.faults("sso", mode)
    response = open_form(shifter_client)
    assert any("CERN sign-in" in notice for notice in response.context["page"].notices)


def test_form_is_saved_while_all_services_are_unavailable(shifter_client, sandbox):
    opened = open_form(shifter_client)
    for service in ("oms", "registry", "sso"):
        sandbox.faults(service, "refuse")
    assert send_form(shifter_client, opened, **GOOD).status_code == 303


def test_null_attribute_is_an_optional_input(shifter_client):
    """The fill of run 315270 has no initial luminosity in OMS."""
    opened = open_form(shifter_client, "/certify/315270/express/")
    assert "fill-init_lumi" in field_names(opened)
    sent = {**GOOD, "fill-init_lumi": "0.9", "fill-init_lumi_unit": "10^{34}cm^{-2}s^{-1}"}
    assert send_form(shifter_client, opened, "/certify/315270/express/", **sent).status_code == 303
    fill = OmsFill.objects.get(pk=6616)
    assert (fill.init_lumi, fill.typed["init_lumi"]["by"]) == (0.9, "shifter")


def test_unknown_run_offers_reconstructions_and_writes_nothing(shifter_client):
    before = OmsRun.objects.count()
    response = shifter_client.get("/certify/999999/")
    assert response.status_code == 200
    assert "Run Registry" in response.content.decode() and "/certify/999999/prompt/" in response.content.decode()
    assert OmsRun.objects.count() == before


def test_unknown_run_can_be_certified_with_typed_facts(shifter_client):
    opened = open_form(shifter_client, "/certify/999999/express/")
    assert not OmsRun.objects.filter(pk=999999).exists()
    assert len(opened.context["page"].notices) == 2
    sent = {**GOOD, **BY_HAND, "confirm_ref_old": "on"}
    assert send_form(shifter_client, opened, "/certify/999999/express/", **sent).status_code == 303
    certification = TrackerCertification.objects.get()
    assert (certification.run_number, certification.dataset, certification.is_dataset_verified) == (999999, None, False)


def test_fill_number_is_optional_for_a_run_without_a_fill(shifter_client, sandbox):
    """OMS has no fill for 365 of the real 1,231 runs."""
    path = "/certify/314206/express/"
    opened = open_form(shifter_client, path)
    assert opened.context["page"].editor.fill_form.fields["fill_number"].required is False


def test_typed_fill_values_require_the_fill_number(shifter_client, sandbox, references):
    sandbox.faults("oms", "refuse")
    typed = {"run-run_type": "cosmics", "run-lumisections": "40", "fill-peak_pileup": "33"}
    sent = {**GOOD, **typed, "reference_runreconstruction": references["cosmics"].pk}
    refused = send_form(shifter_client, open_form(shifter_client), **sent)
    assert refused.status_code == 422
    assert "number of the fill" in str(refused.context["editor"].fill_form.errors["fill_number"])
    assert send_form(shifter_client, refused, **{"fill-fill_number": "6615"}).status_code == 303
    assert OmsFill.objects.get(pk=6615).peak_pileup == 33


def test_typed_value_takes_precedence_when_oms_is_available_again(shifter_client, sandbox):
    sandbox.faults("oms", "refuse")
    opened = open_form(shifter_client)
    sandbox.clear()
    run_for_page(RUN, Budget(10, is_retry=True))
    lumisections = OmsRun.objects.get(pk=RUN).lumisections
    refused = send_form(shifter_client, opened, **{**GOOD, **BY_HAND, "pixel": None})
    assert fields_of(refused)["run-lumisections"] == [BY_HAND["run-lumisections"]]
    assert send_form(shifter_client, refused, **GOOD).status_code == 303
    run, certification = OmsRun.objects.get(pk=RUN), TrackerCertification.objects.get()
    assert certification.lumisections == run.lumisections == int(BY_HAND["run-lumisections"]) != lumisections
    assert run.source_of("lumisections").by == "shifter"


def test_values_of_an_existing_fill_cannot_be_overwritten_by_typing_its_number(shifter_client, sandbox):
    open_form(shifter_client, "/certify/315270/express/")
    peak_lumi = OmsFill.objects.get(pk=6616).peak_lumi
    path = "/certify/999002/express/"
    opened = open_form(shifter_client, path)
    confirmed = {"confirm_ref_old": "on"}
    typed = {**BY_HAND, "fill-fill_number": "6616", "fill-peak_lumi": "99"}
    unit = {"fill-peak_lumi_unit": "10^{34}cm^{-2}s^{-1}"}
    refused = send_form(shifter_client, opened, path, **GOOD, **typed, **unit, **confirmed)
    assert refused.status_code == 422
    assert f"OMS says peak lumi {peak_lumi} of fill 6616." in refused.content.decode()
    assert 'value="99"' in refused.content.decode()
    assert OmsFill.objects.get(pk=6616).peak_lumi == peak_lumi
    sent = {**GOOD, **typed, **confirmed, "fill-peak_lumi": ""}
    assert send_form(shifter_client, opened, path, **sent).status_code == 303
    assert OmsRun.objects.get(pk=999002).fill.peak_lumi == peak_lumi


def test_refused_reference_stays_selected_with_its_error(shifter_client, sandbox, references):
    sandbox.faults("oms", "refuse")
    opened = open_form(shifter_client, f"/certify/{RUN}/express/")
    collisions = references["collisions"].pk
    sent = GOOD | {"run-run_type": "cosmics", "run-lumisections": "120", "reference_runreconstruction": collisions}
    refused = send_form(shifter_client, opened, f"/certify/{RUN}/express/", **sent)
    assert refused.status_code == 422 and "reference_runreconstruction" in errors_of(refused)
    chosen = [option for option in refused.context["page"].references if option.is_chosen]
    assert [option.value for option in chosen] == [str(collisions)] and "other run type" in chosen[0].label
    assert str(references["cosmics"].pk) in [option.value for option in refused.context["page"].references]


def test_save_and_next_follows_the_typed_runs_while_run_registry_is_unavailable(shifter_client, sandbox):
    sandbox.faults("registry", "refuse")
    runs = "315259,315264-315265"
    shifter_client.get("/openruns/", {"runs": runs})
    saved = []
    path = f"/certify/315265/express/?runs={runs}"
    while path.startswith("/certify/"):
        opened = open_form(shifter_client, path)
        assert f"{len(saved)} of 3 done" in opened.text
        path = send_form(shifter_client, opened, path, **GOOD, then="next").url
        saved.append(path)
    assert saved == [
        "/certify/315264/express/?runs=315259%2C315264-315265",
        "/certify/315259/express/?runs=315259%2C315264-315265",
        "/openruns/?runs=315259%2C315264-315265",
    ]

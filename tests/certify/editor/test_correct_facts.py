"""Correction of values from OMS; the rest of the form is preserved."""

import pytest

from certify.models import TrackerCertification
from oms.models import OmsFill, OmsRun
from oms.overrides import oms_value
from tests.browser_form import field_names, fields_of
from tests.certify.page_form import BY_HAND, GOOD, RUN, open_form, send_form
from tests.factories import CertificationFactory, FillFactory, RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]
PATH = f"/certify/{RUN}/express/"
TYPED = {**GOOD, "comment": "preserved text"}


def _corrected(client, **changes):
    """Save the form with all inputs opened and these changes."""
    return send_form(client, open_form(client, f"{PATH}?correct=1"), **GOOD, **changes)


def _whole_run():
    """A run that was just read from OMS, with no missing fact."""
    return RunFactory(fill=FillFactory(era="2018A"))


def test_page_has_no_fact_forms_when_nothing_is_missing_or_typed(shifter_client):
    opened = open_form(shifter_client, f"/certify/{_whole_run().run_number}/express/")
    built = vars(opened.context["editor"].facts)
    assert not {"run_form", "fill_form"} & set(built)
    assert not [name for name in field_names(opened) if name.startswith(("run-", "fill-"))]


def test_correct_parameter_shows_an_input_for_every_fact(shifter_client):
    opened = open_form(shifter_client, f"{PATH}?correct=1&runs=315259")
    assert set(BY_HAND) <= field_names(opened)
    sent = fields_of(opened)
    assert sent["runs"] == ["315259"]
    assert (sent["run-run_type"], sent["run-recorded_lumi_unit"]) == (["collisions"], ["pb^{-1}"])


def test_opening_the_correction_preserves_the_form_and_makes_no_request(shifter_client, sandbox):
    opened = open_form(shifter_client)
    sandbox.clear()
    for service in ("oms", "registry", "sso"):
        sandbox.faults(service, "refuse")
    shown = send_form(shifter_client, opened, **TYPED, correct="1")
    assert (shown.status_code, TrackerCertification.objects.count(), sandbox.requests()) == (200, 0, [])
    sent = fields_of(shown)
    assert {name: sent[name] for name in TYPED} == {name: [value] for name, value in TYPED.items()}
    assert sent["run-energy"] == sent["shown-run-energy"] == ["6499.0"]
    assert "errors" not in shown.content.decode().split("<main")[1].split("certify-facts")[0]
    assert send_form(shifter_client, shown, **{"run-energy": "6501"}).status_code == 303
    assert TrackerCertification.objects.get().comment == "preserved text"
    assert OmsRun.objects.get(pk=RUN).energy == 6501


def test_correction_is_stored_with_its_author_beside_the_oms_value(shifter_client):
    open_form(shifter_client)
    before = OmsRun.objects.get(pk=RUN)
    lumi = before.recorded_lumi
    changes = {"run-recorded_lumi": "9123", "run-recorded_lumi_unit": "nb^{-1}", "run-run_type": "cosmics"}
    assert _corrected(shifter_client, **changes).status_code == 422  # the reference is a collision run
    changes.pop("run-run_type")
    assert _corrected(shifter_client, **changes).status_code == 303
    run, certification = OmsRun.objects.get(pk=RUN), TrackerCertification.objects.get()
    assert (run.recorded_lumi, set(run.typed), run.typed["recorded_lumi"]["by"]) == (
        9.123,
        {"recorded_lumi"},
        "shifter",
    )
    assert oms_value(run, "recorded_lumi") == lumi
    assert (certification.recorded_lumi, certification.external_info_complete) == (9.123, False)
    text = shifter_client.get(f"/list/{certification.pk}/update/").content.decode()
    assert "typed by shifter, 20" in text
    assert f"OMS: {lumi:.3f} /pb" in text


def test_only_changed_inputs_count_as_typed_when_oms_changes_meanwhile(shifter_client):
    opened = open_form(shifter_client, f"{PATH}?correct=1")
    OmsRun.objects.filter(pk=RUN).update(delivered_lumi=99.5, lumisections=701)
    again = send_form(shifter_client, opened, **GOOD, **{"run-b_field": "3.7"})
    assert again.status_code == 422  # the lumisections are a verdict fact: the difference is shown once
    assert send_form(shifter_client, again).status_code == 303
    run = OmsRun.objects.get(pk=RUN)
    assert (set(run.typed), run.delivered_lumi, run.lumisections) == ({"b_field"}, 99.5, 701)


def test_unchanged_out_of_range_oms_value_does_not_prevent_saving(shifter_client):
    open_form(shifter_client)
    OmsRun.objects.filter(pk=RUN).update(lumisections=10_001, b_field=-9)
    assert _corrected(shifter_client, **{"run-energy": "6402"}).status_code == 303
    assert set(OmsRun.objects.get(pk=RUN).typed) == {"energy"}
    refused = send_form(
        shifter_client, open_form(shifter_client, "/certify/315270/express/?correct=1"), **GOOD, **{"run-b_field": "-9"}
    )
    assert (refused.status_code, list(refused.context["editor"].run_form.errors)) == (422, ["b_field"])


def test_run_type_can_be_corrected_to_cosmics(shifter_client, references):
    open_form(shifter_client)
    sent = {"run-run_type": "cosmics", "confirm_lumi": "on"}
    sent["reference_runreconstruction"] = references["cosmics"].pk
    assert _corrected(shifter_client, **sent).status_code == 303
    certification = TrackerCertification.objects.get()
    assert (certification.run_type, OmsRun.objects.get(pk=RUN).typed["run_type"]["value"]) == ("cosmics", "cosmics")
    assert oms_value(OmsRun.objects.get(pk=RUN), "run_type") == "collisions"


def test_fill_is_corrected_for_all_its_runs(shifter_client):
    run = _whole_run()
    path = f"/certify/{run.run_number}/express/?correct=1"
    saved = send_form(shifter_client, open_form(shifter_client, path), path, **GOOD, **{"fill-peak_pileup": "44"})
    assert saved.status_code == 303, saved.context["editor"].error_links
    fill = OmsFill.objects.get(pk=run.fill_id)
    assert (fill.peak_pileup, oms_value(fill, "peak_pileup"), set(fill.typed)) == (44, 41.2, {"peak_pileup"})


def test_corrected_fill_number_links_the_run_to_that_fill(shifter_client):
    run = _whole_run()
    path = f"/certify/{run.run_number}/express/?correct=1"
    saved = send_form(shifter_client, open_form(shifter_client, path), path, **GOOD, **{"fill-fill_number": "6001"})
    assert saved.status_code == 303, saved.context["editor"].error_links
    run.refresh_from_db()
    assert (run.fill_id, run.fill_number, OmsFill.objects.get(pk=6001).typed) == (6001, 6001, {})


def test_facts_can_be_corrected_on_the_update_page(shifter_client, shifter):
    certification = CertificationFactory(run=_whole_run(), user=shifter)
    path = f"/list/{certification.pk}/update/"
    shown = send_form(shifter_client, open_form(shifter_client, path), path, correct="1", comment="still here")
    assert (shown.status_code, fields_of(shown)["comment"]) == (200, ["still here"])
    assert send_form(shifter_client, shown, path, **{"run-lumisections": "600"}).status_code == 303
    certification.refresh_from_db()
    assert (certification.lumisections, certification.facts["typed"]["run"]["lumisections"]["by"]) == (600, "shifter")
    assert open_form(shifter_client, f"{path}?correct=1").context["editor"].facts.is_correcting


def test_value_typed_during_an_outage_is_shown_with_the_oms_value_afterwards(shifter_client, sandbox):
    sandbox.faults("oms", "refuse")
    assert send_form(shifter_client, open_form(shifter_client), **GOOD, **BY_HAND).status_code == 303
    sandbox.clear()
    certification = TrackerCertification.objects.get()
    opened = shifter_client.get(f"/list/{certification.pk}/update/?again=1")
    run = OmsRun.objects.get(pk=RUN)
    assert (run.recorded_lumi, run.lumisections) == (2.5, 120)
    assert f"OMS: {oms_value(run, 'recorded_lumi'):.3f} /pb" in opened.content.decode()
    assert f"OMS: {oms_value(run, 'lumisections')}" in opened.content.decode()


def test_emptied_input_is_refused(shifter_client):
    refused = _corrected(shifter_client, **{"run-recorded_lumi": "", "comment": "preserved text"})
    shown = fields_of(refused)["shown-run-recorded_lumi"][0]
    assert (refused.status_code, TrackerCertification.objects.count()) == (422, 0)
    assert f"Emptied. Type a value, or put back {shown}." in refused.content.decode()
    assert "preserved text" in refused.content.decode()
    assert send_form(shifter_client, refused, **{"run-recorded_lumi": shown}).status_code == 303
    assert OmsRun.objects.get(pk=RUN).typed == {}


def test_emptied_typed_value_is_refused_with_a_way_back_to_oms(shifter_client):
    assert _corrected(shifter_client, **{"run-energy": "1234", "fill-peak_pileup": "40"}).status_code == 303
    path = f"/list/{TrackerCertification.objects.get().pk}/update/"
    opened = open_form(shifter_client, path)
    refused = send_form(shifter_client, opened, path, **{"run-energy": "", "fill-peak_pileup": " "})
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "Emptied. Type a value, put back 1234.0, or take OMS’s." in text
    assert "Emptied. Type a value, put back 40.0, or take OMS’s." in text


def test_unknown_run_type_is_not_an_emptied_input(shifter_client):
    open_form(shifter_client)
    OmsRun.objects.filter(pk=RUN).update(run_type="unknown")
    saved = _corrected(shifter_client, confirm_ref_type="on", confirm_lumi="on")
    assert saved.status_code == 303

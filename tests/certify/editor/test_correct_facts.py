"""The pencil: a value that OMS gave, corrected by a person; what was typed elsewhere in the form stays."""

import pytest

from certify.models import TrackerCertification
from oms.models import OmsFill, OmsRun
from oms.overrides import oms_value
from tests.browser_form import field_names, fields_of
from tests.certify.page_form import BY_HAND, GOOD, RUN, open_form, send_form
from tests.factories import CertificationFactory, FillFactory, RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]
PATH = f"/certify/{RUN}/express/"
SAID = {**GOOD, "comment": "words that stay"}


def _corrected(client, **changes):
    """Save the form with all inputs opened and these changes."""
    return send_form(client, open_form(client, f"{PATH}?correct=1"), **GOOD, **changes)


def _whole_run():
    """A run of which OMS left nothing out, just read."""
    return RunFactory(fill=FillFactory(era="2018A"))


def test_plain_page_builds_no_form_for_facts_where_nothing_is_missing_or_typed(shifter_client):
    opened = open_form(shifter_client, f"/certify/{_whole_run().run_number}/express/")
    built = vars(opened.context["editor"].facts)
    assert not {"run_form", "fill_form"} & set(built)
    assert not [name for name in field_names(opened) if name.startswith(("run-", "fill-"))]


def test_pencil_in_the_address_shows_an_input_for_every_fact(shifter_client):
    opened = open_form(shifter_client, f"{PATH}?correct=1&runs=315259")
    assert set(BY_HAND) <= field_names(opened)
    sent = fields_of(opened)
    assert sent["runs"] == ["315259"]
    assert (sent["run-run_type"], sent["run-recorded_lumi_unit"]) == (["collisions"], ["pb^{-1}"])


def test_pencil_keeps_all_that_was_typed_and_asks_nobody(shifter_client, sandbox):
    opened = open_form(shifter_client)
    sandbox.clear()
    for service in ("oms", "registry", "sso"):
        sandbox.faults(service, "refuse")
    shown = send_form(shifter_client, opened, **SAID, correct="1")
    assert (shown.status_code, TrackerCertification.objects.count(), sandbox.requests()) == (200, 0, [])
    sent = fields_of(shown)
    assert {name: sent[name] for name in SAID} == {name: [value] for name, value in SAID.items()}
    assert sent["run-energy"] == sent["shown-run-energy"] == ["6499.0"]
    assert "errors" not in shown.content.decode().split("<main")[1].split("certify-facts")[0]
    assert send_form(shifter_client, shown, **{"run-energy": "6501"}).status_code == 303
    assert TrackerCertification.objects.get().comment == "words that stay"
    assert OmsRun.objects.get(pk=RUN).energy == 6501


def test_correction_stands_with_who_and_when_and_beside_it_what_oms_says(shifter_client):
    open_form(shifter_client)
    before = OmsRun.objects.get(pk=RUN)
    lumi = before.recorded_lumi
    changes = {"run-recorded_lumi": "70123", "run-recorded_lumi_unit": "nb^{-1}", "run-run_type": "cosmics"}
    assert _corrected(shifter_client, **changes).status_code == 422  # the reference is a collision run
    changes.pop("run-run_type")
    assert _corrected(shifter_client, **changes).status_code == 303
    run, made = OmsRun.objects.get(pk=RUN), TrackerCertification.objects.get()
    assert (run.recorded_lumi, set(run.typed), run.typed["recorded_lumi"]["by"]) == (
        70.123,
        {"recorded_lumi"},
        "shifter",
    )
    assert oms_value(run, "recorded_lumi") == lumi
    assert (made.recorded_lumi, made.external_info_complete) == (70.123, False)
    text = shifter_client.get(f"/list/{made.pk}/update/").content.decode()
    assert "typed by shifter, 20" in text
    assert f"OMS: {lumi:.3f} /pb" in text


def test_only_what_was_changed_counts_as_typed_whatever_oms_says_meanwhile(shifter_client):
    opened = open_form(shifter_client, f"{PATH}?correct=1")
    OmsRun.objects.filter(pk=RUN).update(delivered_lumi=99.5, lumisections=701)
    again = send_form(shifter_client, opened, **GOOD, **{"run-b_field": "3.7"})
    assert again.status_code == 422  # the verdict rests on the lumisections: said once
    assert send_form(shifter_client, again).status_code == 303
    run = OmsRun.objects.get(pk=RUN)
    assert (set(run.typed), run.delivered_lumi, run.lumisections) == ({"b_field"}, 99.5, 701)


def test_odd_value_of_oms_that_is_left_as_it_is_stands_in_nobodys_way(shifter_client):
    open_form(shifter_client)
    OmsRun.objects.filter(pk=RUN).update(lumisections=10_001, b_field=-9)
    assert _corrected(shifter_client, **{"run-energy": "6402"}).status_code == 303
    assert set(OmsRun.objects.get(pk=RUN).typed) == {"energy"}
    refused = send_form(
        shifter_client, open_form(shifter_client, "/certify/315270/express/?correct=1"), **GOOD, **{"run-b_field": "-9"}
    )
    assert (refused.status_code, list(refused.context["editor"].run_form.errors)) == (422, ["b_field"])


def test_cosmics_that_oms_gives_no_fill_are_entered_by_correction(shifter_client, references):
    open_form(shifter_client)
    sent = {"run-run_type": "cosmics", "confirm_lumi": "on"}
    sent["reference_runreconstruction"] = references["cosmics"].pk
    assert _corrected(shifter_client, **sent).status_code == 303
    made = TrackerCertification.objects.get()
    assert (made.run_type, OmsRun.objects.get(pk=RUN).typed["run_type"]["value"]) == ("cosmics", "cosmics")
    assert oms_value(OmsRun.objects.get(pk=RUN), "run_type") == "collisions"


def test_fill_is_corrected_for_all_its_runs(shifter_client):
    run = _whole_run()
    path = f"/certify/{run.run_number}/express/?correct=1"
    saved = send_form(shifter_client, open_form(shifter_client, path), path, **GOOD, **{"fill-peak_pileup": "44"})
    assert saved.status_code == 303, saved.context["editor"].error_links
    fill = OmsFill.objects.get(pk=run.fill_id)
    assert (fill.peak_pileup, oms_value(fill, "peak_pileup"), set(fill.typed)) == (44, 41.2, {"peak_pileup"})


def test_another_fill_number_is_another_fill(shifter_client):
    run = _whole_run()
    path = f"/certify/{run.run_number}/express/?correct=1"
    saved = send_form(shifter_client, open_form(shifter_client, path), path, **GOOD, **{"fill-fill_number": "6001"})
    assert saved.status_code == 303, saved.context["editor"].error_links
    run.refresh_from_db()
    assert (run.fill_id, run.fill_number, OmsFill.objects.get(pk=6001).typed) == (6001, 6001, {})


def test_update_page_has_the_pencil_too(shifter_client, shifter):
    made = CertificationFactory(run=_whole_run(), user=shifter)
    path = f"/list/{made.pk}/update/"
    shown = send_form(shifter_client, open_form(shifter_client, path), path, correct="1", comment="still here")
    assert (shown.status_code, fields_of(shown)["comment"]) == (200, ["still here"])
    assert send_form(shifter_client, shown, path, **{"run-lumisections": "600"}).status_code == 303
    made.refresh_from_db()
    assert (made.lumisections, made.facts["typed"]["run"]["lumisections"]["by"]) == (600, "shifter")
    assert open_form(shifter_client, f"{path}?correct=1").context["editor"].facts.is_correcting


def test_value_typed_while_oms_was_out_shows_what_oms_says_once_it_is_back(shifter_client, sandbox):
    sandbox.faults("oms", "refuse")
    assert send_form(shifter_client, open_form(shifter_client), **GOOD, **BY_HAND).status_code == 303
    sandbox.clear()
    made = TrackerCertification.objects.get()
    opened = shifter_client.get(f"/list/{made.pk}/update/?again=1")
    run = OmsRun.objects.get(pk=RUN)
    assert (run.recorded_lumi, run.lumisections) == (2.5, 120)
    assert f"OMS: {oms_value(run, 'recorded_lumi'):.3f} /pb" in opened.content.decode()
    assert f"OMS: {oms_value(run, 'lumisections')}" in opened.content.decode()


def test_emptied_input_is_not_taken_for_one_that_nobody_touched(shifter_client):
    refused = _corrected(shifter_client, **{"run-recorded_lumi": "", "comment": "kept words"})
    shown = fields_of(refused)["shown-run-recorded_lumi"][0]
    assert (refused.status_code, TrackerCertification.objects.count()) == (422, 0)
    assert f"Emptied. Type a value, or put back {shown}." in refused.content.decode()
    assert "kept words" in refused.content.decode()
    assert send_form(shifter_client, refused, **{"run-recorded_lumi": shown}).status_code == 303
    assert OmsRun.objects.get(pk=RUN).typed == {}


def test_emptied_typed_value_is_asked_for_and_names_the_way_back_to_oms(shifter_client):
    assert _corrected(shifter_client, **{"run-energy": "1234", "fill-peak_pileup": "40"}).status_code == 303
    path = f"/list/{TrackerCertification.objects.get().pk}/update/"
    opened = open_form(shifter_client, path)
    refused = send_form(shifter_client, opened, path, **{"run-energy": "", "fill-peak_pileup": " "})
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "Emptied. Type a value, put back 1234.0, or take OMS’s." in text
    assert "Emptied. Type a value, put back 40.0, or take OMS’s." in text


def test_run_type_that_nobody_knows_is_not_emptied(shifter_client):
    open_form(shifter_client)
    OmsRun.objects.filter(pk=RUN).update(run_type="unknown")
    saved = _corrected(shifter_client, confirm_ref_type="on", confirm_lumi="on")
    assert saved.status_code == 303

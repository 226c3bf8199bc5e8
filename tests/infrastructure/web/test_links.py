"""Link templates: how values are filled in, and which templates are refused."""

import pytest

from certhelper import settings as product_settings
from infrastructure.web.links import link_address, template_error

DATASET = "/Express/Collisions2018/DQM"


@pytest.fixture
def links(settings):
    settings.LINKS = {**settings.LINKS}
    return settings.LINKS


def test_values_are_url_encoded(links):
    links["dials_run"] = "https://d.example/b?r={run}&d={dataset}&ref={reference_run}&f={fill}"
    address = link_address("dials_run", run=315259, dataset="/A&b c/ü+{x}", reference_run=314811, fill=6615)
    assert address == "https://d.example/b?r=315259&d=%2FA%26b%20c%2F%C3%BC%2B%7Bx%7D&ref=314811&f=6615"


def test_missing_dataset_and_reference_are_empty_and_a_missing_fill_has_no_link(links):
    links["dqm_gui_run"] = "https://d.example/{run}?d={dataset};r={reference_run}"
    assert link_address("dqm_gui_run", run=1, dataset="", reference_run=None) == "https://d.example/1?d=;r="
    links["oms_fill"] = "https://o.example/{fill}"
    assert link_address("oms_fill", run=1, fill=None) == ""


def test_unset_template_has_no_link(links):
    links["oms_run"] = ""
    assert link_address("oms_run", run=315259) == ""


@pytest.mark.parametrize(
    "template",
    [
        "https://d.example/{runs}",
        "https://d.example/{}",
        "https://d.example/{0}",
        "https://d.example/{run",
        "https://d.example/run}",
        "https://d.example/{run.real}",
        "https://d.example/{run!r}",
        "https://d.example/{run:>9}",
        "https://{dataset}/",
        "javascript:alert({run})",
        "//d.example/{run}",
        "d.example/{run}",
        "https://[d.example/{run}",
        " https://d.example/",
    ],
)
def test_malformed_template_is_refused(template):
    assert template_error(template)


@pytest.mark.parametrize(
    "template", ["", "/help/", "http://127.0.0.1:9500/x?run={run}", "https://d.example/{{{fill}}}"]
)
def test_well_formed_template_is_accepted(template):
    assert template_error(template) == ""


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (
            "dqm_gui_run",
            (
                "https://cmsweb.cern.ch/dqm/offline/start?runnr=315259;",
                "%2FExpress%2F",
                "other%3A314811%3A%2FPromptReco%2FOwn",
            ),
        ),
        (
            "dials_run",
            ("https://cmsdials.web.cern.ch/browser?", "dataset=%2FExpress%2FCollisions2018%2FDQM", "run=315259"),
        ),
        ("registry_run", ("https://cmsrunregistry.web.cern.ch/offline/datasets/tracker?", "value%5D=315259&")),
        ("oms_run", ("https://cmsoms.cern.ch/cms/runs/report?cms_run=315259",)),
        ("oms_fill", ("https://cmsoms.cern.ch/cms/fills/report?cms_fill=6615",)),
    ],
)
def test_defaults_lead_to_the_run_at_the_real_services(links, name, parts):
    links.update(product_settings.LINKS)
    values = {"dataset": DATASET, "reference_run": 314811, "reference_dataset": "/PromptReco/Own/DQM"}
    address = link_address(name, run=315259, fill=6615, **values)
    assert address.startswith(parts[0])
    assert all(part in address for part in parts)

"""Links of the certify page and of a certification to other services, at their run, dataset and reference."""

import re
from html import unescape

import pytest

from certify.models import TrackerCertification
from certify.references.offered import offered_references
from tests.certify.page_form import GOOD, RUN, open_form, send_form
from tests.factories import CertificationFactory, DatasetFactory, FillFactory, ReconstructionFactory, RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _short_links(settings):
    names = ("dqm_gui_run", "dials_run", "registry_run", "oms_run", "oms_fill")
    template = "https://{name}.example/{{run}}/{{dataset}}/{{reference_run}}"
    short = {name: template.format(name=name) for name in names}
    settings.LINKS = settings.LINKS | short | {"oms_fill": "https://oms_fill.example/{fill}"}


def links_of(response):
    """{text: address} of the evidence links of a page or fragment."""
    html = re.search(r'id="evidence-links".*?</p>', response.content.decode(), re.DOTALL).group()
    pairs = re.findall(r'<a href="([^"]+)"[^>]*>(.*?)</a>', html)
    return {unescape(re.sub(r"<kbd>.*?</kbd>", "", text)).strip(): address for address, text in pairs}


def test_certify_page_links_to_its_run_dataset_and_proposed_reference(shifter_client, references):
    reference = references["collisions"].run_id
    encoded = f"{RUN}/%2FExpress%2FCollisions2018%2FDQM/{reference}"
    assert links_of(open_form(shifter_client)) == {
        f"DQM GUI vs {reference}": f"https://dqm_gui_run.example/{encoded}",
        "DIALS": f"https://dials_run.example/{encoded}",
        "Run Registry": f"https://registry_run.example/{encoded}",
        "OMS": f"https://oms_run.example/{encoded}",
        "OMS fill 6615": "https://oms_fill.example/6615",
        f"OMS of {reference}": f"https://oms_run.example/{reference}//",
    }


def test_live_check_replaces_the_links_to_another_reference(shifter_client, references):
    other = ReconstructionFactory(run=RunFactory(run_number=314775), reference=True)
    opened = open_form(shifter_client)
    response = send_form(shifter_client, opened, hints="1", reference_runreconstruction=str(other.pk))
    assert links_of(response)["DQM GUI vs 314775"].endswith("%2FDQM/314775")
    assert 'id="evidence-links" hx-swap-oob="true"' in response.content.decode()


@pytest.fixture
def certified_reference(settings, sandbox):
    """A reference that was certified in a dataset of its own."""
    settings.LINKS = settings.LINKS | {"dqm_gui_run": "https://dqm_gui_run.example/{reference_dataset}"}
    reference = ReconstructionFactory(run=RunFactory(run_number=314811), reference=True, reconstruction="prompt")
    for name, withdrawn in (("/PromptReco/Old/DQM", True), ("/PromptReco/Own/DQM", False)):
        CertificationFactory(runreconstruction=reference, dataset=DatasetFactory(name=name), withdrawn=withdrawn)
    return reference


def test_dqm_gui_shows_the_reference_in_its_own_dataset(shifter_client, guest_client, certified_reference):
    own = "https://dqm_gui_run.example/%2FPromptReco%2FOwn%2FDQM"
    sent = {"hints": "1", "reference_runreconstruction": str(certified_reference.pk)}
    assert links_of(send_form(shifter_client, open_form(shifter_client), **sent))["DQM GUI vs 314811"] == own
    made = CertificationFactory(reference_runreconstruction=certified_reference)
    assert links_of(guest_client.get(f"/list/{made.pk}/"))["DQM GUI vs 314811"] == own


@pytest.mark.parametrize("is_loaded", [True, False])
def test_dqm_gui_shows_the_dataset_that_a_reference_has_now(shifter_client, certified_reference, is_loaded):
    sent = {"hints": "1", "reference_runreconstruction": str(certified_reference.pk)}
    opened = open_form(shifter_client)
    related = ["runreconstruction"] if is_loaded else ["dataset"]
    certification = (
        TrackerCertification.objects.live().select_related(*related).get(runreconstruction=certified_reference)
    )
    certification.dataset = DatasetFactory(name="/PromptReco/New/DQM")
    certification.save()
    new = "https://dqm_gui_run.example/%2FPromptReco%2FNew%2FDQM"
    assert links_of(send_form(shifter_client, opened, **sent))["DQM GUI vs 314811"] == new


def test_a_certification_of_no_reference_leaves_the_references_in_the_cache(
    certified_reference, django_assert_num_queries
):
    certification = CertificationFactory()
    assert certified_reference.pk in [reference.pk for reference in offered_references()]
    certification.save()
    with django_assert_num_queries(0):
        offered_references()


def test_dqm_gui_shows_an_adopted_reference_in_the_dataset_of_the_run(shifter_client, certified_reference):
    adopted = ReconstructionFactory(run=RunFactory(run_number=314775), reference=True)
    sent = {"hints": "1", "reference_runreconstruction": str(adopted.pk)}
    address = links_of(send_form(shifter_client, open_form(shifter_client), **sent))["DQM GUI vs 314775"]
    assert address == "https://dqm_gui_run.example/%2FExpress%2FCollisions2018%2FDQM"


def test_link_that_is_unset_is_not_shown(shifter_client, references, settings):
    settings.LINKS = settings.LINKS | {"dqm_gui_run": "", "oms_run": ""}
    assert [text.split()[0] for text in links_of(open_form(shifter_client))] == ["DIALS", "Run", "OMS"]


def test_certification_links_to_its_run_dataset_and_reference(guest_client):
    made = CertificationFactory(
        run=RunFactory(run_number=RUN, fill=FillFactory(fill_number=6615)),
        dataset=DatasetFactory(name="/PromptReco/A&B/DQM"),
        reference_runreconstruction=ReconstructionFactory(run=RunFactory(run_number=314811), reference=True),
    )
    links = links_of(guest_client.get(f"/list/{made.pk}/"))
    assert links["DQM GUI vs 314811"] == f"https://dqm_gui_run.example/{RUN}/%2FPromptReco%2FA%26B%2FDQM/314811"
    assert links["OMS fill 6615"] == "https://oms_fill.example/6615"


def test_certification_without_dataset_and_fill_has_the_other_links(guest_client):
    made = CertificationFactory(run=RunFactory(run_number=RUN, fill=None, fill_number=None), dataset=None)
    links = links_of(guest_client.get(f"/list/{made.pk}/"))
    assert links["DIALS"].startswith(f"https://dials_run.example/{RUN}//")
    assert not any(text.startswith("OMS fill") for text in links)


def test_links_survive_a_refused_save(shifter_client, references):
    response = send_form(shifter_client, open_form(shifter_client), **GOOD | {"trackermap": ""})
    assert response.status_code == 422
    assert f"DQM GUI vs {references['collisions'].run_id}" in links_of(response)

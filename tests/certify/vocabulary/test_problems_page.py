"""Reasons and problems: the page that lists them, the edit page, and the fragment beside the form."""

import pytest

from audit.models import Change
from certify.models import BadReason, PixelProblem
from certify.models.components import Component
from tests.browser_form import fields_of
from tests.factories import BadReasonFactory, CertificationFactory, PixelProblemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def layer():
    return PixelProblemFactory(name="Layer 1", description="inner *most*", what_to_do="See [this](https://cern.ch/x).")


def _sent(client, path, **changes):
    fields = {name: values[0] for name, values in fields_of(client.get(path), having="name").items()}
    return client.post(path, {name: value for name, value in {**fields, **changes}.items() if value is not None})


def test_page_shows_the_tree_with_texts_and_numbers_of_certifications(guest_client, layer):
    below = PixelProblemFactory(name="Module", parent=layer)
    PixelProblemFactory(name="Gone", is_retired=True)
    CertificationFactory().pixel_problems.add(below)
    page = guest_client.get("/problems/").content.decode()
    assert page.index("Layer 1") < page.index("Module") < page.index("1 retired") < page.index("Gone")
    assert "inner <em>most</em>" in page and 'href="https://cern.ch/x" rel="noopener"' in page
    for term in (layer, below):
        assert f'href="/list/?pixel_problems={term.pk}">1 certification<' in page
    assert "Change" not in page


def test_page_needs_the_same_queries_for_many_terms(guest_client, django_assert_max_num_queries):
    for _ in range(15):
        top = PixelProblemFactory()
        CertificationFactory().pixel_problems.add(PixelProblemFactory(parent=top))
    with django_assert_max_num_queries(9 + len(Component)):  # one query for the problems of each component
        assert guest_client.get("/problems/").status_code == 200


def test_about_shows_texts_and_last_runs_of_selected_terms(shifter_client, layer, django_assert_max_num_queries):
    reason = BadReasonFactory(name="HV off")
    certifications = [CertificationFactory() for _ in range(7)]
    for certification in certifications:
        certification.pixel_problems.add(layer)
    CertificationFactory(withdrawn=True).pixel_problems.add(layer)
    with django_assert_max_num_queries(8):
        response = shifter_client.get(f"/problems/about/?pixel_problems={layer.pk}&bad_reason={reason.pk}")
    text = response.content.decode()
    assert "Layer 1" in text and "inner <em>most</em>" in text and "HV off" in text
    newest = sorted(certification.run_number for certification in certifications)[::-1]
    assert [str(number) in text for number in newest] == [True] * 5 + [False] * 2
    assert "In no certification yet." in text


@pytest.mark.parametrize(
    "query", ["", "pixel_problems=x&pixel_problems=-1", "bad_reason=" + "9" * 30, "strip_problems=7"]
)
def test_about_accepts_any_query_string(shifter_client, query):
    assert shifter_client.get(f"/problems/about/?{query}").status_code == 200


def test_shift_leader_changes_a_term_and_a_change_is_recorded(shift_leader_client, shift_leader, layer):
    response = _sent(shift_leader_client, f"/problems/pixel/{layer.pk}/", name=" Layer  one ", what_to_do="Look twice")
    assert (response.status_code, response.url) == (303, f"/problems/#pixel-{layer.pk}")
    layer.refresh_from_db()
    assert (layer.name, layer.description, layer.what_to_do) == ("Layer one", "inner *most*", "Look twice")
    change = Change.objects.latest("pk")
    assert change.by == shift_leader and set(change.lines[0]["fields"]) == {"name", "what_to_do"}


def test_shift_leader_adds_a_term_below_another(shift_leader_client, layer):
    path = f"/problems/pixel/add/?below={layer.pk}"
    assert _sent(shift_leader_client, path, name="Module").status_code == 303
    assert PixelProblem.objects.get(name="Module").parent == layer


def test_retiring_a_term_retires_its_descendants_in_one_change(shift_leader_client, layer):
    module = PixelProblemFactory(name="Module", parent=layer)
    chip = PixelProblemFactory(name="Chip", parent=module)
    assert _sent(shift_leader_client, f"/problems/pixel/{layer.pk}/", is_retired="on").status_code == 303
    assert list(PixelProblem.objects.values_list("is_retired", flat=True)) == [True] * 3
    assert {line["key"] for line in Change.objects.latest("pk").lines} == {layer.pk, module.pk, chip.pk}


@pytest.mark.parametrize("parent", ["itself", "child", "too deep", "retired", "gone"])
def test_invalid_parent_is_refused(shift_leader_client, layer, parent):
    child = PixelProblemFactory(name="Child", parent=layer)
    deep = PixelProblemFactory(name="Deep", parent=PixelProblemFactory(name="Other"))
    old = PixelProblemFactory(name="Old", is_retired=True)
    keys = {"itself": layer.pk, "child": child.pk, "too deep": deep.pk, "retired": old.pk, "gone": 987654}
    response = _sent(shift_leader_client, f"/problems/pixel/{layer.pk}/", parent=str(keys[parent]), description="typed")
    assert response.status_code == 422 and response.context["form"].errors["parent"]
    assert fields_of(response, having="name")["description"] == ["typed"]
    layer.refresh_from_db()
    assert layer.parent is None and layer.description == "inner *most*"


def test_existing_name_in_other_case_is_refused(shift_leader_client, layer):
    PixelProblemFactory(name="Hot module")
    response = _sent(shift_leader_client, f"/problems/pixel/{layer.pk}/", name="hot MODULE")
    assert "“Hot module” is there already" in response.content.decode() and response.status_code == 422


def test_conflicting_edit_shows_both_versions_and_can_be_saved(shift_leader_client, layer):
    opened = {
        name: values[0]
        for name, values in fields_of(shift_leader_client.get(f"/problems/pixel/{layer.pk}/"), having="name").items()
    }
    layer.description = "by somebody else"
    layer.save()
    response = shift_leader_client.post(f"/problems/pixel/{layer.pk}/", {**opened, "description": "mine"})
    page = response.content.decode()
    assert response.status_code == 409 and "by somebody else" in page and ">\nmine</textarea>" in page
    form = {name: values[0] for name, values in fields_of(response, having="name").items()}
    assert shift_leader_client.post(f"/problems/pixel/{layer.pk}/", form).status_code == 303
    layer.refresh_from_db()
    assert layer.description == "mine"


@pytest.mark.parametrize("path", ["/problems/muons/add/", "/problems/pixel/999/", "/problems/pixel/" + "9" * 30 + "/"])
def test_unknown_component_or_term_is_404(shift_leader_client, path):
    assert shift_leader_client.get(path).status_code == 404


def test_shifter_cannot_change_terms(shifter_client, layer):
    response = shifter_client.post(f"/problems/pixel/{layer.pk}/", {"name": "mine", "edition": "1"})
    assert response.status_code == 403 and "Shift leader" in response.content.decode()
    assert not BadReason.objects.exists() and PixelProblem.objects.get().name == "Layer 1"


def test_filter_by_a_term_includes_its_descendants(guest_client, layer):
    with_problem, with_reason = CertificationFactory(), CertificationFactory(bad_reason=BadReasonFactory(name="Power"))
    with_problem.pixel_problems.add(PixelProblemFactory(parent=PixelProblemFactory(parent=layer)))
    with_reason.bad_reason.parent = top = BadReasonFactory(name="Detector")
    with_reason.bad_reason.save()
    pages = {
        f"/list/?state=live&pixel_problems={layer.pk}": (with_problem, with_reason),
        f"/list/?state=live&bad_reason={top.pk}": (with_reason, with_problem),
        f"/shiftleader/part/certifications/?problem=pixel-{layer.pk}&from={with_problem.date}&to={with_problem.date}": (
            with_problem,
            with_reason,
        ),
    }
    for path, (included, excluded) in pages.items():
        page = guest_client.get(path).content.decode()
        assert (str(included.run_number) in page, str(excluded.run_number) in page) == (True, False), path

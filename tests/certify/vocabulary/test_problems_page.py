"""Reasons and problems: the page that shows them, the one that changes one, and the fragment beside the form."""

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


def test_page_shows_the_tree_with_its_texts_and_how_often_each_is_used(guest_client, layer):
    below = PixelProblemFactory(name="Module", parent=layer)
    PixelProblemFactory(name="Gone", is_retired=True)
    CertificationFactory().pixel_problems.add(below)
    page = guest_client.get("/problems/").content.decode()
    assert page.index("Layer 1") < page.index("Module") < page.index("1 retired") < page.index("Gone")
    assert "inner <em>most</em>" in page and 'href="https://cern.ch/x" rel="noopener"' in page
    for word in (layer, below):
        assert f'href="/list/?pixel_problems={word.pk}">1 certification<' in page
    assert "Change" not in page


def test_page_needs_as_many_queries_for_many_words(guest_client, django_assert_max_num_queries):
    for _ in range(15):
        top = PixelProblemFactory()
        CertificationFactory().pixel_problems.add(PixelProblemFactory(parent=top))
    with django_assert_max_num_queries(9 + len(Component)):  # one for the problems of each
        assert guest_client.get("/problems/").status_code == 200


def test_about_tells_the_text_and_the_last_runs_of_what_is_chosen(shifter_client, layer, django_assert_max_num_queries):
    reason = BadReasonFactory(name="HV off")
    made = [CertificationFactory() for _ in range(7)]
    for one in made:
        one.pixel_problems.add(layer)
    CertificationFactory(withdrawn=True).pixel_problems.add(layer)
    with django_assert_max_num_queries(8):
        answer = shifter_client.get(f"/problems/about/?pixel_problems={layer.pk}&bad_reason={reason.pk}")
    text = answer.content.decode()
    assert "Layer 1" in text and "inner <em>most</em>" in text and "HV off" in text
    newest = sorted(one.run_number for one in made)[::-1]
    assert [str(number) in text for number in newest] == [True] * 5 + [False] * 2
    assert "In no certification yet." in text


@pytest.mark.parametrize(
    "query", ["", "pixel_problems=x&pixel_problems=-1", "bad_reason=" + "9" * 30, "strip_problems=7"]
)
def test_about_outlives_any_address(shifter_client, query):
    assert shifter_client.get(f"/problems/about/?{query}").status_code == 200


def test_leader_changes_a_word_and_it_is_a_change_on_record(shift_leader_client, shift_leader, layer):
    answer = _sent(shift_leader_client, f"/problems/pixel/{layer.pk}/", name=" Layer  one ", what_to_do="Look twice")
    assert (answer.status_code, answer.url) == (303, f"/problems/#pixel-{layer.pk}")
    layer.refresh_from_db()
    assert (layer.name, layer.description, layer.what_to_do) == ("Layer one", "inner *most*", "Look twice")
    done = Change.objects.latest("pk")
    assert done.by == shift_leader and set(done.lines[0]["fields"]) == {"name", "what_to_do"}


def test_leader_adds_a_word_below_another(shift_leader_client, layer):
    path = f"/problems/pixel/add/?below={layer.pk}"
    assert _sent(shift_leader_client, path, name="Module").status_code == 303
    assert PixelProblem.objects.get(name="Module").parent == layer


def test_retiring_takes_what_stands_below_along_in_one_change(shift_leader_client, layer):
    module = PixelProblemFactory(name="Module", parent=layer)
    chip = PixelProblemFactory(name="Chip", parent=module)
    assert _sent(shift_leader_client, f"/problems/pixel/{layer.pk}/", is_retired="on").status_code == 303
    assert list(PixelProblem.objects.values_list("is_retired", flat=True)) == [True] * 3
    assert {line["key"] for line in Change.objects.latest("pk").lines} == {layer.pk, module.pk, chip.pk}


@pytest.mark.parametrize("parent", ["itself", "child", "too deep", "retired", "gone"])
def test_word_stands_only_where_it_can(shift_leader_client, layer, parent):
    child = PixelProblemFactory(name="Child", parent=layer)
    deep = PixelProblemFactory(name="Deep", parent=PixelProblemFactory(name="Other"))
    old = PixelProblemFactory(name="Old", is_retired=True)
    keys = {"itself": layer.pk, "child": child.pk, "too deep": deep.pk, "retired": old.pk, "gone": 987654}
    answer = _sent(shift_leader_client, f"/problems/pixel/{layer.pk}/", parent=str(keys[parent]), description="typed")
    assert answer.status_code == 422 and answer.context["form"].errors["parent"]
    assert fields_of(answer, having="name")["description"] == ["typed"]
    layer.refresh_from_db()
    assert layer.parent is None and layer.description == "inner *most*"


def test_name_that_is_taken_is_refused_however_it_is_capitalised(shift_leader_client, layer):
    PixelProblemFactory(name="Hot module")
    answer = _sent(shift_leader_client, f"/problems/pixel/{layer.pk}/", name="hot MODULE")
    assert "“Hot module” is there already" in answer.content.decode() and answer.status_code == 422


def test_who_was_slower_sees_both_and_nothing_is_lost(shift_leader_client, layer):
    opened = {
        name: values[0]
        for name, values in fields_of(shift_leader_client.get(f"/problems/pixel/{layer.pk}/"), having="name").items()
    }
    layer.description = "by somebody else"
    layer.save()
    answer = shift_leader_client.post(f"/problems/pixel/{layer.pk}/", {**opened, "description": "mine"})
    page = answer.content.decode()
    assert answer.status_code == 409 and "by somebody else" in page and ">\nmine</textarea>" in page
    again = {name: values[0] for name, values in fields_of(answer, having="name").items()}
    assert shift_leader_client.post(f"/problems/pixel/{layer.pk}/", again).status_code == 303
    layer.refresh_from_db()
    assert layer.description == "mine"


@pytest.mark.parametrize("path", ["/problems/muons/add/", "/problems/pixel/999/", "/problems/pixel/" + "9" * 30 + "/"])
def test_what_is_not_there_is_404(shift_leader_client, path):
    assert shift_leader_client.get(path).status_code == 404


def test_shifter_may_not_change_words(shifter_client, layer):
    answer = shifter_client.post(f"/problems/pixel/{layer.pk}/", {"name": "mine", "edition": "1"})
    assert answer.status_code == 403 and "Shift leader" in answer.content.decode()
    assert not BadReason.objects.exists() and PixelProblem.objects.get().name == "Layer 1"


def test_who_looks_for_a_word_finds_what_stands_below_it(guest_client, layer):
    made, other = CertificationFactory(), CertificationFactory(bad_reason=BadReasonFactory(name="Power"))
    made.pixel_problems.add(PixelProblemFactory(parent=PixelProblemFactory(parent=layer)))
    other.bad_reason.parent = top = BadReasonFactory(name="Detector")
    other.bad_reason.save()
    found = {
        f"/list/?state=live&pixel_problems={layer.pk}": (made, other),
        f"/list/?state=live&bad_reason={top.pk}": (other, made),
        f"/shiftleader/part/certifications/?problem=pixel-{layer.pk}&from={made.date}&to={made.date}": (made, other),
    }
    for path, (there, elsewhere) in found.items():
        page = guest_client.get(path).content.decode()
        assert (str(there.run_number) in page, str(elsewhere.run_number) in page) == (True, False), path

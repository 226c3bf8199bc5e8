"""A problem added on the certify and the update page: chosen at once, nothing typed lost, no name twice."""

import pytest

from audit.models import Change
from certify.models import PixelProblem, StripProblem, TrackerCertification
from tests.browser_form import fields_of
from tests.certify.page_form import GOOD, open_form, send_form
from tests.factories import CertificationFactory, PixelProblemFactory, ReconstructionFactory, RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox")]
ADD = {"add_problem": "1", "new_problem_of": "strip", "new_problem": " TIB  hot ", "new_problem_description": "noisy"}


@pytest.fixture(autouse=True)
def _reference():
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)


def test_added_problem_is_chosen_and_all_else_stays_as_typed(shifter_client, shifter):
    had = PixelProblemFactory()
    sent = {"pixel": "bad", "comment": "half typed", "pixel_problems": str(had.pk), "new_reason": "half", **ADD}
    answer = send_form(shifter_client, open_form(shifter_client), **sent)
    made, again = StripProblem.objects.get(), fields_of(answer)
    assert answer.status_code == 200
    assert (made.name, made.description) == ("TIB hot", "noisy")
    assert (again["strip_problems"], again["pixel_problems"]) == ([str(made.pk)], [str(had.pk)])
    assert (again["comment"], again["new_reason"], again["new_problem"]) == (["half typed"], ["half"], [""])
    assert not TrackerCertification.objects.exists()
    assert Change.objects.get(lines__0__model="certify.stripproblem").by == shifter


def test_added_problem_is_saved_with_the_certification(shifter_client):
    added = send_form(shifter_client, open_form(shifter_client), **GOOD, **ADD)
    assert send_form(shifter_client, added, **GOOD).status_code == 303
    assert [one.name for one in TrackerCertification.objects.get().strip_problems.all()] == ["TIB hot"]


def test_name_that_is_there_however_it_is_capitalised_is_chosen_and_not_added(shifter_client):
    one, other = PixelProblemFactory(name="Dead chips"), PixelProblemFactory()
    sent = {**ADD, "new_problem_of": "pixel", "new_problem": "dead CHIPS", "pixel_problems": str(other.pk)}
    answer = send_form(shifter_client, open_form(shifter_client), **sent)
    again = fields_of(answer)
    assert answer.status_code == 422 and "“Dead chips” is there already" in answer.content.decode()
    assert set(again["pixel_problems"]) == {str(one.pk), str(other.pk)}
    assert (again["new_problem"], again["new_problem_description"]) == (["dead CHIPS"], ["noisy"])
    assert PixelProblem.objects.count() == 2


def test_same_name_in_another_component_is_another_problem(shifter_client):
    PixelProblemFactory(name="TIB hot")
    assert send_form(shifter_client, open_form(shifter_client), **ADD).status_code == 200
    assert StripProblem.objects.count() == PixelProblem.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"new_problem": ""}, "new_problem"),
        ({"new_problem": "x" * 51}, "new_problem"),
        ({"new_problem_of": "muons"}, "new_problem_of"),
        ({"new_problem_of": None}, "new_problem_of"),
        ({"new_problem": "old ONE", "new_problem_of": "pixel"}, "new_problem"),
    ],
    ids=["empty", "too long", "no component", "none given", "retired"],
)
def test_problem_that_cannot_be_added_gets_its_error_and_keeps_what_is_typed(shifter_client, changes, field):
    PixelProblemFactory(name="Old one", is_retired=True)
    answer = send_form(shifter_client, open_form(shifter_client), comment="kept", **{**ADD, **changes})
    assert answer.status_code == 422
    assert list(answer.context["editor"].new_term_forms["problem"].errors) == [field]
    assert "Not saved" not in answer.content.decode()
    assert fields_of(answer)["comment"] == ["kept"] and fields_of(answer)["new_problem_description"] == ["noisy"]
    assert not StripProblem.objects.exists()


def test_problem_half_typed_outlives_a_refused_save(shifter_client):
    sent = {name: text for name, text in ADD.items() if name != "add_problem"}
    refused = send_form(shifter_client, open_form(shifter_client), **{**GOOD, **sent, "pixel": "bad"})
    assert refused.status_code == 422
    again = fields_of(refused)
    assert (again["new_problem"], again["new_problem_of"]) == ([ADD["new_problem"]], ["strip"])
    assert "This field is required" not in refused.content.decode()


def test_problem_is_added_on_the_update_page_too(shifter_client, shifter):
    made = CertificationFactory(user=shifter)
    path = f"/list/{made.pk}/update/"
    answer = send_form(shifter_client, open_form(shifter_client, path), path, **ADD)
    assert answer.status_code == 200
    assert fields_of(answer)["strip_problems"] == [str(StripProblem.objects.get().pk)]


def test_guest_may_not_add_a_problem(guest_client):
    assert guest_client.post("/certify/315259/express/", ADD).status_code == 403
    assert not StripProblem.objects.exists()

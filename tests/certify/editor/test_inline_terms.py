"""Problems added on the certify and update pages: selected at once, without loss of the form or duplicate names."""

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


def test_added_problem_is_selected_and_the_form_is_preserved(shifter_client, shifter):
    selected = PixelProblemFactory()
    sent = {"pixel": "bad", "comment": "half typed", "pixel_problems": str(selected.pk), "new_reason": "half", **ADD}
    response = send_form(shifter_client, open_form(shifter_client), **sent)
    problem, form = StripProblem.objects.get(), fields_of(response)
    assert response.status_code == 200
    assert (problem.name, problem.description) == ("TIB hot", "noisy")
    assert (form["strip_problems"], form["pixel_problems"]) == ([str(problem.pk)], [str(selected.pk)])
    assert (form["comment"], form["new_reason"], form["new_problem"]) == (["half typed"], ["half"], [""])
    assert not TrackerCertification.objects.exists()
    assert Change.objects.get(lines__0__model="certify.stripproblem").by == shifter


def test_added_problem_is_saved_with_the_certification(shifter_client):
    added = send_form(shifter_client, open_form(shifter_client), **GOOD, **ADD)
    assert send_form(shifter_client, added, **GOOD).status_code == 303
    assert [problem.name for problem in TrackerCertification.objects.get().strip_problems.all()] == ["TIB hot"]


def test_existing_name_in_other_case_is_selected_and_not_added(shifter_client):
    problem, other_problem = PixelProblemFactory(name="Dead chips"), PixelProblemFactory()
    sent = {**ADD, "new_problem_of": "pixel", "new_problem": "dead CHIPS", "pixel_problems": str(other_problem.pk)}
    response = send_form(shifter_client, open_form(shifter_client), **sent)
    form = fields_of(response)
    assert response.status_code == 422 and "“Dead chips” is there already" in response.content.decode()
    assert set(form["pixel_problems"]) == {str(problem.pk), str(other_problem.pk)}
    assert (form["new_problem"], form["new_problem_description"]) == (["dead CHIPS"], ["noisy"])
    assert PixelProblem.objects.count() == 2


def test_same_name_can_be_added_in_another_component(shifter_client):
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
def test_invalid_problem_gets_an_error_and_the_form_is_preserved(shifter_client, changes, field):
    PixelProblemFactory(name="Old one", is_retired=True)
    response = send_form(shifter_client, open_form(shifter_client), comment="preserved", **{**ADD, **changes})
    assert response.status_code == 422
    assert list(response.context["editor"].new_term_forms["problem"].errors) == [field]
    assert "Not saved" not in response.content.decode()
    assert fields_of(response)["comment"] == ["preserved"] and fields_of(response)["new_problem_description"] == [
        "noisy"
    ]
    assert not StripProblem.objects.exists()


def test_unfinished_problem_is_preserved_when_a_save_is_refused(shifter_client):
    sent = {name: text for name, text in ADD.items() if name != "add_problem"}
    refused = send_form(shifter_client, open_form(shifter_client), **{**GOOD, **sent, "pixel": "bad"})
    assert refused.status_code == 422
    form = fields_of(refused)
    assert (form["new_problem"], form["new_problem_of"]) == ([ADD["new_problem"]], ["strip"])
    assert "This field is required" not in refused.content.decode()


def test_problem_can_be_added_on_the_update_page(shifter_client, shifter):
    certification = CertificationFactory(user=shifter)
    path = f"/list/{certification.pk}/update/"
    response = send_form(shifter_client, open_form(shifter_client, path), path, **ADD)
    assert response.status_code == 200
    assert fields_of(response)["strip_problems"] == [str(StripProblem.objects.get().pk)]


def test_guest_cannot_add_a_problem(guest_client):
    assert guest_client.post("/certify/315259/express/", ADD).status_code == 403
    assert not StripProblem.objects.exists()

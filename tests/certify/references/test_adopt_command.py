"""manage.py adopt_reference: the first reference of a new system."""

import pytest
from django.core.management import CommandError, call_command

from certify.models import RunReconstruction

pytestmark = pytest.mark.django_db


def test_run_known_to_oms_becomes_a_reference(sandbox, shift_leader):
    call_command("adopt_reference", "314811", "express", "--reason", "first good one", "--by", "leader")
    reference = RunReconstruction.objects.select_related("run").get(run_id=314811)
    assert (reference.is_reference, reference.reference_reason, reference.reference_by) == (
        True,
        "first good one",
        shift_leader,
    )
    assert reference.run.run_type == "collisions"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["999999", "express", "--reason", "x"], "OMS does not know run 999999"),
        (["314811", "express", "--reason", " "], "The reason is empty"),
        (["314811", "express", "--reason", "x", "--by", "shifter"], "shifter is not a shift leader"),
        (["314811", "banana", "--reason", "x"], "invalid choice"),
    ],
)
def test_refused_adoption_shows_its_reason_and_writes_nothing(sandbox, shifter, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("adopt_reference", *arguments)
    assert not RunReconstruction.objects.exists()


def test_unavailable_oms_is_an_error(sandbox):
    sandbox.faults("oms", "refuse")
    with pytest.raises(CommandError, match="OMS"):
        call_command("adopt_reference", "314811", "express", "--reason", "x")

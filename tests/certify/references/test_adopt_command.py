"""manage.py adopt_reference: a reference for a system that has none."""

import pytest
from django.core.management import CommandError, call_command

from certify.models import RunReconstruction

pytestmark = pytest.mark.django_db


def test_run_that_oms_knows_becomes_a_reference(sandbox, shift_leader):
    call_command("adopt_reference", "314811", "express", "--reason", "first good one", "--by", "leader")
    kept = RunReconstruction.objects.select_related("run").get(run_id=314811)
    assert (kept.is_reference, kept.reference_reason, kept.reference_by) == (True, "first good one", shift_leader)
    assert kept.run.run_type == "collisions"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["999999", "express", "--reason", "x"], "OMS does not know run 999999"),
        (["314811", "express", "--reason", " "], "The reason is empty"),
        (["314811", "express", "--reason", "x", "--by", "shifter"], "shifter is not a shift leader"),
        (["314811", "banana", "--reason", "x"], "invalid choice"),
    ],
)
def test_what_cannot_be_adopted_is_said_and_nothing_written(sandbox, shifter, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("adopt_reference", *arguments)
    assert not RunReconstruction.objects.exists()


def test_oms_out_is_said(sandbox):
    sandbox.faults("oms", "refuse")
    with pytest.raises(CommandError, match="OMS"):
        call_command("adopt_reference", "314811", "express", "--reason", "x")

"""A thousand random actions by random users, undone in reverse, restore every field and many-to-many relation."""

from random import Random

import pytest

from audit.models import Change
from audit.undo import undo_change
from tests.audit.world import RandomActor, Snapshot, build_world, full_snapshot
from tests.proof import IS_FULL, scaled
from users.models import Role, User

pytestmark = pytest.mark.django_db
ACTIONS = scaled(200, 1000)
KINDS = {"certify", "amend", "withdraw", "restore", "hand_over", "words", "adopt", "promote", "retire", "account"}
# The content of rows that were created meanwhile and undone: the rows remain, without content.
NOTHING = {
    "oms.omsrun": {"run_type": "unknown"},
    "oms.omsfill": {},
    "certify.runreconstruction": {"is_reference": False, "reference_reason": ""},
}
ENDED = {
    "certify.trackercertification": ("state", "withdrawn"),
    "certify.badreason": ("is_retired", True),
}


@pytest.mark.once
def test_undoing_a_thousand_actions_in_reverse_restores_everything():
    build_world()
    before, first, seed = full_snapshot(), Change.objects.count(), Random().randrange(10**9)
    chance, undoer = RandomActor(Random(seed)), User.objects.get(username="admin0")
    while Change.objects.count() < first + ACTIONS:
        chance.act()
    done = list(Change.objects.all()[: Change.objects.count() - first])
    if IS_FULL:  # fewer leave out a rare kind by chance
        assert {change.kind for change in done} >= KINDS, seed
    assert full_snapshot() != before
    for change in done:
        undo_change(undoer, change, "back")
    after = full_snapshot()
    assert {key: after[key] for key in before} == before, f"seed {seed}"
    assert _still_speaking(after, before) == [], f"seed {seed}"
    assert Change.objects.filter(kind="undo").count() == len(done)


def _still_speaking(after: Snapshot, before: Snapshot) -> list[tuple[str, object]]:
    """Rows created meanwhile that still have content."""
    return [key for key in after.keys() - before.keys() if not _is_silent(key[0], after[key])]


def _is_silent(model: str, values: dict[str, object]) -> bool:
    if model in ENDED:
        name, value = ENDED[model]
        return values[name] == value
    present = {name: value for name, value in values.items() if value not in (None, "", [], {})}
    return present == {name: value for name, value in NOTHING[model].items() if value != ""}


def test_snapshot_detects_change_of_any_field_and_many_to_many():
    build_world()
    person = User.objects.get(username="shifter1")
    before = full_snapshot()
    person.role = Role.GUEST
    person.save()
    assert full_snapshot() != before
    undo_change(User.objects.get(username="admin0"), Change.objects.first(), "back")
    assert full_snapshot() == before

"""One person per role. The password is the name: for a sandbox only."""

from users.models import Role, User

PEOPLE = {
    "guest": Role.GUEST,
    "shifter": Role.SHIFTER,
    "shifter2": Role.SHIFTER,
    "leader": Role.SHIFT_LEADER,
    "expert": Role.EXPERT,
    "admin": Role.ADMIN,
}


def load_people() -> int:
    """Make who is not there yet; the number of new people."""
    there = set(User.objects.filter(username__in=PEOPLE).values_list("username", flat=True))
    missing = {name: role for name, role in PEOPLE.items() if name not in there}
    for name, role in missing.items():
        User.objects.create_user(name, password=name, role=role)
    return len(missing)

"""One person per role. The password is the name, and so is the CERN account: for a sandbox only."""

from allauth.socialaccount.models import SocialAccount

from users.models import Role, User
from users.sso.provider import CERN

PEOPLE = {
    "guest": Role.GUEST,
    "shifter": Role.SHIFTER,
    "shifter2": Role.SHIFTER,
    "leader": Role.SHIFT_LEADER,
    "expert": Role.EXPERT,
    "admin": Role.ADMIN,
}


def load_people() -> int:
    """Make who is not there yet, and whoever has no CERN account; the number of new people."""
    there = set(User.objects.filter(username__in=PEOPLE).values_list("username", flat=True))
    missing = {name: role for name, role in PEOPLE.items() if name not in there}
    for name, role in missing.items():
        User.objects.create_user(name, password=name, role=role)
    known = SocialAccount.objects.filter(provider=CERN, uid__in=PEOPLE).values_list("uid", flat=True)
    for user in User.objects.filter(username__in=set(PEOPLE) - set(known)):
        SocialAccount.objects.create(provider=CERN, uid=user.username, user=user)
    return len(missing)

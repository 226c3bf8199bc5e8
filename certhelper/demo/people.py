"""Demo users, for the sandbox only: the user name is also the password and the CERN account."""

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
    """Create the users and CERN accounts that are missing; returns the number of new users."""
    existing = set(User.objects.filter(username__in=PEOPLE).values_list("username", flat=True))
    missing = {name: role for name, role in PEOPLE.items() if name not in existing}
    for name, role in missing.items():
        User.objects.create_user(name, password=name, role=role)
    linked = SocialAccount.objects.filter(provider=CERN, uid__in=PEOPLE).values_list("uid", flat=True)
    for user in User.objects.filter(username__in=set(PEOPLE) - set(linked)):
        SocialAccount.objects.create(provider=CERN, uid=user.username, user=user)
    return len(missing)

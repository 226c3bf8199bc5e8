"""People and their roles."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils import timezone

from audit.choices import ChangeKind
from audit.models import AuditOptions
from audit.tracked_model import TrackedModel


class Role(models.TextChoices):
    """What a person may do; each role may all that the ones before it may."""

    GUEST = "guest", "Guest"
    SHIFTER = "shifter", "Shifter"
    SHIFT_LEADER = "shift_leader", "Shift leader"
    EXPERT = "expert", "Expert"
    ADMIN = "admin", "Admin"

    def includes(self, other: "Role") -> bool:
        """Whether this role may all that `other` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


class PeopleManager(UserManager["User"]):
    """Accounts; the superuser that `createsuperuser` makes is an admin."""

    def create_superuser(self, *args, **kwargs):
        kwargs["role"] = Role.ADMIN
        return super().create_superuser(*args, **kwargs)


def _deactivation(_actor: object, _why: str) -> dict[str, Any]:
    """What undoes the making of an account."""
    return {"is_active": False}


class User(TrackedModel, AbstractUser):
    """A person who signs in. `role` alone decides what they may; Django's staff flags follow it.

    CERN gives the role anew at every sign-in. `role_changed_by` names the admin who changed it since; where
    `role_pinned_for` gives a reason, no sign-in changes it. While `in_training`, what they certify is practice;
    `training_since`, `training_by` (account name) and `training_reason` say of the switch when, who and why last.
    """

    role = models.CharField(max_length=12, choices=Role.choices, default=Role.GUEST)
    role_changed_by = models.CharField(max_length=150, blank=True, editable=False)
    role_pinned_for = models.CharField(
        "pinned, because",
        max_length=300,
        blank=True,
        help_text="A reason keeps the role through sign-ins. Empty: CERN decides at the next one.",
    )

    in_training = models.BooleanField(default=False, editable=False)
    training_since = models.DateTimeField(null=True, blank=True, editable=False)
    training_by = models.CharField(max_length=150, blank=True, editable=False)
    training_reason = models.CharField(max_length=300, blank=True, editable=False)

    objects: ClassVar[PeopleManager] = PeopleManager()
    history = AuditOptions(
        kind=ChangeKind.ACCOUNT,
        exclude=("password", "last_login", "groups", "user_permissions"),
        untracked=(
            *("date_joined", "is_staff", "is_superuser", "role_changed_by"),
            *("training_since", "training_by", "training_reason"),
        ),
        restricted=("email",),
        reverse_create=_deactivation,
    )

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_is_known"),
        ]

    def save(self, *args, **kwargs):
        self.is_staff = self.is_superuser = self.role == Role.ADMIN
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "is_staff", "is_superuser"}
        super().save(*args, **kwargs)

    def can_undo(self, actor: "User", change: Any, fields: Collection[str]) -> bool:
        """Accounts and roles are for admins, training is for shift leaders; one's own role is for nobody."""
        if actor.pk == self.pk and {"role", "role_pinned_for", "is_active"} & set(fields):
            return False
        return actor.has_role(Role.SHIFT_LEADER if change.kind == ChangeKind.TRAINING else Role.ADMIN)

    @classmethod
    def can_read_restricted(cls, reader: "User", key: Any) -> bool:
        """E-mail addresses are for admins, and for whose they are."""
        return reader.has_role(Role.ADMIN) or reader.pk == key

    def touch(self, actor: "User", reason: str, fields: Collection[str] = ()) -> None:
        """A role that an admin sets back is an admin's, and lasts as long; training that is set back says by whom."""
        if {"role", "role_pinned_for"} & set(fields):
            self.role_changed_by = actor.get_username()
        if "in_training" in fields:
            self.training_since, self.training_by = timezone.now(), actor.get_username()
            self.training_reason = reason[:300]

    def has_role(self, role: Role) -> bool:
        """Whether this person's role is `role` or a higher one."""
        return self.is_active and Role(self.role).includes(role)

    @property
    def may_certify(self) -> bool:
        return self.has_role(Role.SHIFTER)

    @property
    def training_of(self) -> int | None:
        """Whose practice they see as what is certified: their own (key) while in training; None where it counts."""
        return self.pk if self.in_training else None

    @property
    def may_change_others(self) -> bool:
        return self.has_role(Role.SHIFT_LEADER)

    @property
    def may_use_admin(self) -> bool:
        """Shift leaders find words and checklists there; admins everything."""
        return self.has_role(Role.SHIFT_LEADER)

    @property
    def role_origin(self) -> str:
        """Who gave the role, and how long it lasts."""
        if self.role_pinned_for:
            return f"{self.role_changed_by or 'an admin'}, pinned: {self.role_pinned_for}"
        if self.role_changed_by:
            return f"{self.role_changed_by}, until the next sign-in with CERN"
        return "CERN, or the account's making"

    @property
    def display_name(self) -> str:
        """First and last name, or the account name where there are none."""
        return self.get_full_name() or self.username

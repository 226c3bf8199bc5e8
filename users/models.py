"""Users and their roles."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils import timezone

from audit.models import AuditOptions
from audit.tracked_model import TrackedModel
from users.choices import AccountChangeKind


class Role(models.TextChoices):
    """Role of a user. Each role has all permissions of the roles before it."""

    GUEST = "guest", "Guest"
    SHIFTER = "shifter", "Shifter"
    SHIFT_LEADER = "shift_leader", "Shift leader"
    EXPERT = "expert", "Expert"
    ADMIN = "admin", "Admin"

    def includes(self, other: "Role") -> bool:
        """Return whether this role has all permissions of `other`."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


class PeopleManager(UserManager["User"]):
    """User manager that gives superusers the role admin."""

    def create_superuser(self, *args: Any, **kwargs: Any) -> "User":
        """Create a superuser with the role admin."""
        kwargs["role"] = Role.ADMIN
        return super().create_superuser(*args, **kwargs)


def _deactivation(_actor: object, _why: str) -> dict[str, Any]:
    """Return the values that undo the creation of an account."""
    return {"is_active": False}


class User(TrackedModel, AbstractUser):
    """A user account. Permissions follow from `role` alone; `is_staff` and `is_superuser` are derived from it.

    Every sign-in with CERN sets the role. `role_changed_by` is the account name of the admin who changed it since; with
    a reason in `role_pinned_for` no sign-in changes it. While `in_training`, certifications of the user are practice;
    `training_since`, `training_by` (account name) and `training_reason` describe the last switch.
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
        kind=AccountChangeKind.ACCOUNT,
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

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the user, with the flags of Django's admin site set from the role."""
        self.is_staff = self.is_superuser = self.role == Role.ADMIN
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "is_staff", "is_superuser"}
        super().save(*args, **kwargs)

    def can_undo(self, actor: "User", change: Any, fields: Collection[str]) -> bool:
        """Return whether the actor may undo: admins accounts and roles (not their own), shift leaders training."""
        if actor.pk == self.pk and {"role", "role_pinned_for", "is_active"} & set(fields):
            return False
        return actor.has_role(Role.SHIFT_LEADER if change.kind == AccountChangeKind.TRAINING else Role.ADMIN)

    @classmethod
    def can_read_restricted(cls, reader: "User", key: Any) -> bool:
        """Return whether the reader may see the e-mail address: admins and the user itself."""
        return reader.has_role(Role.ADMIN) or reader.pk == key

    def touch(self, actor: "User", reason: str, fields: Collection[str] = ()) -> None:
        """Set who changed the role or the training when an undo restores these fields."""
        if {"role", "role_pinned_for"} & set(fields):
            self.role_changed_by = actor.get_username()
        if "in_training" in fields:
            self.training_since, self.training_by = timezone.now(), actor.get_username()
            self.training_reason = reason[:300]

    def has_role(self, role: Role) -> bool:
        """Return whether the user is active and has this role or a higher one."""
        return self.is_active and Role(self.role).includes(role)

    @property
    def may_certify(self) -> bool:
        """Return whether the user may certify: shifters and above."""
        return self.has_role(Role.SHIFTER)

    @property
    def training_of(self) -> int | None:
        """Return the primary key of a user in training, who sees their own practice certifications, else None."""
        return self.pk if self.in_training else None

    @property
    def may_change_others(self) -> bool:
        """Return whether the user may change the entries of others: shift leaders and above."""
        return self.has_role(Role.SHIFT_LEADER)

    @property
    def may_use_admin(self) -> bool:
        """Return whether the user may use the admin site: shift leaders for vocabulary and checklists, admins all."""
        return self.has_role(Role.SHIFT_LEADER)

    @property
    def role_origin(self) -> str:
        """Return a text that names who set the role and how long it is valid."""
        if self.role_pinned_for:
            return f"{self.role_changed_by or 'an admin'}, pinned: {self.role_pinned_for}"
        if self.role_changed_by:
            return f"{self.role_changed_by}, until the next sign-in with CERN"
        return "CERN, or the account's making"

    @property
    def display_name(self) -> str:
        """Return first and last name, or the account name if there are none."""
        return self.get_full_name() or self.username

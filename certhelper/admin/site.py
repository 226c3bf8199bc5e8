"""Django admin: accounts and roles are edited here; all else is read-only, with a link to the page that changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse

from certhelper.admin.base import ChangeReasonForm, LinkedPageAdmin, ReadOnlyAdmin, ReasonedChangeAdmin
from certhelper.admin.records import register_remaining_models
from certify.models import Checklist, Dataset, RunReconstruction, TrackerCertification
from certify.models.components import FLAG_FIELDS
from certify.vocabulary.cache import VOCABULARY_MODELS
from certify.vocabulary.term_types import TERM_TYPES
from oms.models import OmsFill, OmsRun
from users.access import denial_message
from users.models import Role, User
from users.views import sign_out

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest, HttpResponseBase

admin.site.site_header = "CertHelper admin"
admin.site.site_title = "CertHelper admin"
admin.site.index_title = "Roles, reasons and problems, and stored data"
admin.site.unregister([Group, EmailAddress, SocialAccount, SocialApp, SocialToken])  # allauth's, all but one unused


@login_not_required
def sign_in(request: HttpRequest, _extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
    """Redirect to the sign-in page of the site, which limits failed attempts."""
    if not has_admin_access(request):
        return redirect_to_login(request.GET.get("next", "/admin/"))
    return redirect("admin:index")


def has_admin_access(request: HttpRequest) -> bool:
    """Whether the user may use the admin. Raises `PermissionDenied` for a signed-in user who may not."""
    if not request.user.is_authenticated:
        return False
    if not request.user.may_use_admin and request.path != reverse("admin:logout"):
        raise PermissionDenied(denial_message(request, Role.SHIFT_LEADER))
    return True


@login_not_required
def log_out(request: HttpRequest, _extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
    """The sign-out of the site, which ends the session at CERN too."""
    return sign_out(request)


admin.site.login = sign_in  # type: ignore[method-assign, assignment]
admin.site.logout = log_out  # type: ignore[method-assign, assignment]
admin.site.has_permission = has_admin_access  # type: ignore[method-assign]


@admin.register(*VOCABULARY_MODELS.values())
class VocabularyTermAdmin(LinkedPageAdmin):
    """Changed on its page, which validates its place in the tree and detects concurrent edits."""

    role = Role.SHIFT_LEADER
    list_display = ("name", "description", "is_retired")
    list_filter = ("is_retired",)
    search_fields = ("name", "description")

    def view_on_site(self, row: Model) -> str:
        term_type = next(term_type for term_type in TERM_TYPES if isinstance(row, term_type.model))
        return reverse("vocabulary:word", args=[term_type.name, row.pk])


@admin.register(Checklist)
class ChecklistAdmin(LinkedPageAdmin):
    role = Role.SHIFT_LEADER
    list_display = ("title", "identifier", "is_retired")
    list_filter = ("is_retired",)
    search_fields = ("title", "identifier", "text")

    def view_on_site(self, row: Model) -> str:
        return reverse("history_pages:checklist", args=[cast("Checklist", row).identifier])


class AccountForm(ChangeReasonForm, UserChangeForm):  # type: ignore[type-arg, unused-ignore]
    """An account, with the reason of the change."""


@admin.register(User)
class AccountAdmin(ReasonedChangeAdmin, UserAdmin):  # type: ignore[type-arg, unused-ignore]
    """Permissions follow the role alone; accounts are deactivated, not deleted; nobody changes their own role."""

    form = AccountForm
    list_display = ("username", "first_name", "last_name", "email", "role", "given_by", "is_active", "last_login")
    list_filter = ("role", "is_active", ("role_pinned_for", admin.EmptyFieldListFilter))
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password", "role", "role_pinned_for", "given_by", "is_active")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Times (UTC)", {"fields": ("last_login", "date_joined")}),
        ("This change", {"fields": ("why",)}),
    )
    add_fieldsets = ((None, {"fields": ("username", "role", "usable_password", "password1", "password2")}),)
    readonly_fields = ("given_by", "last_login", "date_joined")

    @admin.display(description="Role from")
    def given_by(self, person: User) -> str:
        return person.role_origin

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        own = obj is not None and obj.pk == request.user.pk
        return (*self.readonly_fields, *(("role", "role_pinned_for", "is_active") if own else ()))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if {"role", "role_pinned_for"} & set(form.changed_data):
            obj.role_changed_by = request.user.get_username()
        super().save_model(request, obj, form, change)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return settings.LOCAL_ACCOUNTS and super().has_add_permission(request)

    def has_delete_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False


@admin.register(SocialAccount)
class CernAccountAdmin(ReadOnlyAdmin):
    """The CERN account (`sub`) of each user, with the claims of its last ID token."""

    list_display = ("uid", "user", "last_login", "date_joined")
    list_select_related = ("user",)
    search_fields = ("uid", "user__username", "user__last_name")
    fields = ("uid", "user", "extra_data", "last_login", "date_joined")


@admin.register(TrackerCertification)
class CertificationAdmin(LinkedPageAdmin):
    """Changed on its page, which enforces permissions and rules."""

    page = "listruns:certification"
    list_display = ("run", "reco", "run_type", *FLAG_FIELDS, "verdict", "user", "date", "state")
    list_filter = ("state", "run_type", "runreconstruction__reconstruction", *FLAG_FIELDS, "date")
    list_select_related = ("runreconstruction", "user")
    search_fields = ("^runreconstruction__run__run_number", "^user__username", "dataset__name", "comment")
    date_hierarchy = "date"

    @admin.display(ordering="runreconstruction__run_id")
    def run(self, row: TrackerCertification) -> int:
        return row.run_number

    @admin.display(description="Reconstruction", ordering="runreconstruction__reconstruction")
    def reco(self, row: TrackerCertification) -> str:
        return row.reconstruction


@admin.register(RunReconstruction)
class ReconstructionAdmin(LinkedPageAdmin):
    page = "references:reference"
    list_display = ("run_number", "reconstruction", "is_reference", "reference_since", "reference_by")
    list_filter = ("reconstruction", "is_reference")
    list_select_related = ("reference_by",)
    search_fields = ("^run__run_number",)


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    search_fields = ("name",)


@admin.register(OmsRun)
class RunAdmin(LinkedPageAdmin):
    page = "history_pages:run"
    list_display = (
        "run_number",
        "run_type",
        "fill_number",
        "start_time",
        "lumisections",
        "recorded_lumi",
        "fetched_at",
    )
    list_filter = ("run_type", "stable_beam", "era")
    search_fields = ("^run_number", "^fill_number")


@admin.register(OmsFill)
class FillAdmin(ReadOnlyAdmin):
    list_display = ("fill_number", "era", "start_time", "fill_type_runtime", "bunches_colliding", "fetched_at")
    list_filter = ("era", "fill_type_runtime")
    search_fields = ("^fill_number",)


register_remaining_models(set(admin.site._registry))

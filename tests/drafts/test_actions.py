"""Drafts and leases: saving, closing, discarding, expiry and takeover."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db.models.signals import post_delete
from django.http import QueryDict
from django.utils import timezone

from drafts.actions import (
    DRAFTS_PER_FORM,
    close_form,
    discard_draft,
    open_lease,
    release_lease,
    renew_lease,
    save_draft,
    take_over,
)
from drafts.form_token import FormToken, read_form_token
from drafts.models import DRAFT_RETENTION, Draft, Lease
from drafts.selectors import age_in_words, draft_of, form_presence
from users.models import Role, User

pytestmark = pytest.mark.django_db
RUN = 315259


def form_token_of(person, run=RUN, reconstruction="express", **more) -> FormToken:
    return FormToken(person.pk, run, reconstruction, f"/certify/{run}/{reconstruction}/", **more)


def keep(form_token, typed="comment=half+a+thought", **more):
    return save_draft(form_token, QueryDict(typed), **more)


def restored_fields(person, key=""):
    found = draft_of(person, RUN, "express", key)
    return found.typed.dict() if found else None


def restoring_token(person, key=""):
    """The token of a form into which a draft was restored."""
    draft = draft_of(person, RUN, "express", key)
    return form_token_of(person, restored_key=draft.key, restored_at=draft.at.isoformat())


def test_form_token_is_read_only_with_a_valid_signature(shifter):
    form_token = form_token_of(shifter)
    assert read_form_token(form_token.signed()) == form_token
    for text in ("", "made up", form_token.signed()[:-1], form_token.signed() + "x"):
        assert read_form_token(text) is None


def test_draft_stores_any_text_and_several_values_of_a_field(shifter):
    fields = QueryDict(mutable=True)
    fields["comment"] = "10 % & 5 = ½\r\n\x00 日本\u2028"
    fields.setlist("pixel_problems", ["3", "5"])
    save_draft(form_token_of(shifter), fields)
    typed = draft_of(shifter, RUN, "express").typed
    assert typed["comment"] == fields["comment"]
    assert typed.getlist("pixel_problems") == ["3", "5"]


def test_generated_fields_are_not_saved(shifter):
    keep(
        form_token_of(shifter),
        "comment=x&csrfmiddlewaretoken=t&ticket=t&sheet=s&idempotency_key=k&version=3&typed_at=1&sent_at=2",
    )
    assert restored_fields(shifter) == {"comment": "x", "version": "3"}


def test_draft_is_replaced_for_the_same_form_and_added_for_another(shifter):
    first, second = form_token_of(shifter), form_token_of(shifter)
    keep(first, "comment=a")
    keep(first, "comment=b")
    keep(second, "comment=c")
    assert restored_fields(shifter) == {"comment": "c"}
    assert restored_fields(shifter, first.key) == {"comment": "b"}


def test_only_the_newest_drafts_of_a_form_are_stored(shifter):
    sheets = [form_token_of(shifter) for _ in range(DRAFTS_PER_FORM + 2)]
    for number, form_token in enumerate(sheets):
        keep(form_token, f"comment={number}")
    assert Draft.objects.count() == DRAFTS_PER_FORM
    assert restored_fields(shifter) == {"comment": str(len(sheets) - 1)}


def test_draft_belongs_to_its_user(shifter, other_shifter):
    form_token = form_token_of(shifter)
    keep(form_token)
    assert restored_fields(other_shifter) is None
    assert restored_fields(other_shifter, form_token.key) is None
    discard_draft(other_shifter, form_token.key)
    assert restored_fields(shifter) == {"comment": "half a thought"}
    discard_draft(shifter, form_token.key)
    assert restored_fields(shifter) is None


def test_draft_is_saved_with_a_lowered_role_but_not_for_an_inactive_account(shifter):
    form_token = form_token_of(shifter)
    User.objects.update(role=Role.GUEST)
    assert keep(form_token)
    assert restored_fields(shifter)
    User.objects.update(is_active=False)
    for _ in range(2):
        with pytest.raises(PermissionDenied):
            keep(form_token)
        User.objects.all().delete()


def test_saved_form_deletes_its_draft_and_ignores_later_ones(shifter, other_shifter):
    own, tab, other, elsewhere = (
        form_token_of(shifter),
        form_token_of(shifter),
        form_token_of(other_shifter),
        form_token_of(shifter, 315264),
    )
    for form_token in (own, tab, other, elsewhere):
        keep(form_token)
    renew_lease(own)
    close_form(shifter, RUN, "express", own)
    assert restored_fields(shifter, own.key) is None
    assert not Lease.objects.exists()
    assert keep(own) is None
    assert restored_fields(shifter, own.key) is None
    assert restored_fields(shifter) == restored_fields(shifter, tab.key)  # possibly another text: it is still offered
    assert restored_fields(other_shifter)
    assert draft_of(shifter, 315264, "express")
    assert keep(own, "comment=Back,+and+typed+on", is_reopened=True)
    assert restored_fields(shifter) == {"comment": "Back, and typed on"}


def test_finishing_twice_or_without_a_form_token_is_no_error(shifter):
    form_token = form_token_of(shifter)
    for given in (form_token, form_token, None):
        close_form(shifter, RUN, "express", given)
    assert Draft.objects.filter(is_done=True).count() <= 1


def test_old_drafts_are_not_offered_and_are_deleted(shifter, capsys):
    keep(form_token_of(shifter))
    fresh = form_token_of(shifter, 315264)
    keep(fresh)
    Draft.objects.filter(run_number=RUN).update(saved_at=timezone.now() - DRAFT_RETENTION - timedelta(minutes=1))
    assert restored_fields(shifter) is None
    call_command("clear_old_drafts")
    assert "1 old drafts removed." in capsys.readouterr().out
    assert list(Draft.objects.values_list("key", flat=True)) == [fresh.key]


def test_users_with_an_open_form_or_a_draft_are_listed(shifter, other_shifter, django_assert_num_queries):
    own, other = form_token_of(shifter), form_token_of(other_shifter)
    renew_lease(own)
    renew_lease(other)
    renew_lease(form_token_of(other_shifter, reconstruction="prompt"))
    keep(other)
    keep(own)
    with django_assert_num_queries(1):
        found = form_presence(own)
    assert [entry.name for entry in found.open_by_others] == ["shifter2"]
    assert [entry.has_draft for entry in found.open_by_others] == [True]
    assert not found.drafts_of_others
    release_lease(other)
    assert [entry.name for entry in form_presence(own).drafts_of_others] == ["shifter2"]
    assert found.saved_at
    assert not found.other_drafts
    assert not found.newer_draft_elsewhere


def test_lease_expires_and_starts_again(shifter, other_shifter):
    form_token = form_token_of(other_shifter)
    first = renew_lease(form_token)
    assert renew_lease(form_token).since == first.since
    Lease.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert form_presence(form_token_of(shifter)).open_by_others == []
    assert renew_lease(form_token).since > first.since
    assert len(form_presence(form_token_of(shifter)).open_by_others) == 1
    release_lease(form_token)
    assert form_presence(form_token_of(shifter)).open_by_others == []


def test_opening_a_form_costs_one_statement_and_starts_a_missing_lease(
    shifter, shift_leader, django_assert_num_queries
):
    form_token = form_token_of(shifter)
    with django_assert_num_queries(1):
        open_lease(form_token)
    first = Lease.objects.get()
    Lease.objects.update(ends_at=timezone.now() + timedelta(seconds=1))
    later = timezone.now() + timedelta(milliseconds=500)
    with django_assert_num_queries(1), time_machine.travel(later):
        open_lease(form_token)
    again = Lease.objects.get()
    assert again.since == first.since
    assert again.ends_at > first.ends_at
    take_over(shift_leader, form_token_of(shift_leader))
    with time_machine.travel(later):
        open_lease(form_token)
    assert Lease.objects.get().since > first.since
    assert Lease.objects.get().taken_by is None


def test_holder_is_notified_when_a_shift_leader_takes_a_form_over(shifter, shift_leader):
    holding, taking = form_token_of(shifter), form_token_of(shift_leader)
    renew_lease(holding)
    renew_lease(taking)
    assert take_over(shift_leader, taking) == 1
    assert form_presence(taking).open_by_others == []
    assert renew_lease(holding).taken_by == shift_leader
    assert [entry.name for entry in form_presence(holding).open_by_others] == ["leader"]
    assert renew_lease(holding, is_opening=True).taken_by is None
    with pytest.raises(PermissionDenied):
        take_over(shifter, holding)


def test_other_tab_sees_the_newer_draft(shifter):
    first, second = form_token_of(shifter), form_token_of(shifter)
    keep(second, "comment=second")
    assert form_presence(first).newer_draft_elsewhere
    assert form_presence(second).newer_draft_elsewhere is None
    again = restoring_token(shifter)
    found = form_presence(again)
    assert found.restored_draft
    assert found.newer_draft_elsewhere is None
    assert not found.other_drafts
    keep(second, "comment=second, and on")
    found = form_presence(again)
    assert found.newer_draft_elsewhere
    assert found.restored_draft is None
    assert len(found.other_drafts) == 1


def test_two_tabs_with_the_same_restored_draft_save_two_drafts(shifter):
    keep(form_token_of(shifter), "comment=first")
    first, second = restoring_token(shifter), restoring_token(shifter)
    keep(first, "comment=tab one")
    keep(second, "comment=tab two")
    assert restored_fields(shifter, first.key) == {"comment": "tab one"}
    assert restored_fields(shifter, second.key) == {"comment": "tab two"}
    assert Draft.objects.count() == 2
    assert [entry.key for entry in form_presence(form_token_of(shifter)).other_drafts] == [second.key, first.key]


@pytest.mark.parametrize("ends", ["kept", "saved"])
def test_restored_draft_is_deleted_with_its_form_unless_changed(shifter, ends):
    for goes_on in (False, True):
        source = form_token_of(shifter)
        keep(source, "comment=first")
        form = restoring_token(shifter, source.key)
        if goes_on:
            keep(source, "comment=first, and on")
        keep(form, "comment=second") if ends == "kept" else close_form(shifter, RUN, "express", form)
        assert (restored_fields(shifter, source.key) is not None) is goes_on


def test_text_from_browser_storage_has_the_time_of_typing(shifter):
    form_token, newer = form_token_of(shifter), form_token_of(shifter)
    keep(form_token, "comment=second&typed_at=90000&sent_at=100000")
    assert keep(form_token, "comment=first&typed_at=50000&sent_at=105000") < timezone.now() - timedelta(seconds=9)
    assert restored_fields(shifter) == {"comment": "second"}
    keep(newer, "comment=elsewhere")
    keep(form_token_of(shifter), "comment=late&typed_at=1&sent_at=3600001")
    assert restored_fields(shifter) == {"comment": "elsewhere"}
    assert [entry.age for entry in form_presence(form_token_of(shifter)).other_drafts][-1] == "1 h"


@pytest.mark.parametrize("clock", ["typed_at=9&sent_at=5", "typed_at=x&sent_at=5", "typed_at=" + "9" * 99, "sent_at=5"])
def test_invalid_time_of_typing_is_replaced_by_now(shifter, clock):
    before = timezone.now()
    assert keep(form_token_of(shifter), f"comment=x&{clock}") >= before


def test_text_saved_again_keeps_its_time(shifter):
    form_token = form_token_of(shifter)
    first = keep(form_token, "comment=x&typed_at=5&sent_at=6")
    assert keep(form_token, "comment=x&typed_at=5&sent_at=7") == first


def test_draft_that_arrives_during_the_save_is_ignored(shifter):
    form_token = form_token_of(shifter)
    renew_lease(form_token)

    def arrive(**_signal):
        keep(form_token, "comment=late")

    post_delete.connect(arrive, sender=Lease)
    try:
        close_form(shifter, RUN, "express", form_token)
    finally:
        post_delete.disconnect(arrive, sender=Lease)
    assert restored_fields(shifter) is None
    assert Draft.objects.get().is_done


def test_discarding_a_restored_draft_discards_the_new_draft(shifter):
    keep(form_token_of(shifter), "comment=first")
    form = restoring_token(shifter)
    keep(form, "comment=second")
    discard_draft(shifter, form.restored_key, form)
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=-2), "less than a minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2, hours=5), "2 days"),
    ],
)
def test_age_in_words(age, text):
    assert age_in_words(age) == text

"""What is kept, what is let go, and who has a form open."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db.models.signals import post_delete
from django.http import QueryDict
from django.utils import timezone

from drafts.actions import (
    DRAFTS_PER_FORM,
    discard_draft,
    finish,
    keep_draft,
    open_lease,
    release_lease,
    renew_lease,
    take_over,
)
from drafts.form_token import Sheet, read_sheet
from drafts.models import KEPT, Draft, Lease
from drafts.selectors import age_in_words, around, draft_of
from users.models import Role, User

pytestmark = pytest.mark.django_db
RUN = 315259


def sheet_of(person, run=RUN, reconstruction="express", **more) -> Sheet:
    return Sheet(person.pk, run, reconstruction, f"/certify/{run}/{reconstruction}/", **more)


def keep(sheet, typed="comment=half+a+thought", **more):
    return keep_draft(sheet, QueryDict(typed), **more)


def restored(person, key=""):
    found = draft_of(person, RUN, "express", key)
    return found.typed.dict() if found else None


def restoring(person, key=""):
    """The sheet of a form that a draft was put into."""
    draft = draft_of(person, RUN, "express", key)
    return sheet_of(person, restored=draft.key, restored_at=draft.at.isoformat())


def test_a_sheet_is_read_as_it_was_signed_and_no_other(shifter):
    sheet = sheet_of(shifter)
    assert read_sheet(sheet.signed()) == sheet
    for text in ("", "made up", sheet.signed()[:-1], sheet.signed() + "x"):
        assert read_sheet(text) is None


def test_draft_keeps_any_text_and_several_values_of_a_field(shifter):
    said = QueryDict(mutable=True)
    said["comment"] = "10 % & 5 = ½\r\n\x00 日本\u2028"
    said.setlist("pixel_problems", ["3", "5"])
    keep_draft(sheet_of(shifter), said)
    typed = draft_of(shifter, RUN, "express").typed
    assert typed["comment"] == said["comment"]
    assert typed.getlist("pixel_problems") == ["3", "5"]


def test_what_nobody_typed_is_not_kept(shifter):
    keep(
        sheet_of(shifter),
        "comment=x&csrfmiddlewaretoken=t&ticket=t&sheet=s&idempotency_key=k&version=3&typed_at=1&sent_at=2",
    )
    assert restored(shifter) == {"comment": "x", "version": "3"}


def test_draft_of_the_same_sheet_is_replaced_and_of_another_is_kept_beside(shifter):
    first, second = sheet_of(shifter), sheet_of(shifter)
    keep(first, "comment=a")
    keep(first, "comment=b")
    keep(second, "comment=c")
    assert restored(shifter) == {"comment": "c"}
    assert restored(shifter, first.key) == {"comment": "b"}


def test_only_the_last_few_drafts_of_a_form_are_kept(shifter):
    sheets = [sheet_of(shifter) for _ in range(DRAFTS_PER_FORM + 2)]
    for number, sheet in enumerate(sheets):
        keep(sheet, f"comment={number}")
    assert Draft.objects.count() == DRAFTS_PER_FORM
    assert restored(shifter) == {"comment": str(len(sheets) - 1)}


def test_draft_is_nobody_elses(shifter, other_shifter):
    sheet = sheet_of(shifter)
    keep(sheet)
    assert restored(other_shifter) is None
    assert restored(other_shifter, sheet.key) is None
    discard_draft(other_shifter, sheet.key)
    assert restored(shifter) == {"comment": "half a thought"}
    discard_draft(shifter, sheet.key)
    assert restored(shifter) is None


def test_lowered_role_costs_no_text_but_an_account_that_is_off_keeps_none(shifter):
    sheet = sheet_of(shifter)
    User.objects.update(role=Role.GUEST)
    assert keep(sheet) and restored(shifter)
    User.objects.update(is_active=False)
    for _ in range(2):
        with pytest.raises(PermissionDenied):
            keep(sheet)
        User.objects.all().delete()


def test_saved_form_leaves_no_draft_and_takes_none_that_comes_late(shifter, other_shifter):
    mine, tab, theirs, elsewhere = (
        sheet_of(shifter),
        sheet_of(shifter),
        sheet_of(other_shifter),
        sheet_of(shifter, 315264),
    )
    for sheet in (mine, tab, theirs, elsewhere):
        keep(sheet)
    renew_lease(mine)
    finish(shifter, RUN, "express", mine)
    assert restored(shifter, mine.key) is None and not Lease.objects.exists()
    assert keep(mine) is None and restored(shifter, mine.key) is None
    assert restored(shifter) == restored(shifter, tab.key)  # other text, perhaps: it stays on offer
    assert restored(other_shifter) and draft_of(shifter, 315264, "express")
    assert keep(mine, "comment=Back,+and+typed+on", is_reopened=True)
    assert restored(shifter) == {"comment": "Back, and typed on"}


def test_finishing_twice_and_without_a_sheet_is_fine(shifter):
    sheet = sheet_of(shifter)
    for given in (sheet, sheet, None):
        finish(shifter, RUN, "express", given)
    assert Draft.objects.filter(is_done=True).count() <= 1


def test_old_drafts_are_neither_offered_nor_kept(shifter, capsys):
    keep(sheet_of(shifter))
    fresh = sheet_of(shifter, 315264)
    keep(fresh)
    Draft.objects.filter(run_number=RUN).update(saved_at=timezone.now() - KEPT - timedelta(minutes=1))
    assert restored(shifter) is None
    call_command("clear_old_drafts")
    assert "1 old drafts removed." in capsys.readouterr().out
    assert list(Draft.objects.values_list("key", flat=True)) == [fresh.key]


def test_who_has_a_form_open_and_whose_drafts_there_are(shifter, other_shifter, django_assert_num_queries):
    mine, theirs = sheet_of(shifter), sheet_of(other_shifter)
    renew_lease(mine)
    renew_lease(theirs)
    renew_lease(sheet_of(other_shifter, reconstruction="prompt"))
    keep(theirs)
    keep(mine)
    with django_assert_num_queries(1):
        found = around(mine)
    assert [mark.name for mark in found.open_elsewhere] == ["shifter2"]
    assert [mark.has_draft for mark in found.open_elsewhere] == [True] and not found.drafts_of_others
    release_lease(theirs)
    assert [mark.name for mark in around(mine).drafts_of_others] == ["shifter2"]
    assert found.saved_at and not found.offered and not found.newer_elsewhere


def test_lease_ends_by_itself_when_left_and_begins_anew(shifter, other_shifter):
    sheet = sheet_of(other_shifter)
    first = renew_lease(sheet)
    assert renew_lease(sheet).since == first.since
    Lease.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert around(sheet_of(shifter)).open_elsewhere == []
    assert renew_lease(sheet).since > first.since
    assert len(around(sheet_of(shifter)).open_elsewhere) == 1
    release_lease(sheet)
    assert around(sheet_of(shifter)).open_elsewhere == []


def test_opening_a_form_costs_one_statement_and_begins_its_lease_where_there_is_none(
    shifter, shift_leader, django_assert_num_queries
):
    sheet = sheet_of(shifter)
    with django_assert_num_queries(1):
        open_lease(sheet)
    first = Lease.objects.get()
    Lease.objects.update(ends_at=timezone.now() + timedelta(seconds=1))
    with django_assert_num_queries(1):
        open_lease(sheet)
    again = Lease.objects.get()
    assert again.since == first.since and again.ends_at > first.ends_at
    take_over(shift_leader, sheet_of(shift_leader))
    open_lease(sheet)
    assert Lease.objects.get().since > first.since and Lease.objects.get().taken_by is None


def test_shift_leader_takes_a_form_over_and_the_holder_is_told(shifter, shift_leader):
    held, taking = sheet_of(shifter), sheet_of(shift_leader)
    renew_lease(held)
    renew_lease(taking)
    assert take_over(shift_leader, taking) == 1
    assert around(taking).open_elsewhere == []
    assert renew_lease(held).taken_by == shift_leader
    assert [mark.name for mark in around(held).open_elsewhere] == ["leader"]
    assert renew_lease(held, is_opening=True).taken_by is None
    with pytest.raises(PermissionDenied):
        take_over(shifter, held)


def test_other_tab_is_told_that_the_later_one_wins(shifter):
    first, second = sheet_of(shifter), sheet_of(shifter)
    keep(second, "comment=second")
    assert around(first).newer_elsewhere and around(second).newer_elsewhere is None
    again = restoring(shifter)
    found = around(again)
    assert found.restored and found.newer_elsewhere is None and not found.offered
    keep(second, "comment=second, and on")
    found = around(again)
    assert found.newer_elsewhere and found.restored is None and len(found.offered) == 1


def test_two_tabs_with_the_same_draft_restored_keep_both(shifter):
    keep(sheet_of(shifter), "comment=first")
    one, two = restoring(shifter), restoring(shifter)
    keep(one, "comment=tab one")
    keep(two, "comment=tab two")
    assert restored(shifter, one.key) == {"comment": "tab one"}
    assert restored(shifter, two.key) == {"comment": "tab two"}
    assert Draft.objects.count() == 2
    assert [mark.key for mark, _ in around(sheet_of(shifter)).offered] == [two.key, one.key]


@pytest.mark.parametrize("ends", ["kept", "saved"])
def test_restored_draft_goes_with_its_form_unless_it_was_typed_on(shifter, ends):
    for goes_on in (False, True):
        source = sheet_of(shifter)
        keep(source, "comment=first")
        form = restoring(shifter, source.key)
        if goes_on:
            keep(source, "comment=first, and on")
        keep(form, "comment=second") if ends == "kept" else finish(shifter, RUN, "express", form)
        assert (restored(shifter, source.key) is not None) is goes_on


def test_text_that_lay_in_a_browser_is_as_old_as_it_is(shifter):
    sheet, newer = sheet_of(shifter), sheet_of(shifter)
    keep(sheet, "comment=second&typed_at=90000&sent_at=100000")
    assert keep(sheet, "comment=first&typed_at=50000&sent_at=105000") < timezone.now() - timedelta(seconds=9)
    assert restored(shifter) == {"comment": "second"}
    keep(newer, "comment=elsewhere")
    keep(sheet_of(shifter), "comment=late&typed_at=1&sent_at=3600001")
    assert restored(shifter) == {"comment": "elsewhere"}
    assert [mark.age for mark, _ in around(sheet_of(shifter)).offered][-1] == "1 h"


@pytest.mark.parametrize("clock", ["typed_at=9&sent_at=5", "typed_at=x&sent_at=5", "typed_at=" + "9" * 99, "sent_at=5"])
def test_clock_that_makes_no_sense_means_now(shifter, clock):
    before = timezone.now()
    assert keep(sheet_of(shifter), f"comment=x&{clock}") >= before


def test_text_kept_once_more_is_as_old_as_it_was(shifter):
    sheet = sheet_of(shifter)
    first = keep(sheet, "comment=x&typed_at=5&sent_at=6")
    assert keep(sheet, "comment=x&typed_at=5&sent_at=7") == first


def test_draft_that_arrives_in_the_middle_of_the_save_is_not_kept(shifter):
    sheet = sheet_of(shifter)
    renew_lease(sheet)

    def arrive(**_signal):
        keep(sheet, "comment=late")

    post_delete.connect(arrive, sender=Lease)
    try:
        finish(shifter, RUN, "express", sheet)
    finally:
        post_delete.disconnect(arrive, sender=Lease)
    assert restored(shifter) is None and Draft.objects.get().is_done


def test_discarding_what_was_restored_discards_what_it_became(shifter):
    keep(sheet_of(shifter), "comment=first")
    form = restoring(shifter)
    keep(form, "comment=second")
    discard_draft(shifter, form.restored, form)
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(seconds=-2), "less than a minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2, hours=5), "2 days"),
    ],
)
def test_age_in_words(age, said):
    assert age_in_words(age) == said

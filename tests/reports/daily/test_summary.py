"""The page of the daily report."""

import re
from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from reports.models import DayNote
from tests.factories import CertificationFactory, RunFactory, UserFactory
from tests.reports.certified import DAY, summary_certifications

pytestmark = pytest.mark.django_db
URL = "/summary/"


def _text(answer) -> str:
    return answer.context["text"]


def test_report_of_a_day_has_the_own_live_certifications(shifter_client, shifter):
    summary_certifications(shifter)
    CertificationFactory(user=shifter, date=DAY, withdrawn=True, comment="withdrawn one")
    CertificationFactory(date=DAY, comment="of somebody else")
    CertificationFactory(user=shifter, date=date(2018, 5, 15), comment="another day")
    text = _text(shifter_client.get(URL, {"date": DAY}))
    assert all(str(run) in text for run in range(300000, 300026))
    assert not any(word in text for word in ("withdrawn one", "somebody else", "another day"))


def test_totals_count_a_run_once_in_each_verdict(shifter_client, shifter):
    run = RunFactory()
    for reconstruction in ("express", "prompt"):
        CertificationFactory(
            user=shifter, date=DAY, run=run, reconstruction=reconstruction, lumisections=655, recorded_lumi=78.15
        )
    CertificationFactory(user=shifter, date=DAY, lumisections=3, recorded_lumi=0.25)
    page = " ".join(re.sub("<[^>]*>", " ", shifter_client.get(URL, {"date": DAY}).text).split())
    assert "3 certifications, 658 LS, 78.400 /pb" in page
    assert "3 certifications of 2 runs. Lumisections and recorded luminosity: for each verdict each run once." in page


def test_default_day_is_today_in_utc(shifter_client, shifter, time_machine):
    time_machine.move_to(datetime(2018, 5, 1, 23, 30, tzinfo=UTC))
    shifter_client.force_login(shifter)
    CertificationFactory(user=shifter, date=date(2018, 5, 1), comment="today")
    assert "today" in _text(shifter_client.get(URL))


def test_report_by_range_runs_and_all_shifters(shifter_client):
    certifications = [CertificationFactory(date=date(2018, 5, day), comment=f"day {day}") for day in (1, 2, 3)]
    text = _text(shifter_client.get(URL, {"date_min": "2018-05-02", "date_max": "2018-05-03", "user": "everybody"}))
    assert "day 2" in text
    assert "day 3" in text
    assert "day 1" not in text
    assert "day 1" in _text(
        shifter_client.get(URL, {"runs": certifications[0].run_number, "user": certifications[0].user.username})
    )


def test_guest_sees_everybody(guest_client):
    certification = CertificationFactory(date=DAY)
    answer = guest_client.get(URL, {"date": DAY})
    assert str(certification.run_number) in _text(answer)
    assert answer.context["note_form"] is None


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"date": "yesterday"}, "Give the day as 2018-05-01."),
        ({"date_min": "2018-05-03", "date_max": "2018-05-01"}, "Ends before it begins."),
        ({"runs": "banana"}, "neither a run number nor a range"),
        ({"user": "nobody"}, "Nobody has this account name."),
    ],
)
def test_invalid_query_shows_a_field_error(shifter_client, query, sentence):
    answer = shifter_client.get(URL, query)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_note_is_saved_for_day_and_person_and_shown_in_the_text(shifter_client, shifter):
    CertificationFactory(user=shifter, date=DAY)
    for comment in ("first", "Pixel HV was off"):
        answer = shifter_client.post(URL, {"day": DAY, "comment": comment, "links": "https://example.org/pf"})
        assert (answer.status_code, answer["Location"]) == (303, f"{URL}?date={DAY}&user=shifter")
    note = DayNote.objects.get()
    assert (note.user, note.day, note.comment) == (shifter, DAY, "Pixel HV was off")
    text = _text(shifter_client.get(URL, {"date": DAY}))
    assert "Pixel HV was off" in text
    assert "https://example.org/pf" in text


def test_note_of_one_person_is_not_in_the_report_of_another(shifter_client, shifter, other_shifter):
    DayNote.objects.create(day=DAY, user=other_shifter, comment="theirs")
    CertificationFactory(user=shifter, date=DAY)
    assert "theirs" not in _text(shifter_client.get(URL, {"date": DAY}))


def test_report_of_several_days_or_people_has_their_notes(shifter_client, shifter, other_shifter):
    days = [DAY, DAY + timedelta(days=1)]
    for day in days:
        CertificationFactory(user=shifter, date=day)
        DayNote.objects.create(
            day=day, user=shifter, comment=f"quiet {day.day}", links=f"https://example.org/{day.day}"
        )
    CertificationFactory(user=other_shifter, date=DAY)
    DayNote.objects.create(day=DAY, user=other_shifter, comment="HV trip")
    DayNote.objects.create(day=days[1], user=other_shifter, comment="certified nothing")
    own = [f"{day} shifter: quiet {day.day}" for day in days]
    others = f"{DAY} {other_shifter.username}: HV trip"
    for query, notes in (
        ({"date_min": days[0], "date_max": days[1]}, own),
        ({"date": DAY, "user": "everybody"}, [own[0], others]),
        ({"date_min": days[0], "date_max": days[1], "user": "everybody"}, [own[0], others, own[1]]),
    ):
        text = _text(shifter_client.get(URL, query))
        assert text.split("Special Comments\n")[1].splitlines()[1 : len(notes) + 1] == notes
        assert f"{DAY} shifter: https://example.org/14" in text
        assert "certified nothing" not in text


def test_note_without_a_day_is_returned_with_an_error(shifter_client):
    answer = shifter_client.post(URL, {"day": "", "comment": "still here", "links": ""})
    assert answer.status_code == 422
    assert "still here" in answer.content.decode()
    assert not DayNote.objects.exists()


def test_guest_cannot_save_a_note(guest_client):
    assert guest_client.post(URL, {"day": DAY, "comment": "x"}).status_code == 403


def test_download_is_the_text_on_the_page(shifter_client, shifter):
    summary_certifications(shifter)
    answer = shifter_client.get(URL, {"date": DAY, "download": "1"})
    assert answer.content.decode() == _text(shifter_client.get(URL, {"date": DAY}))
    assert answer["Content-Disposition"] == 'attachment; filename="tracker-report-2018-05-14.txt"'


def test_query_count_of_the_report_is_independent_of_row_count(shifter_client, django_assert_max_num_queries):
    user = UserFactory()
    summary_certifications(user)
    with django_assert_max_num_queries(6):
        shifter_client.get(URL, {"date": DAY, "user": user.username})


def test_shift_leader_sees_all_shifters_and_fields_show_the_selection(shift_leader_client, shifter, time_machine):
    time_machine.move_to(datetime(2018, 5, 1, 12, 0, tzinfo=UTC))
    shift_leader_client.force_login(UserFactory(role="shift_leader"))
    page = shift_leader_client.get(URL).content.decode()
    assert "Nobody certified anything on 2018-05-01." in page
    assert 'value="2018-05-01"' in page and 'value="everybody"' in page
    CertificationFactory(user=shifter, date=date(2018, 5, 1), comment="today")
    assert "today" in _text(shift_leader_client.get(URL))
    query = {"date": "2018-05-01", "date_min": "2018-04-01", "date_max": "2018-04-02"}
    answer = shift_leader_client.get(URL, query)
    assert answer.context["rows"] == [] and 'value="2018-05-01"' not in answer.content.decode()


def test_note_typed_in_training_stays_practice(shifter_client, shifter, shift_leader_client, guest_client):
    shifter.in_training = True
    shifter.save(update_fields=["in_training"])
    opened = shifter_client.get(URL, {"date": DAY})
    assert opened.context["note_form"].initial["practice"] is True
    sent = {"day": DAY, "comment": "exercise", "links": "", "practice": "True"}
    assert "Saved as practice" in shifter_client.post(URL, sent, follow=True).content.decode()
    assert shifter_client.get(URL, {"date": DAY}).context["note_form"].initial["comment"] == "exercise"
    shifter.in_training = False
    shifter.save(update_fields=["in_training"])
    shifter_client.post(URL, sent | {"comment": "sent too late"})  # the form was opened in training
    shifter_client.post(URL, sent | {"comment": "for real", "practice": "False"})
    assert dict(DayNote.everything.values_list("is_practice", "comment")) == {True: "sent too late", False: "for real"}
    CertificationFactory(user=shifter, date=DAY)
    own_page = shifter_client.get(URL, {"date": DAY})
    assert "for real" in _text(own_page) and "late" not in _text(own_page)
    assert "In training you wrote:" in own_page.content.decode()
    week = f"from={DAY}&to={DAY}"
    addresses = (f"{URL}?date={DAY}&user=shifter", f"/shiftleader/part/days/?{week}", f"/shiftleader/report/?{week}")
    for page in (client.get(address).text for client in (shift_leader_client, guest_client) for address in addresses):
        assert "for real" in page
        assert "sent too late" not in page


def test_earlier_notes_typed_in_training_become_practice():
    began = timezone.now()
    people = [UserFactory(in_training=is_on, training_since=began) for is_on in (True, True, False)]
    for person in people:
        DayNote.objects.create(day=DAY, user=person, comment="x")
    DayNote.objects.filter(user=people[1]).update(updated_at=began - timedelta(hours=1))
    import_module("reports.migrations.0003_practice").mark_what_was_typed_in_training(apps, None)
    assert [note.user for note in DayNote.everything.filter(is_practice=True)] == people[:1]

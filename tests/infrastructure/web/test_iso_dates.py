"""Days in forms are ISO days."""

from datetime import date

import pytest
from django import forms

from infrastructure.web.iso_dates import IsoDateField


class _Form(forms.Form):
    day = IsoDateField()


@pytest.mark.parametrize("text", ["2018-05-04", " 2018-05-04\n", "\ufeff2018-05-04", "2018-05-04\u200b"])
def test_iso_day_is_read(text):
    form = _Form({"day": text})
    assert form.is_valid()
    assert form.cleaned_data["day"] == date(2018, 5, 4)


@pytest.mark.parametrize(
    "text",
    [
        "05/04/2018",
        "4.5.2018",
        "2018-5-4",
        "20180504",
        "2018-W18-5",
        "2018-05-04T00:00",
        "May 4",
        "18-05-04",
        "２０１８-05-04",
    ],
)
def test_any_other_notation_is_refused_with_the_right_one(text):
    assert _Form({"day": text}).errors == {
        "day": [f"“{text}” is not written as year-month-day. Give the day as 2018-05-01."]
    }


@pytest.mark.parametrize("text", ["2018-02-30", "2018-13-01", "0000-01-01"])
def test_day_that_does_not_exist_is_refused(text):
    assert _Form({"day": text}).errors == {"day": [f"There is no day {text}. Give the day as 2018-05-01."]}


def test_day_is_shown_as_text_whatever_the_language(settings):
    settings.LANGUAGE_CODE = "de"
    html = _Form(initial={"day": date(2018, 5, 4)}).as_p()
    assert 'type="text"' in html
    assert 'value="2018-05-04"' in html

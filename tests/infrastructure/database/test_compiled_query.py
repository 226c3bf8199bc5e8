"""A compiled query returns the rows of Django in one query."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from certify.models import RunReconstruction
from certify.vocabulary.models import ChecklistProgress
from infrastructure.database.compiled_query import (
    PLACEHOLDER,
    PLACEHOLDER_DAY,
    PLACEHOLDER_TIME,
    SECOND_PLACEHOLDER,
    PrecompiledQuery,
)
from oms.models import OmsRun
from tests.factories import ReconstructionFactory, RunFactory

if TYPE_CHECKING:
    from django.db import models

pytestmark = pytest.mark.django_db


def _with_fill(number):
    return OmsRun.objects.select_related("fill").filter(pk=number)


def _between(first, last, name):
    rows = RunReconstruction.objects.filter(run_id__gte=first, run_id__lte=last, reconstruction=name).order_by("run_id")
    return rows.values_list("run_id", "run__start_time", "run__components")


def _progress_on(day):
    return ChecklistProgress.objects.filter(shift_day=day).values_list("checklist", "edition")


def _runs_since(time):
    return OmsRun.objects.filter(start_time__gte=time).order_by("-start_time").values_list("start_time")[:2]


def _columns(row: models.Model) -> dict:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_rows_equal_those_of_django_column_by_column(django_assert_num_queries):
    compiled: PrecompiledQuery[OmsRun] = PrecompiledQuery(_with_fill, PLACEHOLDER)
    with_fill, without = RunFactory(), RunFactory(cosmics=True)
    for run in (with_fill, without, with_fill):
        with django_assert_num_queries(1):
            read = compiled.first(run.run_number)
            fill = read.fill
        [expected] = _with_fill(run.run_number)
        assert _columns(read) == _columns(expected)
        assert (fill and _columns(fill)) == (expected.fill and _columns(expected.fill))


def test_row_of_a_compiled_query_can_be_saved_and_read_again():
    compiled: PrecompiledQuery[OmsRun] = PrecompiledQuery(_with_fill, PLACEHOLDER)
    run = RunFactory()
    read = compiled.first(run.run_number)
    read.lumisections = 5
    read.save()
    assert OmsRun.objects.get().lumisections == compiled.first(run.run_number).lumisections == 5


def test_parameters_are_bound_in_order_and_rows_are_tuples():
    compiled: PrecompiledQuery[tuple] = PrecompiledQuery(_between, PLACEHOLDER, SECOND_PLACEHOLDER, "the name")
    runs = {number: RunFactory(run_number=number) for number in (318500, 318501, 318502)}
    for run in runs.values():
        for name in ("express", "prompt"):
            ReconstructionFactory(run=run, reconstruction=name)
    for arguments in ((318500, 318501, "express"), (318501, 318502, "prompt"), (318600, 318700, "express")):
        assert compiled.rows(*arguments) == list(_between(*arguments))
    assert len(compiled.rows(318500, 318501, "express")) == 2
    assert compiled.first(318600, 318700, "express") is None


def test_days_and_times_are_bound_as_django_binds_them(shifter):
    progress: PrecompiledQuery[tuple] = PrecompiledQuery(_progress_on, PLACEHOLDER_DAY)
    began: PrecompiledQuery[tuple] = PrecompiledQuery(_runs_since, PLACEHOLDER_TIME)
    day = dt.date(2018, 5, 1)
    ChecklistProgress.objects.create(user=shifter, shift_day=day, checklist="general", edition=2)
    times = [dt.datetime(2018, 5, 1, hour, tzinfo=dt.UTC) for hour in (7, 8, 9)]
    for time in times:
        RunFactory(start_time=time)
    assert progress.rows(day) == list(_progress_on(day)) == [("general", 2)]
    assert progress.rows(day + dt.timedelta(days=1)) == []
    assert began.rows(times[1]) == list(_runs_since(times[1])) == [(times[2],), (times[1],)]


def test_number_of_parameters_equals_number_of_probes():
    compiled: PrecompiledQuery[OmsRun] = PrecompiledQuery(_with_fill, PLACEHOLDER)
    with pytest.raises(ValueError, match="argument"):
        compiled.first(1, 2)


@pytest.mark.parametrize("number", [2**31, 2**63, 10**22, -(10**22)])
def test_number_out_of_column_range_is_compared(number):
    run = RunFactory()
    assert PrecompiledQuery(_with_fill, PLACEHOLDER).first(number) is None
    ReconstructionFactory(run=run, reconstruction="express")
    found = PrecompiledQuery(_between, PLACEHOLDER, SECOND_PLACEHOLDER, "the name").rows(1, number, "express")
    assert len(found) == (1 if number > 0 else 0)


def test_pages_of_an_impossible_run_are_no_error(shifter_client):
    assert shifter_client.get(f"/certify/{10**22}/express/references/").status_code == 200
    answer = shifter_client.get(f"/runs/{10**22}/")
    assert answer.status_code == 404 and "is no run number" in answer.text

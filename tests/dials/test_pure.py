"""Packed numbers, sums, datasets that belong together, and how answers are parsed: without a service or a database.

Rows are those of the backend 1.12.0 and of the released client 2.4.1, shortened to four bins.
"""

from __future__ import annotations

from math import inf, isnan, nan

import pytest

from dials.datasets import can_be_in_dials, matching_dataset
from dials.packed import pack_ascending, pack_counts, pack_figures, unpack
from dials.parsing import parse_element, parse_histogram, parse_lumisection_number, parse_run, rows_of_page
from dials.summing import RunSum, mean_and_spread
from dials.wire_types import Axis, Binning, ElementInDials, HistogramRow, RunInDataset
from infrastructure.http.errors import WrongShape

RUN = RunInDataset(14677060, "/ZeroBias/Run2023C-PromptReco-v1/DQMIO", 367112, 1000)
ELEMENT = ElementInDials(1, "PixelPhase1/Tracks/PXBarrel/charge_PXLayer_1", 1)
MAP = ElementInDials(8, "PixelPhase1/Phase1_MechanicalView/PXBarrel/clusters", 2)
RUN_ROW = {"dataset_id": 14677060, "dataset": RUN.dataset, "run_number": 367112, "ls_count": 1000}
ROW = {
    "dataset": RUN.dataset,
    "me": ELEMENT.name,
    "dataset_id": 14677060,
    "file_id": 3393809397,
    "run_number": 367112,
    "ls_number": 10,
    "me_id": 1,
    "x_min": 0.0,
    "x_max": 80000.0,
    "x_bin": 4.0,
    "entries": 12,
    "data": [1.0, 2.0, 3.0, 4.0],
}
MAP_ROW = ROW | {"me": MAP.name, "x_bin": 2.0, "y_min": -1.5, "y_max": 1.5, "y_bin": 2.0, "data": [[1.0, 0.0], [3, 4]]}


@pytest.mark.parametrize(
    "values", [[], [0], [1, 2.0, 4_294_967_295], [4_294_967_296], [0.5, 3], [7] * 5000], ids=lambda values: values[:3]
)
def test_counts_are_packed_exactly(values):
    assert unpack(pack_counts(values)) == values


def test_ascending_numbers_take_few_bytes():
    numbers = [*range(1, 1500), *range(1600, 3178)]
    packed = pack_ascending(numbers)
    assert unpack(packed) == numbers
    assert len(packed) < 60


def test_figures_have_seven_digits_and_may_be_none():
    first, second = unpack(pack_figures([21345.678, nan]))
    assert first == pytest.approx(21345.678, rel=1e-7)
    assert isnan(second)
    assert unpack(b"") == []


def test_row_of_one_dimension():
    histogram = parse_histogram(ROW, RUN, ELEMENT)
    assert histogram == HistogramRow(10, Binning(Axis(0, 80000, 4)), 12, [1, 2, 3, 4])


def test_row_of_two_dimensions_is_a_list_for_each_bin_of_y():
    histogram = parse_histogram(MAP_ROW, RUN, MAP)
    assert histogram.binning == Binning(Axis(0, 80000, 2), Axis(-1.5, 1.5, 2))
    assert histogram.contents == [1, 0, 3, 4]


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"run_number": 1}, "run_number"),
        ({"dataset_id": 1}, "dataset_id"),
        ({"me": "Another"}, "me"),
        ({"me": None}, "me"),
        ({"ls_number": 0}, "ls_number"),
        ({"ls_number": True}, "ls_number"),
        ({"entries": -1}, "entries"),
        ({"entries": 1.5}, "entries"),
        ({"x_max": None}, "x_max"),
        ({"x_max": 0.0}, "x_bin"),
        ({"x_bin": 4.5}, "x_bin"),
        ({"x_bin": 3.0}, "data"),
        ({"data": [1, 2, 3, "NaN"]}, "data"),
        ({"data": [1, 2, 3, None]}, "data"),
        ({"data": [1, 2, 3, inf]}, "data"),
        ({"data": [1, 2, 3, -1]}, "data"),
        ({"data": [[1, 2], [3, 4]]}, "data"),
        ({"data": None}, "data"),
    ],
)
def test_row_that_cannot_be_read_is_refused_with_its_key(changed, key):
    with pytest.raises(WrongShape) as caught:
        parse_histogram(ROW | changed, RUN, ELEMENT)
    assert caught.value.key == key


@pytest.mark.parametrize("data", [[1, 2, 3, 4], [[1, 2]], [[1, 2], [3]], [[1, 2], None]])
def test_map_of_another_form_is_refused(data):
    with pytest.raises(WrongShape, match="data"):
        parse_histogram(MAP_ROW | {"data": data}, RUN, MAP)


@pytest.mark.parametrize(
    ("row", "completeness"),
    [(RUN_ROW, None), (RUN_ROW | {"ls_completeness": None}, None), (RUN_ROW | {"ls_completeness": 0.98}, 0.98)],
)
def test_run_of_both_versions(row, completeness):
    assert parse_run(row, 367112) == RunInDataset(14677060, RUN.dataset, 367112, 1000, completeness)


@pytest.mark.parametrize("changed", [{"ls_count": -1}, {"ls_count": None}, {"run_number": 2}, {"dataset": None}])
def test_run_that_cannot_be_read_is_refused(changed):
    with pytest.raises(WrongShape):
        parse_run(RUN_ROW | changed, 367112)


def test_elements_lumisections_and_pages():
    assert parse_element({"me_id": 1, "me": ELEMENT.name, "count": 1400, "dim": 1}) == ELEMENT
    row = {"dataset_id": 14677060, "run_number": 367112, "ls_number": 3, "th1_count": 9, "th2_count": 3}
    assert parse_lumisection_number(row, RUN) == 3
    assert rows_of_page({"next": None, "previous": None, "results": [row]}) == ([row], False)
    for answer in ([], {"results": []}, {"next": None, "results": {}}, None):
        with pytest.raises(WrongShape):
            rows_of_page(answer)


def test_mean_and_spread_are_in_the_unit_of_the_axis_with_bins_at_their_centres():
    assert mean_and_spread([1, 0, 0, 1], Axis(0, 8, 4)) == (4, 3)
    assert mean_and_spread([0, 5], Axis(-1, 1, 2)) == (0.5, 0)
    assert all(map(isnan, mean_and_spread([0, 0], Axis(-1, 1, 2))))


def test_sum_in_parts_in_any_order_is_the_sum_of_all():
    rows = [HistogramRow(n, Binning(Axis(0, 4, 4)), 10 + n, [n, 1, 0, 2 * n]) for n in range(1, 8)]
    whole, parts = RunSum(), RunSum()
    whole.add(rows)
    for part in (rows[:2], [], rows[5:], rows[2:5]):
        page = RunSum()
        page.add(part)
        parts.merge(page)
    assert parts == whole
    assert (whole.sums, whole.numbers, whole.entries) == ([28, 7, 0, 56], [*range(1, 8)], [*range(11, 18)])


def test_maps_count_empty_bins_and_have_no_mean():
    binning, page = Binning(Axis(0, 2, 2), Axis(0, 2, 2)), RunSum()
    page.add([HistogramRow(1, binning, 4, [1, 0, 3, 0]), HistogramRow(2, binning, 4, [4, 0, 0, 0])])
    assert (page.sums, page.empty_bins, page.means) == ([5, 0, 3, 0], [2, 3], [])


def test_other_binning_within_a_run_is_refused():
    first, second = RunSum(), RunSum()
    first.add([HistogramRow(1, Binning(Axis(0, 4, 2)), 1, [1, 0])])
    second.add([HistogramRow(2, Binning(Axis(0, 5, 2)), 1, [1, 0])])
    with pytest.raises(WrongShape):
        first.merge(second)
    with pytest.raises(WrongShape):
        first.add([HistogramRow(2, Binning(Axis(0, 4, 4)), 1, [1, 0, 0, 0])])


@pytest.mark.parametrize(
    ("registry_name", "dataset"),
    [
        ("/Express/Collisions2018/DQM", "/StreamExpress/Run2018A-Express-v1/DQMIO"),
        ("/PromptReco/Collisions2018A/DQM", "/ZeroBias/Run2018A-PromptReco-v3/DQMIO"),
        ("/ReReco/Run2018A_17Sep2018/DQM", "/ZeroBias/Run2018A-17Sep2018-v1/DQMIO"),
        ("/ReReco/Run2018A_UL2019/DQM", "/ZeroBias/Run2018A-12Nov2019_UL2018-v2/DQMIO"),
        ("/ReReco/Run2018A_PreUL2019/DQM", None),
        ("/ReReco/Run2018A_22Jun2018/DQM", None),
        ("/Express/Cosmics18/DQM", None),
        ("/PromptReco/Cosmics18A/DQM", None),
        ("online", None),
        ("/Import/2018/DQM", None),
        ("", None),
    ],
)
def test_dataset_of_dials_for_one_of_run_registry(registry_name, dataset):
    names = [
        "/HIForward0/Run2018A-PromptReco-v9/DQMIO",
        "/StreamExpress/Run2018A-Express-v1/DQMIO",
        "/StreamExpressCosmics/Run2018A-Express-v1/ALCARECO",
        "/ZeroBias/Run2018A-PromptReco-v1/DQMIO",
        "/ZeroBias/Run2018A-PromptReco-v3/DQMIO",
        "/ZeroBias/Run2018A-17Sep2018-v1/DQMIO",
        "/ZeroBias/Run2018A-12Nov2019_UL2018-v2/DQMIO",
    ]
    found = matching_dataset(registry_name, [RunInDataset(n, name, 1, 10) for n, name in enumerate(names)])
    assert (found.dataset if found else None) == dataset


@pytest.mark.parametrize("name", ["/Express/Cosmics18/DQM", "/PromptReco/Cosmics18A/DQM", "online", "", "/a/b/c/d"])
def test_cosmics_and_online_are_never_in_dials(name):
    assert not can_be_in_dials(name)

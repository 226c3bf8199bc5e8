import copy
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.http.errors import WrongShape
from registry import parsing
from registry.parsing import RegistryDataset


def row(number=315270, name="/Express/Collisions2018/DQM", **parts):
    return {
        "run_number": number,
        "name": name,
        "dataset_attributes": {"tracker_state": "OPEN", "global_state": "COMPLETED"},
        "Run": {"rr_attributes": {"class": "Collisions18", "state": "SIGNOFF"}, "oms_attributes": {}},
    } | parts


def test_row_becomes_a_dataset_with_the_trackers_own_state():
    assert parsing.parse_dataset(row()) == RegistryDataset(
        run_number=315270,
        name="/Express/Collisions2018/DQM",
        reconstruction="express",
        state="OPEN",
        run_class="Collisions18",
        run_state="SIGNOFF",
        registry_name="/Express/Collisions2018/DQM",
    )


@pytest.mark.parametrize(
    "parts",
    [
        {"dataset_attributes": {}, "Run": {}},
        {"dataset_attributes": None, "Run": None},
        {"Run": {"rr_attributes": None}},
    ],
)
def test_row_with_missing_keys_is_parsed(parts):
    dataset = parsing.parse_dataset(row(**parts))
    assert dataset.reconstruction == "express"
    assert dataset.run_class is None


def test_name_is_stripped_and_the_registry_name_is_unchanged():
    dataset = parsing.parse_dataset(row(name="/Express/Commissioning2022/DQM\n"))
    assert dataset.name == "/Express/Commissioning2022/DQM"
    assert dataset.registry_name == "/Express/Commissioning2022/DQM\n"


def test_repeated_rows_are_parsed_once():
    rows = [row(), row(), row(name="/Express/Collisions2018/DQM\n"), row(315271)]
    assert [(dataset.run_number, dataset.name) for dataset in parsing.parse_datasets(rows).rows] == [
        (315270, "/Express/Collisions2018/DQM"),
        (315271, "/Express/Collisions2018/DQM"),
    ]


@pytest.mark.parametrize(
    ("bad", "key"),
    [
        (None, "run_number"), ([], "run_number"), ("row", "run_number"), ({}, "run_number"), (row(name=""), "name"),
        (row(name=" \n"), "name"), (row(name="\x00"), "name"), (row(name=5), "name"), (row(name=None), "name"),
        (row("315270"), "run_number"), (row(None), "run_number"), (row(True), "run_number"), (row(0), "run_number"),
        (row(2**31), "run_number"), (row(315270.0), "run_number"),
    ],
)  # fmt: skip
def test_row_without_run_or_name_names_the_key(bad, key):
    with pytest.raises(WrongShape) as caught:
        parsing.parse_dataset(bad)
    assert caught.value.key == key
    assert caught.value.sentence.startswith("Run Registry answered in an unknown form (")


ODD_VALUES = [7, -7, 2.5, True, "", "OPEN", [], [1], {"status": "OPEN"}, {}, "NaN", "2018"]


def with_value(path, value):
    """A row with this value at the path of keys."""
    changed = copy.deepcopy(row())
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


# {path of an attribute: what is read of it}.
ATTRIBUTES = {
    ("dataset_attributes",): {"state"},
    ("dataset_attributes", "tracker_state"): {"state"},
    ("dataset_attributes", "global_state"): set(),
    ("Run",): {"run_class", "run_state"},
    ("Run", "rr_attributes"): {"run_class", "run_state"},
    ("Run", "rr_attributes", "class"): {"run_class"},
    ("Run", "rr_attributes", "state"): {"run_state"},
    ("Run", "oms_attributes"): set(),
    ("nobody needs it",): set(),
}


@pytest.mark.parametrize("path", ATTRIBUTES, ids=".".join)
def test_one_odd_attribute_does_not_change_the_others(path):
    ours = ATTRIBUTES[path] | {"left_out"}
    expected = {name: value for name, value in asdict(parsing.parse_dataset(row())).items() if name not in ours}
    for value in ODD_VALUES:
        read = asdict(parsing.parse_dataset(with_value(path, value)))
        assert {name: value for name, value in read.items() if name not in ours} == expected, value


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (("dataset_attributes", "tracker_state"), 1, "tracker_state 1"),
        (("dataset_attributes",), [], "dataset_attributes []"),
        (("Run",), "x", "Run x"),
        (("Run", "rr_attributes", "class"), ["Collisions18"], 'class ["Collisions18"]'),
    ],
)
def test_odd_value_that_is_needed_is_named(path, value, text):
    dataset = parsing.parse_dataset(with_value(path, value))
    assert dataset.left_out == (text,)
    (sentence,) = parsing.left_out_sentences([dataset])
    assert sentence == (
        f"Run Registry gives values that cannot be used, left out here: 315270 /Express/Collisions2018/DQM {text}. "
        "Look there for them."
    )


@pytest.mark.parametrize("path", [path for path, needed in ATTRIBUTES.items() if not needed & {"state", "run_class"}])
def test_odd_value_that_nobody_needs_is_not_named(path):
    assert parsing.left_out_sentences([parsing.parse_dataset(with_value(path, 5))]) == []


def test_row_that_cannot_be_used_does_not_cost_the_others():
    parsed = parsing.parse_datasets([row(), row(315271, name=None), 5, row(315272)])
    assert [dataset.run_number for dataset in parsed.rows] == [315270, 315272]
    assert parsed.unusable == ("a dataset of run 315271 without a name", "a dataset without a run number")


def test_answer_without_a_usable_row_is_an_error():
    with pytest.raises(WrongShape, match="name"):
        parsing.parse_datasets([row(name=None), row(name=5)])
    assert parsing.parse_datasets([]).rows == []


def test_long_list_of_odd_values_is_cut_and_counted():
    datasets = [parsing.parse_dataset(row(number, dataset_attributes=5)) for number in range(1, 14)]
    (sentence,) = parsing.left_out_sentences(datasets)
    assert "10 /Express/Collisions2018/DQM dataset_attributes 5; and 3 more. " in sentence


@pytest.mark.parametrize(
    ("name", "reconstruction"),
    [
        ("/StreamExpressCosmics/Commissioning2018-Express-v1/DQMIO", "express"),
        ("/Cosmics/Commissioning2018-PromptReco-v1/DQMIO", "prompt"),
        ("/ReReco/Run2018A_17Sept2018/DQM", "rereco"),
        ("/ReReco/Run2017B_UL2019/DQM", "rerecoul"),
        ("/rereco/Run2017B_ul2019/DQM", "rereco"),
        ("/ReReco/Run2018A_17JUL2018/DQM", "rereco"),
        ("/ReReco/Run2018A_JULY/DQM", "rereco"),
        ("/ReReco/Run2018A_ULTRA/DQM", "rereco"),
        ("/ReReco/Run2018A-12Nov2019_UL2018-v1/DQM", "rerecoul"),
        ("/ReReco/UL/DQM", "rerecoul"),
        ("/PROMPTRECO/Collisions2018A/DQM", "prompt"),
        ("online", None),
        ("/ULTRA/x", None),
        ("", None),
    ],
)
def test_reconstruction_is_read_from_the_name(name, reconstruction):
    assert parsing.reconstruction_in(name) == reconstruction


@given(st.text())
def test_any_name_has_one_of_the_reconstructions_or_none(name):
    assert parsing.reconstruction_in(name) in {"express", "prompt", "rereco", "rerecoul", None}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(row(), values)) | values)
def test_any_row_becomes_a_dataset_or_a_typed_error(any_row):
    try:
        assert parsing.parse_dataset(any_row).name
        assert len(parsing.left_out_sentences([parsing.parse_dataset(any_row)])) < 2
    except WrongShape as error:
        assert error.service == "registry"

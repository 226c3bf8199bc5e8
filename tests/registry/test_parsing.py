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
    assert [(dataset.run_number, dataset.name) for dataset in parsing.parse_datasets(rows)] == [
        (315270, "/Express/Collisions2018/DQM"),
        (315271, "/Express/Collisions2018/DQM"),
    ]


@pytest.mark.parametrize(
    ("bad", "key"),
    [
        (None, "name"), ([], "datasets"), ("row", "datasets"), ({}, "name"), (row(name=""), "name"),
        (row(name=" \n"), "name"), (row(name=5), "name"), (row("315270"), "run_number"), (row(None), "run_number"),
        (row(True), "run_number"), (row(0), "run_number"), (row(2**31), "run_number"),
        (row(dataset_attributes=[]), "dataset_attributes"), (row(Run="x"), "Run"),
        (row(dataset_attributes={"tracker_state": 1}), "tracker_state"),
        (row(Run={"rr_attributes": []}), "rr_attributes"), (row(Run={"rr_attributes": {"class": []}}), "class"),
    ],
)  # fmt: skip
def test_wrong_shape_names_the_key(bad, key):
    with pytest.raises(WrongShape) as caught:
        parsing.parse_dataset(bad)
    assert caught.value.key == key
    assert caught.value.sentence.startswith("Run Registry answered in an unknown form (")


@pytest.mark.parametrize(
    ("name", "reconstruction"),
    [
        ("/StreamExpressCosmics/Commissioning2018-Express-v1/DQMIO", "express"),
        ("/Cosmics/Commissioning2018-PromptReco-v1/DQMIO", "prompt"),
        ("/ReReco/Run2018A_17Sept2018/DQM", "rereco"),
        ("/ReReco/Run2017B_UL2019/DQM", "rerecoul"),
        ("/rereco/Run2017B_ul2019/DQM", "rereco"),
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
    except WrongShape as error:
        assert error.service == "registry"

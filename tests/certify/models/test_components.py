"""Components are declared in one place; no other module contains their names."""

import re
import subprocess
from itertools import cycle
from pathlib import Path

import pytest

from certify.models.certification import TrackerCertification, problem_model
from certify.models.components import (
    FLAG_COLUMNS,
    PROBLEM_FIELDS,
    Component,
    ComponentFlag,
    component_flags_of,
    flag_columns,
)
from certify.rules.component_sentences import component_sentences
from listruns.export_rows import FIELDS
from listruns.tables import CertificationTable
from registry.flags import COLUMNS

ROOT = Path(__file__).parents[3]
# The declaration, its columns and models, the codes that are stored, the names that Run Registry and DIALS have.
EXEMPT = {
    "certify/models/__init__.py",
    "certify/models/certification.py",
    "certify/models/choices.py",
    "certify/models/components.py",
    "certify/models/vocabulary.py",
    "dials/elements.py",
    "registry/flags.py",
}
# Not part of the product, and the vocabulary of a new system.
EXEMPT_FOLDERS = ("tests/", "sandbox/", "tools/", "certify/vocabulary/fixtures/")
# Strip and Tracking have other meanings, too; as names of fields they are quoted, an attribute, or have a suffix.
SPELLED = re.compile(
    r"""pixel | \b(strip|tracking)_(lowstat|problems)\b | ["'](strip|tracking)["'] | Component\.(strip|tracking)\b
    | (?<!str)\.(strip|tracking)\b(?!\() | (Strip|Tracking)Problem""",
    re.IGNORECASE | re.VERBOSE,
)


def _product_files() -> list[str]:
    command = ["git", "ls-files", "--", "*.py", "*.html", "*.js", "*.css"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [name for name in listed if not name.startswith(EXEMPT_FOLDERS) and "/migrations/" not in name]


def test_no_other_file_contains_the_name_of_a_component():
    files = [ROOT / name for name in _product_files() if name not in EXEMPT]
    assert len(files) > 300
    assert [str(file.relative_to(ROOT)) for file in files if SPELLED.search(file.read_text(encoding="utf-8"))] == []


def test_each_exempt_file_contains_the_name_of_a_component():
    assert {name for name in EXEMPT if SPELLED.search((ROOT / name).read_text(encoding="utf-8"))} == EXEMPT


def test_each_component_has_its_columns_and_a_column_of_run_registry():
    columns = {field.name for field in TrackerCertification._meta.get_fields()}
    assert columns >= {*FLAG_COLUMNS, *PROBLEM_FIELDS}
    assert len({problem_model(component) for component in Component}) == len(Component)
    assert set(COLUMNS) == set(Component.values)
    assert set(FIELDS) >= {*FLAG_COLUMNS, *PROBLEM_FIELDS}


def test_list_has_the_components_in_order_after_the_run_type():
    names = [column.name for column in CertificationTable([]).columns]
    assert names[: 3 + len(Component)] == ["run", "reconstruction", "run_type", *Component.values]


@pytest.mark.parametrize(
    ("component", "counts"),
    [
        (Component.PIXEL, {"collisions": True, "cosmics": False, "unknown": None}),
        (Component.STRIP, {"collisions": True, "cosmics": True, "unknown": True}),
        (Component.TRACKING, {"collisions": True, "cosmics": True, "unknown": True}),
    ],
)
def test_only_pixel_does_not_count_for_cosmics(component, counts):
    assert {run_type: component.counts_for(run_type) for run_type in counts} == counts


def test_flags_and_columns_are_equivalent():
    flags = tuple(
        ComponentFlag(component, "bad", lowstat) for component, lowstat in zip(Component, cycle((True, False)))
    )
    row = TrackerCertification(**flag_columns(flags))
    assert component_flags_of(row) == row.component_flags == flags
    assert [flag.is_ok for flag in flags] == [flag.lowstat for flag in flags]


def test_sentences_follow_the_declaration():
    sentences = component_sentences()
    assert sentences.names == "Pixel, Strip and Tracking"
    assert sentences.undecided == "Pixel"
    assert sentences.verdict == (
        "Collisions are good when Pixel, Strip and Tracking are ok. "
        "Cosmics are good when Strip and Tracking are ok; Pixel does not count."
    )
    assert sentences.refused == ("Tracking cannot be good while Strip is bad without low statistics.",)
    assert sentences.confirmations == "Tracking good without Strip or Pixel"


@pytest.mark.django_db
def test_help_page_contains_each_sentence(shifter_client):
    page = shifter_client.get("/help/").text
    sentences = component_sentences()
    for text in (sentences.names, sentences.verdict, sentences.confirmations, *sentences.refused):
        assert text in page
    assert f"run type and only {sentences.undecided} not ok" in page

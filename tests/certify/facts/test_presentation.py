"""Facts as text: which of them are typed."""

import pytest

from certify.facts.presentation import typed_text

OF_BOTH = "typed: fill type, initial luminosity, initial luminosity of the fill"


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        (None, ""),
        ({"run": {}, "fill": {}}, ""),
        ({"run": ["hlt_key", "b_field", "recorded_lumi"]}, "typed: HLT key, B field, recorded luminosity"),
        ({"run": ["energy", "run_type"], "fill": ["era"]}, "typed: energy per beam, run type, era"),
        ({"run": ["fill_type_runtime", "init_lumi"], "fill": ["fill_type_runtime", "init_lumi"]}, OF_BOTH),
        ({"run": ["of_an_earlier_version"]}, "typed: of an earlier version"),
    ],
)
def test_typed_facts_have_the_labels_of_the_forms_and_each_is_named_once(typed, text):
    assert typed_text(typed and {part: dict.fromkeys(names) for part, names in typed.items()}) == text

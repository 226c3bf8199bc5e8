"""Equal-looking names are one."""

import pytest

from infrastructure.names import clean_name, name_key


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("cre\u0300me", "cr\u00e8me"),
        ("high\u200bvoltage", "highvoltage"),
        ("\ufeffHV off", "HV off"),
        ("HV\u00a0 off\n", "HV off"),
        ("HV\u00adoff", "HVoff"),
        ("\u202eHV", "HV"),
        ("\u200b \u2060", ""),
        ("Straße", "Straße"),
    ],
)
def test_name_is_composed_without_invisible_characters(typed, name):
    assert clean_name(typed) == name


@pytest.mark.parametrize(
    ("first", "second"),
    [("CRE\u0300ME", "cr\u00e8me"), ("HV\u00a0Off", "hv off"), ("zero\u200bwidth", "Zerowidth"), ("STRASSE", "straße")],
)
def test_equal_looking_names_have_one_key(first, second):
    assert name_key(first) == name_key(second)


def test_other_names_have_other_keys():
    assert len({name_key(name) for name in ("HV off", "HV of", "HVoff", "H V off")}) == 4

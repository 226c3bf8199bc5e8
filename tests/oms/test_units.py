import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms import units
from oms.units import UnknownUnit

finite = st.floats(min_value=0, max_value=1e9, allow_nan=False, allow_infinity=False)
# The value of each unit in 1/pb, written out.
LUMI_TABLE = [
    ("fb^{-1}", Fraction(1000)),
    ("pb^{-1}", Fraction(1)),
    ("nb^{-1}", Fraction(1, 10**3)),
    ("{\\mu}b^{-1}", Fraction(1, 10**6)),
    ("mb^{-1}", Fraction(1, 10**9)),
]


@pytest.mark.parametrize(("unit", "factor"), LUMI_TABLE)
def test_each_unit_that_oms_uses_is_converted_exactly(unit, factor):
    for value in (1, 535.870717, 0.000266922, 8.107441, 6369):
        exact = Fraction(repr(value)) * factor
        assert units.in_inverse_pb(value, unit, "recorded_lumi") == float(exact)


@pytest.mark.parametrize("power", range(24, 35))
def test_each_step_of_instantaneous_luminosity_is_converted_exactly(power):
    unit = f"10^{{{power}}}cm^{{-2}}s^{{-1}}"
    for value in (1, 1.788128, 3036, 12934.529):
        exact = Fraction(repr(value)) * Fraction(10) ** (power - 34)
        assert units.in_1e34(value, unit, "init_lumi") == float(exact)


@given(finite)
def test_value_in_the_internal_unit_is_unchanged_bit_for_bit(value):
    assert units.in_inverse_pb(value, units.PB, "recorded_lumi").hex() == value.hex()
    assert units.in_1e34(value, units.INST_34, "init_lumi").hex() == value.hex()


@given(finite, st.sampled_from(LUMI_TABLE))
def test_conversion_is_the_closest_float(value, row):
    unit, factor = row
    assert units.in_inverse_pb(value, unit, "recorded_lumi") == float(Fraction(repr(value)) * factor)


@pytest.mark.parametrize(
    ("spelling", "unit"),
    [
        ("pb^{-1}", "pb^{-1}"),
        ("1/pb", "pb^{-1}"),
        ("/pb", "pb^{-1}"),
        ("pb^-1", "pb^{-1}"),
        ("pb-1", "pb^{-1}"),
        (" pb^{-1} ", "pb^{-1}"),
        ("1/µb", "{\\mu}b^{-1}"),
        ("1/\u03bcb", "{\\mu}b^{-1}"),
        ("ub^{-1}", "{\\mu}b^{-1}"),
        ("\\mu b^{-1}", "{\\mu}b^{-1}"),
        ("1/fb", "fb^{-1}"),
        ("b^{-1}", None),
        ("pb", None),
        ("PB^{-1}", None),
        ("pb^{-2}", None),
        ("furlong", None),
        ("", None),
        ("10^{34}cm^{-2}s^{-1}", None),
    ],
)
def test_spellings_of_integrated_units(spelling, unit):
    assert units.lumi_unit(spelling) == unit


@pytest.mark.parametrize(
    ("spelling", "unit"),
    [
        ("10^{34}cm^{-2}s^{-1}", "10^{34}cm^{-2}s^{-1}"),
        ("10^{27} cm^{-2} s^{-1}", "10^{27}cm^{-2}s^{-1}"),
        ("10^34 cm^-2 s^-1", "10^{34}cm^{-2}s^{-1}"),
        ("10³⁴ cm⁻²s⁻¹", "10^{34}cm^{-2}s^{-1}"),
        ("10^{35}cm^{-2}s^{-1}", None),
        ("10^{23}cm^{-2}s^{-1}", None),
        ("10^{3}cm^{-2}s^{-1}", None),
        ("10^{34}cm^{-2}", None),
        ("10^{30}cm^{-2}s^{-1}(10^{11}p)^{-2}", None),
        ("pb^{-1}", None),
    ],
)
def test_spellings_of_instantaneous_units(spelling, unit):
    assert units.inst_lumi_unit(spelling) == unit


@pytest.mark.parametrize("unit", ["furlong", "s", "pb", "10^{34}cm^{-2}s^{-1}"])
@pytest.mark.parametrize("value", [78.15, 0])
def test_unknown_unit_is_an_error_that_names_attribute_and_unit(unit, value):
    with pytest.raises(UnknownUnit) as caught:
        units.in_inverse_pb(value, unit, "recorded_lumi")
    assert (caught.value.attribute, caught.value.unit) == ("recorded_lumi", unit)
    assert caught.value.problem == "unknown unit"


@pytest.mark.parametrize("unit", [None, ""])
def test_missing_unit_is_an_error_that_names_the_attribute(unit):
    with pytest.raises(UnknownUnit, match="init_lumi: no unit"):
        units.in_1e34(1.2, unit, "init_lumi")


@pytest.mark.parametrize("unit", [None, ""])
def test_zero_needs_no_unit(unit):
    assert units.in_inverse_pb(0.0, unit, "recorded_lumi") == 0
    assert units.in_1e34(0, unit, "init_lumi") == 0


def test_energy_and_field_are_converted():
    assert units.in_gev(6.8, "TeV", "energy") == 6800
    assert units.in_gev(6499, None, "energy") == 6499
    assert units.in_tesla(3.801, "T", "b_field") == 3.801
    with pytest.raises(UnknownUnit, match="b_field"):
        units.in_tesla(38000, "G", "b_field")


@pytest.mark.parametrize(
    ("choices", "parse_unit"), [(units.LUMI_UNITS, units.lumi_unit), (units.INST_LUMI_UNITS, units.inst_lumi_unit)]
)
def test_offered_units_are_parsed_by_value_and_by_label(choices, parse_unit):
    for unit, shown in choices:
        assert parse_unit(unit) == parse_unit(shown) == unit


@given(st.text())
def test_any_text_is_a_unit_or_none(text):
    for parse_unit in (units.lumi_unit, units.inst_lumi_unit):
        assert parse_unit(text) is None or isinstance(parse_unit(text), str)


def test_small_luminosity_is_converted_without_loss():
    assert math.isclose(units.in_inverse_pb(8.107441, "{\\mu}b^{-1}", "recorded_lumi"), 8.107441e-6, rel_tol=1e-16)

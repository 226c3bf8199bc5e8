"""Luminosities as text: on their own with the unit that shows their digits, in a column with one unit."""

import pytest

from oms.formatting import inst_lumi_in_column, inst_lumi_text, lumi_in_column, lumi_text


@pytest.mark.parametrize(
    ("value", "alone", "in_column"),
    [
        (None, "not reported", "not reported"),
        (0.0, "0.000 /pb", "0.000 /pb"),
        (3.1e-7, "0.310 /µb", "<0.001 /pb"),
        (-0.0, "0.000 /pb", "0.000 /pb"),
        (-3.1e-7, "-0.310 /µb", ">-0.001 /pb"),
        (-0.0007, "-0.001 /pb", "-0.001 /pb"),
        (0.0007, "0.001 /pb", "0.001 /pb"),
        (41.2345, "41.234 /pb", "41.234 /pb"),
    ],
)
def test_integrated_luminosity(value, alone, in_column):
    assert (lumi_text(value), lumi_in_column(value)) == (alone, in_column)


@pytest.mark.parametrize(
    ("value", "alone", "in_column"),
    [
        (None, "not reported", "not reported"),
        (1.5, "1.500 × 10³⁴ cm⁻² s⁻¹", "1.500 × 10³⁴ cm⁻² s⁻¹"),
        (-0.0002, "-0.200 × 10³¹ cm⁻² s⁻¹", ">-0.001 × 10³⁴ cm⁻² s⁻¹"),
        (0.0002, "0.200 × 10³¹ cm⁻² s⁻¹", "<0.001 × 10³⁴ cm⁻² s⁻¹"),
    ],
)
def test_instantaneous_luminosity(value, alone, in_column):
    assert (inst_lumi_text(value), inst_lumi_in_column(value)) == (alone, in_column)


def test_luminosities_of_one_page_have_the_unit_of_the_largest():
    assert [inst_lumi_text(value, [1.3, None, 2e-6]) for value in (1.3, 2e-6)] == [
        "1.300 × 10³⁴ cm⁻² s⁻¹",
        "<0.001 × 10³⁴ cm⁻² s⁻¹",
    ]
    assert [inst_lumi_text(value, [2e-6, 4e-6]) for value in (2e-6, 4e-6)] == [
        "0.002 × 10³¹ cm⁻² s⁻¹",
        "0.004 × 10³¹ cm⁻² s⁻¹",
    ]
    assert (lumi_text(3.1e-7, [78.0]), lumi_text(3.1e-7, [None, 4e-7])) == ("<0.001 /pb", "0.310 /µb")

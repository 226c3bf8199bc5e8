"""Luminosities as text: on their own with the unit that shows their digits, in a column with one unit."""

import pytest

from oms.formatting import inst_lumi_in_column, inst_lumi_text, lumi_in_column, lumi_text


@pytest.mark.parametrize(
    ("value", "alone", "in_column"),
    [
        (None, "not reported", "not reported"),
        (0.0, "0.000 /pb", "0.000 /pb"),
        (3.1e-7, "0.310 /µb", "<0.001 /pb"),
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
        (0.0002, "0.200 × 10³¹ cm⁻² s⁻¹", "<0.001 × 10³⁴ cm⁻² s⁻¹"),
    ],
)
def test_instantaneous_luminosity(value, alone, in_column):
    assert (inst_lumi_text(value), inst_lumi_in_column(value)) == (alone, in_column)

"""Template filters that format luminosities."""

from django import template

from oms import formatting

register = template.Library()
register.filter("lumi_in_column", formatting.lumi_in_column)
register.filter("inst_lumi_in_column", formatting.inst_lumi_in_column)

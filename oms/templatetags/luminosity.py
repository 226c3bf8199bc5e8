"""Template filters that format luminosities."""

from django import template

from oms import formatting

register = template.Library()
register.filter("lumi", formatting.lumi_text)
register.filter("inst_lumi", formatting.inst_lumi_text)

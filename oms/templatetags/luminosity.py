"""Luminosities in templates."""

from django import template

from oms import words

register = template.Library()
register.filter("lumi", words.lumi_text)
register.filter("inst_lumi", words.inst_lumi_text)

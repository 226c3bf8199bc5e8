"""Lumisections of the runs that are certified: what pages asked for, what was read of them."""

from django.apps import AppConfig


class RangesConfig(AppConfig):
    name = "certify.ranges"
    label = "ranges"

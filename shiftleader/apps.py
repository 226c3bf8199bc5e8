from django.apps import AppConfig


class ShiftLeaderConfig(AppConfig):
    name = "shiftleader"
    verbose_name = "The week"

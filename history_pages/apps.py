from django.apps import AppConfig


class HistoryPagesConfig(AppConfig):
    name = "history_pages"
    verbose_name = "History pages"

from django.apps import AppConfig


class OpenrunsConfig(AppConfig):
    name = "openruns"
    verbose_name = "Open runs"

    def ready(self) -> None:
        from certify.editor.signals import search_opened
        from openruns.searches import on_search_opened

        search_opened.connect(on_search_opened, dispatch_uid="searches.opened")

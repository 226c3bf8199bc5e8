"""The WSGI application. Refuses to start while a start-up check of `certhelper.checks` fails."""

import gc
import os

import django
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "certhelper.settings")
django.setup()

from certhelper.checks import require_startup_checks  # noqa: E402 - settings come first
from certhelper.static_files import collect_static_files_once  # noqa: E402

require_startup_checks()
collect_static_files_once()
application = get_wsgi_application()
# Loaded modules live as long as the process: frozen, they are not scanned again, nor copied by forked workers.
gc.collect()
gc.freeze()
# A page creates about ten thousand objects. A collection every 700 of them, Python's default, takes 12 % more CPU time
# for the list of certifications and 10 % more for a save.
gc.set_threshold(20_000, 10, 10)

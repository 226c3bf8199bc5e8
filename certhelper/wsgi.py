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
# What is loaded once stays: the collector need not walk it ever again, nor forked workers copy it.
gc.collect()
gc.freeze()
# A page makes some ten thousand objects and drops them: looking for cycles every 700 took an eighth of its time.
gc.set_threshold(20_000, 10, 10)

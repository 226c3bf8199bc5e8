"""What gunicorn serves. Refuses to start when a production setting is missing."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "certhelper.settings")
application = get_wsgi_application()

from certhelper.startup import refuse_half_configured  # noqa: E402 - settings must be loaded first

refuse_half_configured()

"""Settings of the web server. Gunicorn reads them from the folder in which it is started."""

from certhelper.web.server_worker import MAX_REQUEST_LINE

limit_request_line = MAX_REQUEST_LINE
limit_request_field_size = MAX_REQUEST_LINE  # htmx names the address of the page in a header
worker_class = "certhelper.web.server_worker.ServerWorker"

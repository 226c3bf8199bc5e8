"""The answer to a form that was saved."""

from django.http import HttpResponseRedirect


class SeeOther(HttpResponseRedirect):
    """303: go and read what the save made; reloading sends nothing twice."""

    status_code = 303

"""What every page shows around its content."""

from django.conf import settings
from django.http import HttpRequest


def shell(_request: HttpRequest) -> dict[str, object]:
    """Template context of the frame: version and links."""
    return {"version": settings.VERSION, "links": settings.LINKS}

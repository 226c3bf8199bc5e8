"""Refusals of the API: JSON with one sentence."""

from __future__ import annotations

from django.http import JsonResponse

PREFIX = "/api/"
CHALLENGE = {"WWW-Authenticate": "Bearer"}


class ApiError(Exception):
    """A refused request: status, sentence and headers of its response."""

    def __init__(self, status: int, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, headers or {}

    def response(self) -> JsonResponse:
        return error_response(self.status, self.sentence, self.headers)


def error_response(status: int, sentence: str, headers: dict[str, str] | None = None) -> JsonResponse:
    """Return {"error": sentence}."""
    return JsonResponse({"error": sentence}, status=status, headers=headers)


def is_for_api(path: str) -> bool:
    """Whether a request of this path gets its errors as JSON."""
    return path.startswith(PREFIX)

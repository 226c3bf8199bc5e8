"""HTTP client that follows a sign-in through CertHelper and the CERN realm of the sandbox, step by step."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import requests
from django.test import Client
from django.urls import reverse

if TYPE_CHECKING:
    from tests.sandbox_server import SandboxForTests

START = reverse("users:cern-sign-in")
CALLBACK = reverse("users:cern-callback")
ACTION = re.compile(r'<form method="post" action="([^"]+)"')


class Browser:
    """Cookies of both sites; `client` is the test client of CertHelper."""

    def __init__(self, sandbox: SandboxForTests) -> None:
        self.sandbox = sandbox
        self.client = Client()
        self.cern = requests.Session()
        self.cern.trust_env = False

    def begin(self, following: str = "") -> str:
        """Submit "Sign in with CERN" and return the URL of the redirect to CERN."""
        answer = self.client.get(START, {"next": following} if following else {})
        assert answer.status_code == 302, answer.content.decode()
        return answer["Location"]

    def choose(self, address: str, person: str, *, without_cern_roles: bool = False) -> str:
        """Choose an account on the page of CERN and return the URL of the redirect back."""
        page = self.cern.get(address, timeout=10, allow_redirects=False)
        if page.status_code == 302:  # signed in there already
            return page.headers["Location"]
        action = self.sandbox.base_url + unescape(ACTION.search(page.text).group(1))
        field = "without_cern_roles" if without_cern_roles else "person"
        return self.cern.post(action, data={field: person}, timeout=10, allow_redirects=False).headers["Location"]

    def return_to(self, address: str):
        """Follow the redirect back to CertHelper."""
        parts = urlsplit(address)
        return self.client.get(f"{parts.path}?{parts.query}")

    def sign_in(self, person: str, following: str = "", **choice: bool):
        """Sign in, and return the last response of CertHelper."""
        return self.return_to(self.choose(self.begin(following), person, **choice))

    def leave(self):
        """Sign out, and follow the redirect to CERN, if any."""
        answer = self.client.post(reverse("users:sign-out"))
        if answer["Location"].startswith(self.sandbox.base_url):
            return self.cern.get(answer["Location"], timeout=10, allow_redirects=False)
        return answer


def query(address: str) -> dict[str, str]:
    """The query parameters of a URL."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

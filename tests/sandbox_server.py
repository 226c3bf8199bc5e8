"""The sandbox for tests: one server for the test run, without faults and logs at the start of each test.

The fixture `sandbox` also points the product's settings at it, for the time of the test.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests as http

from sandbox.server import SandboxServer, warm_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.services import SandboxState

TIMEOUT_S = 10
# The settings with the addresses of outside services, and where the sandbox has each.
PATHS = {
    "RUNREGISTRY_URL": "/registry",
    "OMS_URL": "/oms/agg/api/v1",
    "APV_URL": "/apv/getReadOutmode.pl",
    "DIALS_URL": "/dials/api/v1",
    "SSO_URL": "/sso/auth/realms/cern",
}
_control = http.Session()
_control.trust_env = False
__all__ = ["sandbox", "sandbox_server"]


@dataclass(frozen=True)
class SandboxForTests:
    """The running sandbox, controlled over HTTP. Only clearing does without, since it begins and ends each test."""

    base_url: str
    _state: SandboxState

    def _control(self, method: str, path: str, **options: Any) -> Any:
        answer = _control.request(method, f"{self.base_url}/_sandbox/{path}", timeout=TIMEOUT_S, **options)
        answer.raise_for_status()
        return answer.json()

    def faults(
        self, service: str, mode: str, *, seconds: float = 30, count: int | None = None, path: str | None = None
    ) -> None:
        """Set a fault of the service (interface: POST /_sandbox/faults)."""
        body = {"service": service, "mode": mode, "seconds": seconds, "count": count, "path": path}
        self._control("POST", "faults", json=body)

    def addresses(self) -> dict[str, str]:
        """The settings with the addresses of outside services, pointing at the sandbox."""
        return {name: f"{self.base_url}{path}" for name, path in PATHS.items()}

    def clear(self) -> None:
        """Clear faults, the log, changed people and settings, and what was written; writes take no time."""
        self._state.faults.clear()
        self._state.registry.reset()
        self._state.registry.set_write_seconds(0)
        self._state.dials.reset()
        self._state.log.clear()
        self._state.realm.reset()

    def reset_tokens(self) -> None:
        """Revoke all tokens; new ones have the ordinary lifetime."""
        self._state.tokens.revoke()

    def clear_requests(self) -> None:
        """Clear the request log."""
        self._state.log.clear()

    def requests(self, service: str | None = None) -> list[dict[str, Any]]:
        """The requests since the last clear, of all services or of one."""
        return [entry for entry in self._control("GET", "requests") if service in (None, entry["service"])]

    def revoke_tokens(self, lifetime: float = 1200) -> None:
        """Revoke all tokens; new ones have this lifetime (s)."""
        self._control("POST", "tokens", json={"lifetime": lifetime})

    def registry(self, **settings: Any) -> dict[str, Any]:
        """Change settings of Run Registry's writes: egroups, permissions, write_seconds. Return them all."""
        return self._control("POST", "registry", json=settings)

    def reset_registry(self) -> None:
        """Forget what was written to Run Registry, and its settings but for the time of writes, which is 0."""
        self._control("DELETE", "registry")
        self.registry(write_seconds=0)

    def dials(self, **settings: Any) -> dict[str, Any]:
        """Change settings of DIALS: shape, ingested. Return them all."""
        return self._control("POST", "dials", json=settings)

    def clear_faults(self) -> None:
        """End all faults."""
        self._control("DELETE", "faults")

    def person(self, name: str, **changes: Any) -> None:
        """Set the claims of a person from the next sign-in on: roles, cern_roles, names."""
        self._control("POST", "people", json={"name": name, **changes})

    def spoil_id_tokens(self, fault: str) -> None:
        """Set the defect of ID tokens (sandbox/openid/keys.py); empty for none."""
        self._control("POST", "id-tokens", json={"spoil": fault})

    def token(self, audience: str) -> str:
        """Return a machine token for the audience."""
        form = {
            "grant_type": "client_credentials",
            "client_id": "certhelper",
            "client_secret": "sandbox",
            "audience": audience,
        }
        url = f"{self.base_url}/sso/auth/realms/cern/api-access/token"
        return http.post(url, data=form, timeout=TIMEOUT_S).json()["access_token"]


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[SandboxForTests]:
    """The server, on a free port."""
    warm_up()
    server = SandboxServer(0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield SandboxForTests(server.base_url, server.state)
    server.shutdown()
    server.server_close()


@pytest.fixture
def sandbox(sandbox_server: SandboxForTests, settings) -> Iterator[SandboxForTests]:
    """The sandbox, healthy and with an empty request log; the product's settings point at it."""
    for name, address in sandbox_server.addresses().items():
        setattr(settings, name, address)
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    policy = {**policy, "form-action": ["'self'", sandbox_server.base_url]}
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": policy}
    sandbox_server.clear()
    sandbox_server.reset_tokens()
    yield sandbox_server
    sandbox_server.clear()

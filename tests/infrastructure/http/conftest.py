from tests.infrastructure.http.local_server import stand_in
from tests.sandbox_server import sandbox, sandbox_server

__all__ = ["sandbox", "sandbox_server", "stand_in"]

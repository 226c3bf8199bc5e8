from tests.remote.stand_in import stand_in
from tests.sandbox_server import sandbox, sandbox_server

__all__ = ["sandbox", "sandbox_server", "stand_in"]

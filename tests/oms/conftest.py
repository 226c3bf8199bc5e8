from tests.infrastructure.http.local_server import stand_in

__all__ = ["stand_in"]

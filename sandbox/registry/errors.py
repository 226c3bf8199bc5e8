"""Errors of Run Registry's backend."""


class RegistryError(Exception):
    """Error of the backend: the response is {"err": text} with status 500."""

"""Every place in the code that opens a connection to the outside, and that each has a time-out."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from registry import upstream_client

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
NETWORK = {"requests", "urllib", "urllib3", "http", "httpx", "aiohttp", "socket", "smtplib", "ftplib", "telnetlib"}
NOT_NETWORK = {"http.cookiejar", "urllib.parse", "urllib3.exceptions", "http.server"}
OPENERS = {"request", "get", "post", "put", "patch", "delete", "head", "options", "send", "stream", "connect"}
OPENERS |= {"urlopen", "urlretrieve", "create_connection", "HTTPConnection", "HTTPSConnection", "SMTP", "FTP"}
# The modules that open connections: the HTTP client, and the launcher that waits for its server on this machine.
DOORS = {
    "infrastructure/http/client.py: session().request",
    "certhelper/management/commands/serve.py: http.client.HTTPConnection",
}
# The modules that name a network library without opening a connection.
NAMED_ONLY = {"registry/upstream_client.py", "certhelper/web/server_worker.py"}


def sources() -> dict[str, str]:
    """The product's modules: everything but its tests, its stand-ins and its benchmark."""
    left_out = {".venv", "tests", "sandbox", "tools", "var"}
    files = [file for file in ROOT.rglob("*.py") if file.relative_to(ROOT).parts[0] not in left_out]
    return {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in files}


def network_names(tree: ast.AST) -> set[str]:
    """The names under which a module has network libraries or parts of them."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named = [(alias.name, (alias.asname or alias.name).split(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            named = [(f"{node.module}.{alias.name}", alias.asname or alias.name) for alias in node.names]
        else:
            continue
        names |= {name for full, name in named if full.split(".")[0] in NETWORK and not _is_harmless(full)}
    return names


def _is_harmless(full: str) -> bool:
    return any(full == name or full.startswith(f"{name}.") for name in NOT_NETWORK)


def call_sites(text: str) -> Iterator[tuple[str, bool]]:
    """(what is called, whether with a time-out) for each call that opens a connection."""
    tree = ast.parse(text)
    names = network_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _opens(node.func, names):
            yield ast.unparse(node.func), _has_timeout(node)


def _opens(called: ast.expr, names: set[str]) -> bool:
    """`requests.get`, `Session().post`, `session().request`, `urlopen`: by library or by session."""
    if isinstance(called, ast.Name):
        return called.id in names & OPENERS
    if not isinstance(called, ast.Attribute) or called.attr not in OPENERS:
        return False
    base = called.value
    if isinstance(base, ast.Call):
        return "session" in ast.unparse(base.func).lower() or _opens(base.func, names)
    return ast.unparse(base).split(".")[0] in names


def _has_timeout(node: ast.Call) -> bool:
    return any(keyword.arg == "timeout" and not _is_none(keyword.value) for keyword in node.keywords)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def test_every_outgoing_call_has_a_time_out():
    found = {f"{path}: {called}": timed for path, text in sources().items() for called, timed in call_sites(text)}
    assert {site for site, timed in found.items() if not timed} == set()
    assert set(found) == DOORS


def test_no_other_module_has_a_network_library():
    having = {path for path, text in sources().items() if network_names(ast.parse(text))}
    assert having == {site.split(":")[0] for site in DOORS} | NAMED_ONLY


def test_sweep_detects_calls_without_a_time_out():
    text = "import requests\nfrom urllib.request import urlopen\nimport socket\n"
    text += "requests.get('a')\nrequests.Session().post('b', timeout=None)\nurlopen('c')\nsession().request('d')\n"
    text += (
        "socket.create_connection('e')\nrequests.put('f', timeout=3)\nrequests.exceptions.Timeout\nform.data.get('g')"
    )
    assert [timed for _, timed in call_sites(text)] == [False, False, False, False, False, True]


def test_released_client_opens_no_connection():
    """The client of Run Registry calls `requests`; this name is replaced by the HTTP client of the project."""
    client = upstream_client._configured_client()
    assert client.requests.__class__ is upstream_client._RequestsAdapter
    assert not [name for name, value in vars(client).items() if getattr(value, "__module__", "").startswith("requests")]
    assert requests not in vars(client).values()
    assert client.get_api_token is upstream_client._empty_token

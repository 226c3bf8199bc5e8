"""The description of the API as a page, from its OpenAPI document."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

_EXAMPLE_QUERIES = {
    "/api/v1/certifications/": "runs_min=315257&runs_max=315270&verdict=bad",
    "/api/v1/runs/": "runs=315257,315259-315270",
    "/api/v1/segments/": "runs=315257",
}
_EXAMPLE_KEYS = {"certification_id": "1", "run_number": "315257", "file_id": "1"}


@dataclass(frozen=True)
class NamedValue:
    """A parameter, or a field of an object: its name, type and description."""

    name: str
    type: str
    description: str = ""


@dataclass(frozen=True)
class OperationDocs:
    """An operation: address, the schema that it returns (empty for a file), its parameters, and a line to try it."""

    anchor: str
    path: str
    summary: str
    parameters: list[NamedValue]
    returns: str
    curl: str


@dataclass(frozen=True)
class SchemaDocs:
    """An object that operations return."""

    name: str
    description: str
    fields: list[NamedValue]

    @property
    def anchor(self) -> str:
        return f"schema-{self.name}"


@dataclass(frozen=True)
class DocsPage:
    """The content of the page."""

    description: list[str]
    operations: list[OperationDocs]
    schemas: list[SchemaDocs]
    first_curl: str


def docs_page(document: dict[str, Any], base: str) -> DocsPage:
    """Build the page; `base`: scheme and host of this server."""
    operations = [_operation(path, methods["get"], base) for path, methods in document["paths"].items()]
    objects = document["components"]["schemas"].items()
    schemas = [_schema(name, schema) for name, schema in objects if "properties" in schema]
    return DocsPage(
        document["info"]["description"].split("\n\n"), operations, schemas, _curl(base, "/api/v1/certifications/")
    )


def _operation(path: str, operation: dict[str, Any], base: str) -> OperationDocs:
    parameters = [
        NamedValue(row["name"], type_text(row["schema"]), row.get("description", "")) for row in operation["parameters"]
    ]
    content = operation["responses"][200]["content"]["application/json"]["schema"]
    return OperationDocs(
        anchor=operation["operationId"],
        path=path,
        summary=operation.get("description", ""),
        parameters=parameters,
        returns=type_text(content) if "$ref" in content else "",
        curl=_curl(base, path),
    )


def _curl(base: str, path: str) -> str:
    query = _EXAMPLE_QUERIES.get(path, "")
    for name, value in _EXAMPLE_KEYS.items():
        path = path.replace(f"{{{name}}}", value)
    address = f"{base}{path}?{query}" if query else f"{base}{path}"
    return f'curl --compressed -H "Authorization: Bearer $CERTHELPER_TOKEN" {shlex.quote(address)}'


def _schema(name: str, schema: dict[str, Any]) -> SchemaDocs:
    properties = schema["properties"].items()
    fields = [NamedValue(field, type_text(value), value.get("description", "")) for field, value in properties]
    return SchemaDocs(name, schema.get("description", ""), fields)


def type_text(schema: dict[str, Any]) -> str:
    """Return a type as text, such as "integer or null" or "list of SegmentItem"."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(map(type_text, schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        inner = schema.get("items") or {"type": "numbers"}
        return f"list of {type_text(inner)}" if inner else "list of pairs"
    text = schema.get("format") or schema.get("type", "any value")
    if "minimum" in schema and "maximum" in schema:
        text += f", {schema['minimum']} to {schema['maximum']}"
    return str(text)

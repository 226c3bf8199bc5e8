"""The parts of OpenDocument 1.3 that slides need: elements by prefixed name, automatic styles, the package."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.etree import ElementTree as ET

_NAMESPACES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
    "presentation": "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0",
    "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
    "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
    "meta": "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
    "manifest": "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "loext": "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0",
}
CONTENT_TYPE = "application/vnd.oasis.opendocument.presentation"
VERSION = "1.3"
for _prefix, _namespace in _NAMESPACES.items():
    ET.register_namespace(_prefix, _namespace)

Attributes = Mapping[str, str]
Properties = Mapping[str, Attributes]


def _qualified_name(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}"


def element(name: str, attributes: Attributes | None = None, *children: ET.Element, text: str = "") -> ET.Element:
    """An element by its prefixed name, such as draw:page, with its children."""
    new_element = ET.Element(
        _qualified_name(name), {_qualified_name(key): value for key, value in (attributes or {}).items()}
    )
    new_element.text = text or None
    new_element.extend(children)
    return new_element


def length(points: float) -> str:
    """A length in points as an attribute value."""
    return f"{points:g}pt"


class Styles:
    """Automatic styles, one for each distinct set of properties, named in the order of first use."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self.elements: list[ET.Element] = []

    def name(self, family: str, properties: Properties, parent: str = "") -> str:
        """Name of the style of this family with these properties."""
        key = repr((family, properties, parent))
        if key not in self._names:
            self._names[key] = f"a{len(self._names) + 1}"
            self.elements.append(style(self._names[key], family, properties, parent))
        return self._names[key]


def style(name: str, family: str, properties: Properties, parent: str = "") -> ET.Element:
    """A style with an element for each group of properties."""
    attributes = {"style:name": name, "style:family": family}
    if parent:
        attributes["style:parent-style-name"] = parent
    return element(
        "style:style", attributes, *(element(property_name, values) for property_name, values in properties.items())
    )


def package(parts: Mapping[str, ET.Element]) -> bytes:
    """The bytes of the file: the media type first and uncompressed, then the parts, then the manifest."""
    files = {name: ET.tostring(part, encoding="utf-8", xml_declaration=True) for name, part in parts.items()}
    files["META-INF/manifest.xml"] = ET.tostring(_manifest([*parts]), encoding="utf-8", xml_declaration=True)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", CONTENT_TYPE, compress_type=zipfile.ZIP_STORED)
        for name, content in files.items():
            file.writestr(name, content)
    return buffer.getvalue()


def _manifest(names: list[str]) -> ET.Element:
    entries = {"/": CONTENT_TYPE} | dict.fromkeys(names, "text/xml")
    return element(
        "manifest:manifest",
        {"manifest:version": VERSION},
        *(
            element("manifest:file-entry", {"manifest:full-path": path, "manifest:media-type": media_type})
            for path, media_type in entries.items()
        ),
    )

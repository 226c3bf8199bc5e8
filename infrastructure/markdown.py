"""Limited Markdown: text of users, rendered as safe HTML.

Paragraphs, lists, headings, bold, italics, code and links to http and https; nothing else, no raw HTML. markdown-it
makes no more than that; nh3 removes whatever should slip through. Read once and kept with the words, not per page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from markdown_it.token import Token

_RULES = ("heading", "list", "emphasis", "backticks", "link", "autolink", "escape", "newline", "entity")
_TAGS = {"p", "h3", "ul", "ol", "li", "strong", "em", "code", "a", "br"}
_WEB_URL = re.compile(r"https?://[^\s]", re.IGNORECASE)
_HEADING = "h3"  # below the headings of a page, whatever level was written


@dataclass(frozen=True)
class Outline:
    """The outline of a text: the names of its groups, in order, and the number of items."""

    groups: list[str]
    items: int


def _build_parser() -> MarkdownIt:
    reader = MarkdownIt("zero", {"html": False, "breaks": True, "maxNesting": 20}).enable(list(_RULES))
    reader.validateLink = lambda url: bool(_WEB_URL.match(url))  # type: ignore[method-assign]
    return reader


_PARSER = _build_parser()
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes={"*": set(), "a": {"href"}},
    url_schemes={"http", "https"},
    url_relative="deny",
    link_rel="noopener",
)


def render_markdown(text: str) -> SafeString:
    """The text as HTML, ready to stand in a page."""
    tokens = _tokens(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = _HEADING
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return mark_safe(_CLEANER.clean(html))  # noqa: S308


def parse_outline(text: str) -> Outline:
    """The groups and the number of items of a checklist: its headings, and what its lists hold."""
    tokens = _tokens(text)
    headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    return Outline(headings, sum(token.type == "list_item_open" for token in tokens))


def _tokens(text: str) -> list[Token]:
    return _PARSER.parse(text)

"""Limited Markdown: supported syntax, and no other tags from any text."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infrastructure.markdown import parse_outline, render_markdown

ALLOWED = {"p", "h3", "ul", "ol", "li", "strong", "em", "code", "a", "br"}


class _Seen(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.links: list[dict[str, str | None]] = []
        self.odd: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "a":
            self.links.append(dict(attrs))
        else:
            self.odd += [(tag, name) for name, _value in attrs]


def test_groups_items_and_links_are_shown():
    html = render_markdown(
        "Look **first**.\n\n## Pixel\n\n1. see [the GUI](https://dqm.cern.ch/a?b=c&d)\n2. `digi` *map*\n"
    )
    assert "<p>Look <strong>first</strong>.</p>" in html and "<h3>Pixel</h3>" in html
    assert '<a href="https://dqm.cern.ch/a?b=c&amp;d" rel="noopener">the GUI</a>' in html
    assert "<ol>" in html and "<code>digi</code> <em>map</em>" in html


def test_outline_counts_groups_and_items():
    outline = parse_outline("intro\n\n# One\n- a\n- b\n  - c\n\n## Two\n1. d\n")
    assert (outline.groups, outline.items) == (["One", "Two"], 4)
    assert parse_outline("").items == 0


def test_line_breaks_of_the_text_are_preserved():
    assert render_markdown("one\ntwo") == "<p>one<br>\ntwo</p>\n"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java&#10;script:alert(1))",
        "[x](&#x6A;avascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox)",
        "[x](//evil.example/)",
        "[x](/accounts/logout/)",
        "[x](ftp://evil.example/)",
        "<javascript:alert(1)>",
        '[x](https://a.example/"onmouseover="alert(1))',
        "[x](https://a.example 'title\" onclick=alert(1)')",
        "![x](https://evil.example/pixel.png)",
        "<style>*{display:none}</style>",
        "<a href='https://evil.example' onclick='alert(1)'>x</a>",
        "[x]: javascript:alert(1)\n\n[x]",
        "`<script>`",
        "```\n<script>alert(1)</script>\n```",
        "<!-- --><svg/onload=alert(1)>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "\x00<scr\x00ipt>",
        "[a](https://x.example/<script>)",
        "* " * 500 + "deep",
        "[" * 5000,
    ],
)
def test_hostile_text_becomes_text(hostile):
    _harmless(render_markdown(hostile))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*"[]()<>\"'`*_#&;:/\\\n -1.ax=", "javascript:", "https://", "<a ", "<script>", "href=", "on", "&#x3c;"]
        ),
        max_size=40,
    ).map("".join)
)
def test_no_text_produces_other_than_allowed_tags(text):
    _harmless(render_markdown(text))


def _harmless(html: str) -> None:
    parsed = _Seen(html)
    assert parsed.tags <= ALLOWED
    assert parsed.odd == []
    for link in parsed.links:
        assert set(link) <= {"href", "rel"} and link["rel"] == "noopener"
        assert re.match(r"https?://", link.get("href") or "https://", re.IGNORECASE)

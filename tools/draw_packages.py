"""`python -m tools.draw_packages`: draw docs/img/architecture.svg from the import contracts in `.importlinter`.

Two drawings in one picture: the packages, and the inside of `certify`. A box imports only boxes below it.
"""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

from django.utils.html import escape

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "img" / "architecture.svg"
CONTRACTS = {"packages": "Packages", "certify": "Inside certify"}
BOX_HEIGHT, GAP, WIDTH, TITLE_HEIGHT = 34, 10, 520, 36
NOTE = "A box imports only boxes below it; boxes side by side never import each other."
STYLE = """
  text { font: 14px system-ui, sans-serif; fill: #1d2733; }
  .title { font-weight: 600; } .note { font-size: 12px; fill: #5a6675; }
  rect { fill: #eef3f8; stroke: #8fa3b8; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4ebf2; } .note { fill: #9fb0c2; } rect { fill: #22303f; stroke: #52677e; }
  }
"""


def layers(contract: str) -> list[list[str]]:
    """The layers of a contract, top first; each a list of packages."""
    parser = ConfigParser()
    parser.read(ROOT / ".importlinter", encoding="utf-8")
    lines = parser[f"importlinter:contract:{contract}"]["layers"].split("\n")
    return [[name.strip(" ()") for name in line.split("|")] for line in lines if line.strip()]


def _box(x: float, y: float, width: float, text: str) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{BOX_HEIGHT}" rx="5"/>'
        f'<text x="{x + width / 2:g}" y="{y + 22:g}" text-anchor="middle">{escape(text)}</text>'
    )


def _drawing(contract: str, title: str, left: float) -> tuple[str, float]:
    """The boxes of one contract from `left` on, and the height that they take."""
    parts, y = [f'<text class="title" x="{left:g}" y="20">{escape(title)}</text>'], float(TITLE_HEIGHT)
    for names in layers(contract):
        width = (WIDTH - GAP * (len(names) - 1)) / len(names)
        parts += [
            _box(left + index * (width + GAP), y, width, name.removeprefix("certify."))
            for index, name in enumerate(names)
        ]
        y += BOX_HEIGHT + GAP
    return "\n".join(parts), y


def picture() -> str:
    """The whole picture as SVG."""
    drawings = [
        _drawing(name, title, index * (WIDTH + 40) + 1) for index, (name, title) in enumerate(CONTRACTS.items())
    ]
    width, height = len(drawings) * (WIDTH + 40) - 38, max(height for _parts, height in drawings) + 24
    note = f'<text class="note" x="1" y="{height - 8:g}">{NOTE}</text>'
    body = "\n".join(parts for parts, _height in drawings)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="Layers of packages">\n<style>{STYLE}</style>\n{body}\n{note}\n</svg>\n'
    )


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The fields that a browser sends for the form on a page, including hidden ones, with their values."""

from __future__ import annotations

from html.parser import HTMLParser


class FormFieldsParser(HTMLParser):
    """Collects the successful controls of the first form that posts and has a `ticket` or the wanted field."""

    def __init__(self, having: str) -> None:
        super().__init__()
        self.having = having
        self.forms: list[dict[str, list[str]]] = []
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._textarea: str | None = None
        self._text = ""
        self._is_inside = False

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.forms.append({})
            self._is_inside = True
        elif not self._is_inside:
            return
        elif tag == "input":
            self._input(given)
        elif tag == "select":
            self._select, self._options = given.get("name"), []
        elif tag == "option":
            self._options.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea":
            self._textarea, self._text = given.get("name"), ""

    def handle_data(self, data):
        if self._textarea is not None:
            self._text += data

    def handle_endtag(self, tag):
        if tag == "form":
            self._is_inside = False
        elif tag == "select" and self._select:
            chosen = [value for value, is_chosen in self._options if is_chosen] or [v for v, _ in self._options[:1]]
            self._keep(self._select, chosen[-1] if chosen else "")
        elif tag == "textarea" and self._textarea:
            self._keep(self._textarea, self._text.lstrip("\n"))
            self._textarea = None

    def _input(self, given):
        input_type = given.get("type", "text")
        if input_type in ("submit", "button") or not given.get("name"):
            return
        if input_type in ("radio", "checkbox") and "checked" not in given:
            return
        self._keep(given["name"], given.get("value", "on" if input_type in ("radio", "checkbox") else ""))

    def _keep(self, name, value):
        self.forms[-1].setdefault(name, []).append(value)


def fields_of(response, having: str = "ticket") -> dict[str, list[str]]:
    """The fields of the form on the page that has a field named `having`, each with its values."""
    parser = FormFieldsParser(having)
    parser.feed(response.content.decode())
    return next(form for form in parser.forms if having in form)


def field_names(response) -> set[str]:
    """Every named control on the page, whether it would be sent or not."""
    names: set[str] = set()

    class _Names(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag in ("input", "select", "textarea") and (name := dict(attrs).get("name")):
                names.add(name)

    _Names().feed(response.content.decode())
    return names

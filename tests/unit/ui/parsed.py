"""HTML text as tests look at it."""

from html.parser import HTMLParser

EVIL = "</p><script>alert(1)</script><img src=x onerror='alert(2)'>\" onclick=alert(3) x=\""
"""What a person could write to break out of the page's own HTML."""


class Parsed(HTMLParser):
    """All tags with their attributes, and whether every tag is closed in order."""

    VOID = ("img", "br", "input")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def of(self, css_class: str) -> list[dict[str, str | None]]:
        return [a for _, a in self.tags if css_class in (a.get("class") or "").split()]


def assert_stays_text(html: str) -> None:
    """Whatever people wrote is text: every tag is closed, nothing runs, and it is all there."""
    page = Parsed(html)
    assert page.open == []
    assert not {tag for tag, _ in page.tags} & {"script", "iframe", "object"}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("src") != "x"
    shown = page.text + " ".join(str(a) for _, a in page.tags)
    assert "alert(1)" in shown

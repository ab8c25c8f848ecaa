"""Text that becomes HTML."""

from html import escape


def plain(text: object) -> str:
    """``text`` as HTML that shows exactly its characters, inside elements and attributes."""
    return escape(str(text), quote=True)


def count(number: int, noun: str) -> str:
    """``3 votes``, ``1 vote``; ``noun`` forms its plural with an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """A share from 0 to 1 as CSS percentage, cut to 0..100."""
    return f"{min(max(share, 0.0), 1.0) * 100:.2f}%"

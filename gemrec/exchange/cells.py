"""Texts in CSV cells that a spreadsheet would run as formulas.

A cell that begins with one of ``= + - @``, a tab or a line break is written with an apostrophe in
front, as OWASP's page on CSV injection advises; so is one that begins with an apostrophe, so that
reading gives back exactly what was there. Only files of our own are read that way: they have the
column ``app_version``.
"""

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
_MARK = "'"
OWN_COLUMN = "app_version"


def neutral(text: str) -> str:
    """The text as a cell that no spreadsheet runs.

    Example:
        >>> neutral("=1+1")
        "'=1+1"
    """
    return _MARK + text if text.startswith((*DANGEROUS, _MARK)) else text


def restored(cell: str) -> str:
    """What :func:`neutral` was given.

    Example:
        >>> restored(neutral("'tis"))
        "'tis"
    """
    is_marked = cell.startswith(_MARK) and cell[1:].startswith((*DANGEROUS, _MARK))
    return cell[1:] if is_marked else cell

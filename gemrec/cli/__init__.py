"""``python -m gemrec …``: everything that does not need the page.

With ``--json`` a command prints one JSON document on stdout and nothing else; progress and notices
go to stderr. Wrong input ends with exit code 2 and one line on stderr: what, what was got, what is
allowed. Other failures end with 1.
"""

from gemrec.cli.main import app, main

__all__ = ["app", "main"]

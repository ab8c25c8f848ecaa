"""What Gradio keeps about everybody who asks.

Gradio gives every caller a copy of the page's whole description and keeps ten thousand of them. A
call of an endpoint counts as a caller of its own, so that each vote of a script would cost some ten
milliseconds and a tenth of a megabyte for nothing.
"""

import re
from copy import copy

import gradio as gr
from gradio.state_holder import SessionState, StateHolder

MOST_PAGES = 2000
"""Open pages whose state is kept; the one that was quiet for longest goes first. Nothing is lost
with it: the next vote or reload finds the open battle in the database."""

_CALL = re.compile(r"[0-9a-f]{32}")
"""Gradio names the session of a call that brings none after its event, a UUID in hex; pages and
``gradio_client`` choose names of other forms."""


class Visits(StateHolder):
    """The sessions of an app; calls of endpoints share what does not change and are not kept."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._pattern: SessionState | None = None

    def __getitem__(self, session_id: str) -> SessionState:
        """The state of a page, kept; or of a single call, fresh and forgotten."""
        return self._call() if _CALL.fullmatch(session_id) else super().__getitem__(session_id)

    def _call(self) -> SessionState:
        if self._pattern is None:
            self._pattern = SessionState(self.blocks)
        state = copy(self._pattern)
        state.config_values = dict(state.config_values)
        state.state_data, state._state_ttl = {}, {}
        return state


def keep_visits(demo: gr.Blocks) -> None:
    """Let a launched page keep its sessions in :class:`Visits`."""
    visits = Visits()
    visits.set_blocks(demo)
    demo.app.state_holder = visits

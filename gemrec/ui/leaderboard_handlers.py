"""What happens on the Leaderboard tab: parse, one call, render."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr
from gradio.components.plot import PlotData

from gemrec.errors import GemrecError
from gemrec.ui.board_view import BoardView, Slice, look_up, voter_choices
from gemrec.ui.charts import (
    COSTS,
    Drawn,
    cost_chart,
    costs_known,
    history_chart,
    interval_chart,
    win_rate_chart,
)
from gemrec.ui.context import Context, headers_of
from gemrec.ui.widgets import status
from gemrec.ui.widgets.board import board_table
from gemrec.ui.widgets.board_words import board_line, nothing_yet
from gemrec.ui.widgets.text import plain
from gemrec.ui.widgets.voters import voters_table

TABLE: Final = "table"
VIEWS: Final = (
    ("Table", TABLE),
    ("Intervals", "intervals"),
    ("Win rates", "winrates"),
    ("Over time", "history"),
    ("Cost", "cost"),
    ("Who voted", "voters"),
)
Updates = dict[Any, Any]


@dataclass(frozen=True)
class BoardParts:
    """The components that answers go to."""

    voter: gr.Dropdown
    study: gr.Dropdown
    cost: gr.Radio
    page: gr.HTML
    chart: gr.Plot

    def all(self) -> list[Any]:
        """Every output."""
        return [self.voter, self.study, self.cost, self.page, self.chart]


class BoardHandlers:
    """The handlers of one app's Leaderboard tab; they keep no state of their own.

    Args:
        context: Services and identity.
        parts: The components to update.
    """

    def __init__(self, context: Context, parts: BoardParts) -> None:
        self._context = context
        self._parts = parts
        self._charts: Mapping[str, Callable[[BoardView], Drawn]] = {
            "intervals": interval_chart,
            "winrates": win_rate_chart,
            "history": self._history,
        }

    def on_open(
        self,
        view: str,
        topic: str,
        voter: str,
        period: str,
        study: str,
        cost: str,
        request: gr.Request,
    ) -> Updates:
        """Read the board anew and offer those who have voted by now."""
        me = self._me(request)
        voters = voter_choices(self._context, me)
        studies = self._context.services.refresher.current().desk.campaigns
        voter = voter if voter in [token for _, token in voters] else ""
        offered = {
            self._parts.voter: gr.update(choices=voters, value=voter),
            self._parts.study: gr.update(
                choices=[("All studies", ""), *((name, name) for name in studies)],
                visible=bool(studies),
            ),
        }
        return offered | self.on_choose(view, topic, voter, period, study, cost, request)

    def on_choose(
        self,
        view: str,
        topic: str,
        voter: str,
        period: str,
        study: str,
        cost: str,
        request: gr.Request,
    ) -> Updates:
        """Show one view of one slice of the votes."""
        asked = Slice(topic or "", voter or "", period or "", study or "")
        try:
            board = look_up(self._context, asked, self._me(request))
            if not board.fitted.board.votes:
                return self._page(nothing_yet(asked))
            return self._shown(board, view, cost)
        except GemrecError as error:
            return self._page(status.problem(str(error)))

    def _shown(self, board: BoardView, view: str, cost: str) -> Updates:
        line = board_line(board)
        if view == "voters":
            snapshot = self._context.services.refresher.current()
            names = self._context.services.store.annotators.names()
            voters = snapshot.voters(board.query)
            name = self._context.model_name
            return self._page(line + voters_table(voters, board.fitted.ratings, names, name))
        if view == "cost":
            return self._costs(board, line, cost)
        if view in self._charts:
            return self._page(line, self._charts[view](board))
        address = f"leaderboard.csv?{board.asked.address}".rstrip("?")
        return self._page(line + board_table(board.fitted.board, board.facts, address))

    def _costs(self, board: BoardView, line: str, wanted: str) -> Updates:
        known = costs_known(board)
        if not known:
            none = "Nothing is known of what these models cost. Name it in the catalog: "
            return self._page(line + status.line(none, extra="cost = { seconds_per_image = … }"))
        kind = wanted if wanted in known else known[0]
        choices = [(COSTS[name][0], name) for name in known]
        choice = gr.update(choices=choices, value=kind, visible=len(known) > 1)
        return self._page(line, cost_chart(board, kind)) | {self._parts.cost: choice}

    def _history(self, board: BoardView) -> Drawn:
        snapshot = self._context.services.refresher.current()
        return history_chart(board, snapshot.history(board.query))

    def _page(self, html: str, drawn: Drawn | None = None) -> Updates:
        """One view; a chart stands below its words."""
        if drawn is None:
            chart = gr.update(value=None, visible=False)
        else:
            html += f'<p class="g-soft g-chart-words">{plain(drawn.words)}</p>'
            chart = gr.update(value=PlotData(type="altair", plot=drawn.json), visible=True)
        return {
            self._parts.page: html,
            self._parts.chart: chart,
            self._parts.cost: gr.update(visible=False),
        }

    def _me(self, request: gr.Request) -> str | None:
        return self._context.identity.annotator_id(headers_of(request))

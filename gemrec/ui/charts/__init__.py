"""The leaderboard's charts, drawn with altair, which is imported only when somebody looks at one."""

from gemrec.ui.charts.costs import COSTS, cost_chart, costs_known
from gemrec.ui.charts.history import history_chart
from gemrec.ui.charts.intervals import interval_chart
from gemrec.ui.charts.style import Drawn
from gemrec.ui.charts.winrates import MOST_COMPARED, win_rate_chart

__all__ = [
    "COSTS",
    "MOST_COMPARED",
    "Drawn",
    "cost_chart",
    "costs_known",
    "history_chart",
    "interval_chart",
    "win_rate_chart",
]

"""Quality against what it costs, with the models that none beats in both."""

import math
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from gemrec.leaderboard.pareto import pareto_front
from gemrec.ui.board_view import BoardView, ModelFacts
from gemrec.ui.charts.intervals import other_groups
from gemrec.ui.charts.style import ACCENT, INK, SOFT, Drawn, Rows, finish, rating_axis, values
from gemrec.ui.widgets.board import rating_range

Cost = tuple[str, Callable[[ModelFacts], float | None], str]
COSTS: Final[Mapping[str, Cost]] = {
    "seconds": ("Seconds an image", lambda facts: facts.seconds, "{:.2g} s"),
    "usd": ("US dollars an image", lambda facts: facts.usd, "${:.3g}"),
    "memory": ("GPU memory, GiB", lambda facts: facts.vram_gb, "{:.3g} GiB"),
}
_HEIGHT: Final = 420
_DECADE: Final = 10.0  # a wider range of costs gets a logarithmic scale


def costs_known(view: BoardView) -> list[str]:
    """The kinds of cost that at least one rated model has."""
    rated = [view.facts[row.model_id] for row in view.fitted.board.rows if row.component == 0]
    return [kind for kind, (_, of, _) in COSTS.items() if any(of(f) is not None for f in rated)]


def cost_chart(view: BoardView, kind: str) -> Drawn:
    """Draw rating against one kind of cost.

    Args:
        view: The board.
        kind: A key of ``COSTS`` that is known for some model.
    """
    import altair as alt

    title, cost_of, form = COSTS[kind]
    rows = _points(view, cost_of, form)
    front = [row for row in rows if row["front"]]
    low, high = rating_range(view.fitted.board)
    costs = [row["cost"] for row in rows]
    wide = min(costs) > 0 and max(costs) / min(costs) > _DECADE
    span = max(costs) - min(costs) or max(costs) or 1.0
    x = alt.Scale(type="log", nice=True) if wide else alt.Scale(
        domain=[max(0.0, min(costs) - 0.1 * span), max(costs) + 0.1 * span], nice=False
    )  # fmt: skip
    across = alt.X("cost:Q", title=title, scale=x, axis=alt.Axis(grid=False, tickCount=6))
    up = alt.Scale(domain=[low, high], zero=False, nice=False)
    tooltip = [
        alt.Tooltip(f"{name}:N") for name in ("title", "Rating", "95% interval", "Cost", "Licence")
    ]
    everything = alt.Chart(values(rows)).encode(x=across, tooltip=tooltip)
    faint = alt.condition("datum.front", alt.value(0.9), alt.value(0.3))
    bars = everything.mark_rule(stroke=ACCENT, strokeWidth=1.5).encode(
        y=alt.Y("low:Q", scale=up, title="Rating", axis=rating_axis()),
        y2="high:Q",
        strokeOpacity=faint,
    )
    points = everything.mark_point(filled=True, size=90, stroke=None).encode(
        y=alt.Y("rating:Q", scale=up),
        fill=alt.condition("datum.front", alt.value(ACCENT), alt.value(SOFT)),
    )
    best = alt.Chart(values(front)).encode(x=across, y=alt.Y("rating:Q", scale=up))
    line = best.mark_line(interpolate="step-after", stroke=ACCENT, strokeWidth=2, strokeDash=[5, 4])
    names = [
        best.transform_filter(f"datum.right == {str(right).lower()}")
        .mark_text(align="right" if right else "left", dx=-9 if right else 9, dy=-9,
                   fontSize=12.5, fill=INK, limit=170)
        .encode(text="title:N")
        for right in (False, True)
    ]  # fmt: skip
    words = (
        "Left is cheaper, up is better. The dashed line joins the models that no other one beats "
        "in both; whatever lies below it costs more than something at least as good. Intervals "
        "that overlap leave open which of two models is better."
    )
    unknown = sum(row.component == 0 for row in view.fitted.board.rows) - len(rows)
    more = f" For {unknown} models the cost is not known." if unknown else ""
    return Drawn(
        finish(alt.layer(line, bars, points, *names), f"Rating against {title.lower()}",
               height=_HEIGHT),
        words + more + other_groups(view),
    )  # fmt: skip


def _points(view: BoardView, cost_of: Callable[[ModelFacts], float | None], form: str) -> Rows:
    """A row of data for each model of the largest group whose cost is known."""
    low, high = rating_range(view.fitted.board)
    known = [
        (row, facts, cost)
        for row in view.fitted.board.rows
        if row.component == 0
        and (cost := cost_of(facts := view.facts[row.model_id])) is not None
        and math.isfinite(cost)
    ]
    costs, ratings = [cost for _, _, cost in known], [row.rating for row, _, _ in known]
    front = set(pareto_front(np.array(costs), np.array(ratings)).tolist())
    middle = (max(costs) + min(costs)) / 2
    return [
        {
            "title": facts.name,
            "cost": cost,
            "right": cost > middle,  # its name stands to the left of it
            "rating": round(row.rating, 1),
            "low": max(row.low, low),
            "high": min(row.high, high),
            "front": i in front,
            "Rating": f"{row.rating:.0f}",
            "95% interval": f"{row.low:.0f} to {row.high:.0f}",
            "Cost": form.format(cost),
            "Licence": facts.licence or "unknown",
        }
        for i, (row, facts, cost) in enumerate(known)
    ]

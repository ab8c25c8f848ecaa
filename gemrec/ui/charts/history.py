"""Ratings over time."""

from collections.abc import Sequence
from typing import Any, Final

from gemrec.recommend import Moment
from gemrec.ui.board_view import BoardView
from gemrec.ui.charts.style import PALETTE, Drawn, Rows, finish, rating_axis, values

_LINES: Final = len(PALETTE)
_HEIGHT: Final = 380
_MARGIN: Final = 60.0  # points beyond the ratings; the first, widest intervals run off the scale


def history_chart(view: BoardView, moments: Sequence[Moment]) -> Drawn:
    """Draw how the ratings of the best models came about.

    Args:
        view: The board as it stands.
        moments: Ratings at earlier moments.
    """
    import altair as alt

    ids = [row.model_id for row in view.fitted.board.rows if row.component == 0][:_LINES]
    names = [view.facts[model_id].name for model_id in ids]
    rows: Rows = [
        {
            "title": view.facts[moment.model_id].name,
            "at": moment.at.isoformat(),
            "rating": round(moment.rating, 1),
            "Rating": f"{moment.rating:.0f}",
            "95% interval": f"{moment.low:.0f} to {moment.high:.0f}",
            "Until": f"{moment.at:%Y-%m-%d %H:%M} UTC",
        }
        for moment in moments
        if moment.model_id in ids
    ]
    ratings = [row["rating"] for row in rows] or [1000.0]
    scale = alt.Scale(domain=[min(ratings) - _MARGIN, max(ratings) + _MARGIN], nice=False)
    columns: Any = alt.ExprRef("containerSize()[0] < 560 ? 2 : 5")
    pick = alt.selection_point(fields=["title"], bind="legend", name="pick")
    base = alt.Chart(values(rows)).encode(
        x=alt.X("at:T", title=None, axis=alt.Axis(grid=False, tickCount=6)),
        y=alt.Y("rating:Q", title="Rating", scale=scale, axis=rating_axis()),
        color=alt.Color(
            "title:N",
            sort=names,
            scale=alt.Scale(domain=names, range=list(PALETTE[: len(names)])),
            legend=alt.Legend(title=None, symbolType="circle", symbolStrokeWidth=0, columns=columns,
                              labelLimit=150),
        ),
        opacity=alt.condition(pick, alt.value(1), alt.value(0.12)),
    )  # fmt: skip
    lines = base.mark_line(strokeWidth=2.2, interpolate="monotone")
    points = base.mark_point(filled=True, size=46).encode(
        tooltip=[alt.Tooltip(f"{name}:N") for name in ("title", "Rating", "95% interval", "Until")]
    )
    chart = alt.layer(lines, points).add_params(pick)
    board = view.fitted.board
    left = sum(row.votes > 0 for row in board.rows) - len(ids)
    words = (
        "The rating after each moment, from the votes cast until then that still stand. Press a "
        "name to see its line alone; hold Shift for several."
    )
    more = f" The {len(ids)} best are shown; {left} more are in the table." if left > 0 else ""
    return Drawn(finish(chart, "Ratings over time", height=_HEIGHT), words + more)

"""Ratings with their intervals, one model a line."""

from gemrec.ui.board_view import BoardView
from gemrec.ui.charts.style import (
    ACCENT,
    INK,
    Drawn,
    Rows,
    finish,
    label_limit,
    rating_axis,
    values,
)
from gemrec.ui.widgets.board import rating_range

_STEP = 26  # pixels a line
_FAINT = 0.4  # opacity of models with few votes


def interval_chart(view: BoardView) -> Drawn:
    """Draw every model of the largest linked group; other groups have a scale of their own."""
    import altair as alt

    board = view.fitted.board
    low, high = rating_range(board)
    rows: Rows = [
        {
            "title": view.facts[row.model_id].name,
            "Rating": f"{row.rating:.0f}",
            "95% interval": f"{row.low:.0f} to {row.high:.0f}",
            "Rank": "{} to {}".format(*(row.drawn_ranks or (row.rank, row.worst_rank))),
            "Votes": f"{row.votes:,}" + (" (preliminary)" if row.is_preliminary else ""),
            "rating": row.rating,
            "low": max(row.low, low),
            "high": min(row.high, high),
            "sure": _FAINT if row.is_preliminary else 1.0,
        }
        for row in board.rows
        if row.component == 0
    ]
    names = [row["title"] for row in rows]
    shown = [
        alt.Tooltip(f"{name}:N") for name in ("title", "Rating", "95% interval", "Rank", "Votes")
    ]
    base = alt.Chart(values(rows)).encode(
        y=alt.Y("title:N", sort=names, axis=label_limit()),
        opacity=alt.Opacity("sure:Q", scale=None, legend=None),
        tooltip=shown,
    )
    scale = alt.Scale(domain=[low, high], zero=False, nice=False)
    bars = base.mark_bar(height=9, cornerRadius=4.5, fill=ACCENT, fillOpacity=0.36).encode(
        x=alt.X("low:Q", scale=scale, title="Rating", axis=rating_axis()), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=70, fill=ACCENT, opacity=1, stroke=None).encode(
        x=alt.X("rating:Q", scale=scale)
    )
    middle = (
        alt.Chart(values([{"average": 1000}]))
        .mark_rule(strokeDash=[3, 4], stroke=INK, strokeOpacity=0.35)
        .encode(x=alt.X("average:Q", scale=scale))
    )
    chart = alt.layer(middle, bars, points)
    words = (
        "The dot is the rating, the bar its 95% interval; the dashed line is the average model. "
        "Where two bars overlap, the two models may well be equally good."
    )
    return Drawn(
        finish(chart, "Ratings with their 95% intervals", height=_STEP * len(rows)),
        words + other_groups(view),
    )


def other_groups(view: BoardView) -> str:
    """Says that models of other groups are missing, where there are some."""
    left_out = sum(row.component > 0 for row in view.fitted.board.rows)
    if not left_out:
        return ""
    return (
        f" {left_out} models are left out: no votes link them with these, so their ratings have a "
        "scale of their own. The table shows them."
    )

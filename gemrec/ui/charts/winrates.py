"""How often each model wins against each other one: as seen, as expected, and the difference."""

from typing import Any, Final

import numpy as np

from gemrec.leaderboard import expected_matrix, win_matrix
from gemrec.ui.board_view import BoardView
from gemrec.ui.charts.style import ACCENT, AGAINST, INK, Drawn, Rows, finish, label_limit, values

MOST_COMPARED: Final = 24
"""Models on a side; more could not be told apart."""
_NUMBERED: Final = 16  # models up to which each cell says its number
_STEP: Final = 30
_LEAN: Final = (
    "what == 'n' ? datum.n / {most} / 2 : what == 'difference' ? "
    "(datum.n > 0 && isValid(datum.expected) ? datum.seen - datum.expected : null) : "
    "isValid(datum[what]) ? datum[what] - 0.5 : null"
)
"""How far a cell is from even, -0.5 to 0.5, as the browser works it out."""
_TEXT: Final = (
    "what == 'n' ? format(datum.n, '.0f') : !isValid(datum.lean) ? '' : "
    "what == 'difference' ? format(100 * datum.lean, '+.0f') : format(100 * datum[what], '.0f')"
)
_DEEPEST: Final = 0.62  # opacity at which text on a cell is still easy to read


def win_rate_chart(view: BoardView) -> Drawn:
    """Draw the best models of the board against each other."""
    import altair as alt

    rows, names = _cells(view)
    size = len(names)
    what = alt.param(
        name="what",
        value="seen",
        bind=alt.binding_radio(
            options=["seen", "expected", "difference", "n"],
            labels=["Seen", "Expected by the ratings", "Difference", "Votes"],
            name=" ",
        ),
    )
    most = max((row["n"] for row in rows), default=1.0) or 1.0
    across = alt.Axis(
        title=None, orient="top", labelAngle=-45, domain=False, ticks=False, labelLimit=120
    )
    base = (
        alt.Chart(values(rows))
        .transform_calculate(lean=_LEAN.format(most=most))
        .transform_calculate(depth="abs(datum.lean)", text=_TEXT)
        .encode(
            y=alt.Y("row:N", sort=names, axis=label_limit()),
            x=alt.X("column:N", sort=names, axis=across),
            tooltip=[
                alt.Tooltip(f"{name}:N")
                for name in ("title", "Seen", "Expected", "Votes on the pair")
            ],
        )
    )
    cells = base.mark_rect(cornerRadius=3).encode(
        fill=alt.condition("datum.lean >= 0", alt.value(ACCENT), alt.value(AGAINST)),
        fillOpacity=alt.FillOpacity(
            "depth:Q",
            scale=alt.Scale(domain=[0, 0.5], range=[0.05, _DEEPEST], clamp=True),
            legend=None,
        ),
    )
    layers = [cells]
    if size <= _NUMBERED:
        room: Any = alt.ExprRef("width < 460 ? 0 : 12")
        layers.append(base.mark_text(fontSize=room, fill=INK).encode(text="text:N"))
    chart = alt.layer(*layers).add_params(what)
    left = len([r for r in view.fitted.board.rows if r.votes]) - size
    words = (
        "Percent of votes that the model on the left wins against the one above, each tie half a "
        "win. Green wins more than half, red less; an empty cell has no votes. Where seen and "
        "expected differ much on many votes, one number per model does not tell the whole story."
    )
    more = f" The {size} best are shown; {left} more are in the table." if left > 0 else ""
    return Drawn(finish(chart, "Win rates of models against each other", height=_STEP * size),
                 words + more)  # fmt: skip


def _cells(view: BoardView) -> tuple[Rows, list[str]]:
    """A row of data for every pair of models, in both directions, and the models' names."""
    table, ratings = view.fitted.table, view.fitted.ratings
    seen, expected, games = win_matrix(table), expected_matrix(ratings), table.games
    place = {model_id: i for i, model_id in enumerate(table.models)}
    ids = [row.model_id for row in view.fitted.board.rows if row.votes][:MOST_COMPARED]
    rows: Rows = []
    for first in ids:
        for second in ids:
            if first == second:
                continue
            i, j = place[first], place[second]
            names = (view.facts[first].name, view.facts[second].name)
            rows.append(
                {
                    "row": names[0],
                    "column": names[1],
                    "title": f"{names[0]} against {names[1]}",
                    "seen": _number(seen[i, j]),
                    "expected": _number(expected[i, j]),
                    "n": float(games[i, j]),
                    "Seen": _percent(seen[i, j], "no votes"),
                    "Expected": _percent(expected[i, j], "no votes link them"),
                    "Votes on the pair": f"{games[i, j]:.0f}",
                }
            )
    return rows, [view.facts[model_id].name for model_id in ids]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def _percent(value: float, otherwise: str) -> str:
    return otherwise if np.isnan(value) else f"wins {value:.0%}"

"""Plots of evaluations, saved as files that need nothing but themselves."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gemrec.errors import InputError

if TYPE_CHECKING:
    import altair as alt

Rows = Sequence[Mapping[str, Any]]
"""The rows of an ``evaluate`` or ``simulate`` document."""

FORMATS: Final = (".png", ".svg", ".html")
_PANEL: Final = (320, 200)  # pixels
_SHARPER: Final = 2.0  # pixels of a file per pixel
_COLOURS: Final = {
    "random": "#8d7b6a",
    "popularity": "#c8743a",
    "global": "#5b7bd5",
    "personal": "#b5508f",
    "gemrec": "#24886b",
    "newcomer": "#a08a1c",
}
_ESTIMATES: Final = {
    "accuracy": "Accuracy (more is better)",
    "logloss": "Log-loss, nats (less is better)",
    "win_rate": "Win rate of the recommended model",
}
_MEASURES: Final = {
    "ndcg_at_5": "nDCG at 5 (more is better)",
    "regret_at_1": "Regret of the first pick (less is better)",
}


def check_plot_path(path: Path) -> None:
    """Refuse a file that no plot can be saved to, before anything is computed.

    Raises:
        InputError: Its ending or its folder is wrong.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(
            f"--plot: got {str(path)!r}; allowed: a file that ends in {', '.join(FORMATS)}"
        )
    if not path.parent.is_dir():
        raise InputError(
            f"--plot: got {str(path)!r}, whose folder does not exist; allowed: a file in a folder "
            "that does"
        )


def save_plot(rows: Rows, path: Path) -> None:
    """Draw rows and save them.

    Args:
        rows: Of ``evaluate``: an estimate per method. Of ``simulate``: how well people are served,
            per method and number of votes.
        path: Where to; see :func:`check_plot_path`.

    Raises:
        InputError: The file cannot be written.
    """
    served = bool(rows) and "ndcg_at_5" in rows[0]
    draw, titles = (_lines, _MEASURES) if served else (_intervals, _ESTIMATES)
    chart = _side_by_side(rows, draw, titles)
    kind = path.suffix.lower()[1:]
    try:
        # A page with everything inline asks no other site for anything.
        chart.save(str(path), format=kind, scale_factor=_SHARPER, inline=kind == "html")
    except OSError as error:
        raise InputError(f"--plot: got {str(path)!r}, which cannot be written ({error})") from error


def _side_by_side(
    rows: Rows, draw: Callable[[Rows, str, str], Any], titles: Mapping[str, str]
) -> "alt.HConcatChart":
    import altair as alt

    panels = [draw(rows, name, title) for name, title in titles.items() if _known(rows, name)]
    plain: Any = {"titleFontWeight": 500, "titlePadding": 8}
    return alt.hconcat(*panels, background="white", spacing=36).configure_axis(**plain)


def _known(rows: Rows, name: str) -> bool:
    return any(row.get(name) is not None for row in rows)


def _colour(rows: Rows) -> "alt.Scale":
    import altair as alt

    methods = list(dict.fromkeys(row["method"] for row in rows))
    return alt.Scale(domain=methods, range=[_COLOURS[method] for method in methods])


def _intervals(rows: Rows, name: str, title: str) -> Any:
    """A point per method, with its interval where there is one."""
    import altair as alt

    shown = [dict(row) for row in rows if row.get(name) is not None]
    colour = alt.Color("method:N", scale=_colour(rows), legend=None)
    base = alt.Chart(alt.InlineData(values=shown)).encode(
        y=alt.Y("method:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False)),
        color=colour,
    )
    where = alt.X(f"{name}:Q", title=title, scale=alt.Scale(zero=False, padding=24))
    layers = [base.mark_point(filled=True, size=80, opacity=1).encode(x=where)]
    if _known(rows, f"{name}_low"):
        span = base.mark_rule(strokeWidth=2).encode(x=f"{name}_low:Q", x2=f"{name}_high:Q")
        layers.insert(0, span)
    said = base.mark_text(dy=-12, fontSize=11).encode(
        x=where, text=alt.Text(f"{name}:Q", format=".3f")
    )
    return alt.layer(*layers, said).properties(width=_PANEL[0], height=_PANEL[1])


def _lines(rows: Rows, name: str, title: str) -> Any:
    """A line per method over the votes."""
    import altair as alt

    return (
        alt.Chart(alt.InlineData(values=[dict(row) for row in rows]))
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=alt.X("votes:Q", title="Votes of each person", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y(f"{name}:Q", title=title, scale=alt.Scale(zero=False)),
            color=alt.Color("method:N", scale=_colour(rows), title=None),
        )
        .properties(width=_PANEL[0], height=_PANEL[1])
    )

"""The look of all charts: the page's own colours, so that light and dark need one drawing only.

Charts are SVG inside the page; a colour such as ``var(--g-ink)`` follows the page's theme at once.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import altair as alt

INK: Final = "var(--g-ink)"
SOFT: Final = "var(--g-soft)"
LINE: Final = "var(--g-line)"
ACCENT: Final = "var(--g-accent)"
AGAINST: Final = "var(--g-down)"
PALETTE: Final = (
    "#24886b", "#c8743a", "#5b7bd5", "#b5508f", "#a08a1c",
    "#2f9db0", "#8a63d2", "#d0574a", "#6f8f3f", "#8d7b6a",
)  # fmt: skip
"""Hues that stand apart on light and on dark ground."""
_FONT: Final = "Inter, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
_SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v5.json"  # what Gradio's page understands
_NARROW: Final = 560  # pixels; below, names are cut shorter

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Drawn:
    """A chart with the sentence that explains it.

    Attributes:
        spec: Vega-Lite.
        words: What to see on it.
    """

    spec: dict[str, Any]
    words: str

    @property
    def json(self) -> str:
        """The chart as the page takes it."""
        return json.dumps(self.spec)


def values(rows: Rows) -> "alt.InlineData":
    """Rows as a chart's data."""
    import altair as alt

    return alt.InlineData(values=rows)


def label_limit() -> "alt.Axis":
    """An axis of model names that leaves a phone some room for the chart."""
    import altair as alt

    limit: Any = alt.ExprRef(f"containerSize()[0] < {_NARROW} ? 96 : 220")
    return alt.Axis(title=None, labelLimit=limit, domain=False, ticks=False, labelPadding=8)


def rating_axis() -> "alt.Axis":
    """An axis of ratings, as plain whole numbers."""
    import altair as alt

    return alt.Axis(format=".0f", tickCount=7)


def finish(chart: Any, described: str, *, height: Any) -> dict[str, Any]:
    """Set size and look, and write the chart as Vega-Lite.

    Args:
        chart: An altair chart.
        described: What a screen reader says of it.
        height: Pixels, or a step per line.
    """
    axis = {
        "labelColor": SOFT, "titleColor": SOFT, "gridColor": LINE, "domainColor": LINE,
        "tickColor": LINE, "labelFontSize": 12.5, "titleFontSize": 12.5, "titleFontWeight": 500,
        "titlePadding": 10,
    }  # fmt: skip
    spec: dict[str, Any] = (
        chart.properties(width="container", height=height, background="transparent")
        .configure(font=_FONT, axis=axis, view={"stroke": None})
        .to_dict(validate=False)  # half a second; the tests draw every chart in a browser
    )
    legend = {"labelColor": INK, "titleColor": SOFT, "labelFontSize": 12.5, "orient": "bottom"}
    spec["config"] |= {"legend": legend}
    spec["$schema"] = _SCHEMA
    spec["description"] = described
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    # SVG, or colours could not follow the page; no menu, as its editor is on another site.
    spec["usermeta"] = {"embedOptions": {"renderer": "svg", "actions": False}}
    return spec

"""Plotly figures in the dashboard's look, as plain JSON. No Streamlit here: panels fill live figures in the browser,
and pages may show still ones.

A figure is made once for each colour scheme, since Plotly writes its colours into the picture.
"""

from typing import Any, NamedTuple

import plotly.graph_objects as go

from pages.shared.tokens import SCHEMES, tokens

#: Room beside the plot for the curves' names, in pixels.
_LABELS = 112


class Series(NamedTuple):
    """One curve: the column of the curve's probe, the name at its end, a colour token, and the width in pixels."""

    column: str
    name: str
    colour: str
    width: float = 2.25


def template(scheme: str) -> go.layout.Template:
    """The look of every figure: thin grid, no box, tabular text of 13 px, colours of the scheme ("light" or "dark")."""
    colour = tokens()[scheme]
    axis = {
        "gridcolor": colour["line"],
        "linecolor": colour["line"],
        "zeroline": False,
        "tickcolor": colour["line"],
        "tickfont": {"color": colour["muted"], "size": 13},
        "title": {"font": {"color": colour["muted"], "size": 13}, "standoff": 10},
        "automargin": False,
    }
    return go.layout.Template(
        layout={
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [colour["fill"], colour["ink"], colour["positive"], colour["negative"]],
            "font": {"color": colour["ink"], "size": 13},
            "hoverlabel": {
                "bgcolor": colour["surface"],
                "bordercolor": colour["line"],
                "font": {"color": colour["ink"], "size": 13},
            },
            "xaxis": {**axis, "showgrid": False},
            "yaxis": axis,
        }
    )


def curves(
    series: tuple[Series, ...],
    *,
    unit: str,
    value_format: str,
    baseline: float,
    baseline_name: str,
    published: bool = False,
) -> dict[str, dict[str, Any]]:
    """An empty figure of curves over the updates for each scheme: {"light": {"data", "layout"}, "dark": ...}.

    `unit` names the vertical axis, `value_format` is a d3 format for its values, and the dashed line at `baseline`
    carries `baseline_name`; with `published` there is a line, empty at first, for what others have reached.
    """
    return {
        scheme: _curves(scheme, series, unit, value_format, baseline, baseline_name, published).to_plotly_json()
        for scheme in SCHEMES
    }


def _curves(scheme, series, unit, value_format, baseline, baseline_name, published) -> go.Figure:
    colour = tokens()[scheme]
    figure = go.Figure()
    if published:
        figure.add_scatter(
            mode="lines+markers",
            meta="published",
            line={"color": colour["baseline"], "dash": "5px,4px", "width": 1.25},
            marker={"color": colour["baseline"], "size": 7, "symbol": "diamond"},
            hovertemplate=f"%{{y:{value_format}}} published<extra></extra>",
        )
        figure.add_annotation(
            name="published",
            text="published",
            xref="paper",
            x=1,
            xanchor="left",
            xshift=8,
            y=0,
            showarrow=False,
            font={"color": colour["muted"], "size": 13},
            visible=False,
        )
    for one in series:
        figure.add_scatter(
            mode="lines",
            name=one.name,
            meta=one.column,
            line={"color": colour[one.colour], "width": one.width},
            hovertemplate=f"%{{y:{value_format}}} {one.name}<extra></extra>",
        )
        figure.add_annotation(
            name=one.column,
            text=one.name,
            xref="paper",
            x=1,
            xanchor="left",
            xshift=8,
            y=0,
            showarrow=False,
            font={"color": colour["accent" if one.colour == "fill" else one.colour], "size": 13},
            visible=False,
        )
    figure.add_hline(baseline, name="baseline", line={"color": colour["baseline"], "dash": "5px,4px", "width": 1.25})
    figure.add_annotation(
        name="baseline",
        text=baseline_name,
        xref="paper",
        x=1,
        xanchor="left",
        xshift=8,
        y=baseline,
        showarrow=False,
        font={"color": colour["muted"], "size": 13},
    )
    figure.update_layout(
        template=template(scheme),
        margin={"l": 58, "r": _LABELS, "t": 8, "b": 44},
        showlegend=False,
        hovermode="x unified",
        dragmode="zoom",
        uirevision="kept",
        xaxis={"title": {"text": "updates"}, "tickformat": ",d", "nticks": 6},
        yaxis={"title": {"text": unit}, "tickformat": value_format, "nticks": 6},
    )
    return figure

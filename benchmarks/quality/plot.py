"""The document as a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clipkit.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PAPER, _INK, _FAINT = "#ffffff", "#1f2328", "#d0d7de"
"""An opaque sheet reads the same on a light page and on a dark one."""

_SHADES = {"hit_1": "#2070b8", "hit_3": "#5aa5e0", "hit_5": "#b5d8f4"}
_OURS = {"hit_1": "#b85410", "hit_3": "#e07b1f", "hit_5": "#f7c793"}
_LABELS = {"hit_1": "hit@1", "hit_3": "hit@3", "hit_5": "hit@5"}


def check_plotting() -> None:
    """Make sure that plots can be drawn, before anything is measured.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtra(
            "cannot draw the plot", str(error), 'Run: pip install "clipkit[bench]"'
        ) from error


def draw(document: Mapping[str, Any], path: Path) -> None:
    """Draw hits by method and what scores mean, as PNG.

    Args:
        document: What ``measure`` returned, or the JSON made of it.
        path: The file to write; its folder is made.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    check_plotting()
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    rows = document["methods"]
    with rc_context({"font.size": 10.0}):
        figure = Figure(
            figsize=(12.0, max(4.8, 0.55 * len(rows) + 1.6)),
            facecolor=_PAPER,
            layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1),
        )
        hits, curve = figure.subplots(1, 2, width_ratios=(3, 2))
        for axes in (hits, curve):
            _plain(axes)
        _bars(hits, rows, document["variants"])
        _curve(curve, document["calibration"])
        hits.set_title(
            f"QMSum {document['split']}: {document['questions']} questions, "
            f"{document['meetings']} meetings; whiskers: 95 %",
            color=_INK,
            loc="left",
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="png", dpi=120, facecolor=_PAPER)


def _plain(axes: "Axes") -> None:
    axes.set_facecolor(_PAPER)
    axes.tick_params(colors=_INK)
    axes.grid(color=_FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_color(_FAINT)


def _bars(axes: "Axes", rows: Sequence[Mapping[str, Any]], ours: Sequence[str]) -> None:
    """Draw three bars a method, the first method on top, ours in a colour of their own."""
    height = 0.27
    for place, key in enumerate(_SHADES):
        values = [row[key]["value"] for row in rows]
        below = [max(0.0, row[key]["value"] - row[key]["low"]) for row in rows]
        above = [max(0.0, row[key]["high"] - row[key]["value"]) for row in rows]
        axes.barh(
            [index + (place - 1) * height for index in range(len(rows))],
            values,
            height,
            color=[(_OURS if row["method"] in ours else _SHADES)[key] for row in rows],
            label=_LABELS[key],
            xerr=(below, above),
            error_kw={"ecolor": _INK, "elinewidth": 0.8, "capsize": 1.5},
        )
        for index, (value, over) in enumerate(zip(values, above, strict=True)):
            axes.text(
                value + over + 0.01,
                index + (place - 1) * height,
                f"{value:.2f}".lstrip("0"),
                va="center",
                fontsize=7.0,
                color=_INK,
            )
    axes.set_yticks(range(len(rows)), [row["method"] for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(0.0, 1.08)
    axes.set_xlabel("share of questions (dark to light: hit@1, hit@3, hit@5)", color=_INK)
    axes.grid(visible=False, axis="y")


def _curve(axes: "Axes", found: Mapping[str, Any]) -> None:
    """Draw the share of hits over the score, each point as large as its bin is full."""
    parts = [part for part in found["bins"] if part["clips"]]
    axes.plot((0.0, 1.0), (0.0, 1.0), color=_INK, linewidth=0.9, linestyle="--")
    if parts:
        scores = [part["score"] for part in parts]
        hits = [part["hits"] for part in parts]
        most = max(part["clips"] for part in parts)
        sizes = [20.0 + 180.0 * part["clips"] / most for part in parts]
        axes.plot(scores, hits, color=_OURS["hit_3"], linewidth=1.6)
        axes.scatter(scores, hits, s=sizes, color=_OURS["hit_3"], edgecolors=_INK, zorder=3)
        for part in parts:
            axes.annotate(
                str(part["clips"]),
                (part["score"], part["hits"]),
                xytext=(9.0, -9.0),
                textcoords="offset points",
                fontsize=7.0,
                color=_INK,
            )
    error = "no clips" if found["error"] is None else f"expected error {found['error']:.3f}"
    axes.set_title(f"clipkit's scores: {error}", color=_INK, loc="left")
    axes.set_xlim(-0.04, 1.04)
    axes.set_ylim(-0.04, 1.04)
    axes.set_xlabel("mean score (figures: clips)", color=_INK)
    axes.set_ylabel("share of clips that hit", color=_INK)

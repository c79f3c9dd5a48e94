"""Curves as pictures: SVG for the report and for documents, PNG for whatever shows nothing else.

Lines differ in dash and marker as well as in colour, and colours have enough contrast on white and on black.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from guardrails.lab.tuning.advice import Advice
from guardrails.lab.tuning.curves import Confusion, Interval, Scores, average_precision, roc_area
from guardrails.lab.tuning.scores import Result

_INK: Final = "#123456"
"""Stands for the text's own colour, which the page gives in light and dark."""
_BLUE: Final = "#3b82f6"
_ORANGE: Final = "#d97706"
_GREEN: Final = "#15a34a"
_SIZE: Final = (11.0, 3.6)
_SIZE_PNG_DPI: Final = 144
_PROLOG: Final = re.compile(r"<\?xml.*?(?=<svg)", re.DOTALL)
_METADATA: Final = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_ID: Final = re.compile(r'(\bid="|url\(#|href="#)([^")]+)')


Rate = Callable[[Confusion], Interval | None]


@dataclass(frozen=True, slots=True)
class Picture:
    """A plot: `inline` to stand in a page, whose ink it takes; `svg` and `png` as files; `words` instead."""

    inline: str
    svg: bytes
    png: bytes
    words: str


def draw(result: Result, advice: Advice, name: str) -> Picture:
    """The three plots of one subject side by side: rates by threshold, precision by recall, and ROC.

    `name` makes the ids in the picture unique on a page that has several.
    """
    with mpl.rc_context(_style(name)):
        figure = Figure(figsize=_SIZE)
        # Fixed margins: a layout engine would draw everything twice to come to the same.
        figure.subplots_adjust(left=0.05, right=0.99, bottom=0.15, top=0.91, wspace=0.2)
        by_threshold, pr, roc = figure.subplots(1, 3)
        _rates(by_threshold, result, advice)
        _precision_recall(pr, result.scores, advice)
        _roc(roc, result.scores, advice)
        svg, png = io.BytesIO(), io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None})
        figure.savefig(png, format="png", dpi=_SIZE_PNG_DPI, facecolor="white")
    raw = svg.getvalue().decode()
    words = describe(result, advice)
    return Picture(
        inline=_inline(raw, name, words),
        svg=raw.replace(_INK, "#1a1a1a").encode(),
        png=png.getvalue(),
        words=words,
    )


def describe(result: Result, advice: Advice) -> str:
    """What a picture shows, in words."""
    roc, area = roc_area(result.scores), average_precision(result.scores)
    told = [
        f"Three plots of {result.subject.name}: precision, recall and F1 by threshold; precision by recall",
        f" (average precision {area:.3f})" if area is not None else "",
        "; ROC curve",
        f" (area {roc:.3f})" if roc is not None else "",
        ". The table of thresholds below has the same numbers.",
    ]
    if advice.suggested is not None and advice.moves and result.subject.thresholds:
        told.insert(4, f"; the suggested threshold is {advice.suggested.threshold:g}")
    return "".join(told)


def _style(name: str) -> dict[Any, Any]:
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "font.family": ["DejaVu Sans"],
        "font.size": 9,
        "text.color": _INK,
        "axes.edgecolor": _INK,
        "axes.labelcolor": _INK,
        "axes.titlesize": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": _INK,
        "ytick.color": _INK,
        "axes.facecolor": "none",
        "figure.facecolor": "none",
        "legend.frameon": False,
    }


def _rates(axes: Axes, result: Result, advice: Advice) -> None:
    thresholds = [point.threshold for point in advice.points]
    lines = (
        ("precision", [point.confusion.precision for point in advice.points], _BLUE, "-", "o"),
        ("recall", [point.confusion.recall for point in advice.points], _ORANGE, "--", "s"),
    )
    for label, rates, colour, dash, marker in lines:
        known = [(x, rate) for x, rate in zip(thresholds, rates, strict=True) if rate is not None]
        if not known:
            continue
        x = [at for at, _ in known]
        axes.plot(x, [rate.value for _, rate in known], dash, marker=marker, markersize=4, color=colour, label=label)
        axes.fill_between(
            x, [rate.low for _, rate in known], [rate.high for _, rate in known], color=colour, alpha=0.15
        )
    f1 = [point.confusion.f1 or 0.0 for point in advice.points]
    axes.plot(thresholds, f1, ":", marker="^", markersize=4, color=_GREEN, label="F1")
    _marks(axes, result, advice)
    unit = result.subject.unit
    if unit is None:
        axes.set_xticks(thresholds, ["any finding"] * len(thresholds))
    _finish(axes, "Rates by threshold, with 95 % intervals", f"at_least ({unit})" if unit else "", "rate")
    axes.set_xlim(*(_room(thresholds)))
    axes.legend(loc="best", fontsize=8)


def _marks(axes: Axes, result: Result, advice: Advice) -> None:
    if not result.subject.thresholds:
        return
    if advice.today is not None:
        axes.axvline(advice.today.threshold, color=_INK, linewidth=1, label="today")
    if advice.suggested is not None and advice.moves:
        axes.axvline(advice.suggested.threshold, color=_INK, linewidth=1, linestyle=(0, (2, 2)), label="suggested")


def _precision_recall(axes: Axes, scores: Scores, advice: Advice) -> None:
    points = [
        (counts.recall.value, counts.precision.value)
        for level in reversed(scores.levels)
        for counts in (scores.at(level),)
        if counts.recall is not None and counts.precision is not None
    ]
    area = average_precision(scores)
    if points:
        axes.step([0.0, *(x for x, _ in points)], [points[0][1], *(y for _, y in points)], where="pre", color=_BLUE)
        axes.plot([x for x, _ in points], [y for _, y in points], "o", markersize=4, color=_BLUE)
    _spot(axes, advice, lambda counts: counts.recall, lambda counts: counts.precision)
    _finish(axes, "Precision by recall" + (f", average {area:.3f}" if area is not None else ""), "recall", "precision")
    axes.set_xlim(-0.03, 1.03)


def _roc(axes: Axes, scores: Scores, advice: Advice) -> None:
    points = [
        (counts.false_positive_rate.value, counts.recall.value)
        for level in reversed(scores.levels)
        for counts in (scores.at(level),)
        if counts.recall is not None and counts.false_positive_rate is not None
    ]
    area = roc_area(scores)
    if points:
        axes.plot([0.0, *(x for x, _ in points)], [0.0, *(y for _, y in points)], marker="o", markersize=4, color=_BLUE)
    axes.plot([0, 1], [0, 1], ":", color=_INK, linewidth=1)
    _spot(axes, advice, lambda counts: counts.false_positive_rate, lambda counts: counts.recall)
    title = "ROC" + (f", area {area:.3f}" if area is not None else "")
    _finish(axes, title, "false-positive rate", "recall")
    axes.set_xlim(-0.03, 1.03)


def _spot(axes: Axes, advice: Advice, across: Rate, up: Rate) -> None:
    suggested = advice.suggested if advice.moves else None
    for point, marker, label in ((advice.today, "D", "today"), (suggested, "*", "suggested")):
        if point is None:
            continue
        x, y = across(point.confusion), up(point.confusion)
        if x is not None and y is not None:
            axes.plot([x.value], [y.value], marker, markersize=9, color=_ORANGE, markerfacecolor="none", label=label)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="best", fontsize=8)


def _finish(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, y=1.01)  # a place that is given need not be searched for
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_ylim(-0.03, 1.05)
    axes.grid(visible=True, color=_INK, alpha=0.15, linewidth=0.6)


def _room(thresholds: list[float]) -> tuple[float, float]:
    low, high = min(thresholds), max(thresholds)
    edge = (high - low) * 0.05 or 0.5
    return low - edge, high + edge


def _inline(svg: str, name: str, words: str) -> str:
    """The picture for a page: its ids are its own, its ink is the page's, and it is as wide as there is room."""
    svg = _METADATA.sub("", _PROLOG.sub("", svg))
    svg = _ID.sub(lambda found: f"{found.group(1)}{name}-{found.group(2)}", svg).replace(_INK, "currentColor")
    head, _, rest = svg.partition(">")
    head = re.sub(r'\s(?:width|height)="[^"]*"', "", head)
    title = f'<title id="{name}-title">{_escaped(words)}</title>'
    return f'{head} role="img" aria-labelledby="{name}-title">{title}{rest}'


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

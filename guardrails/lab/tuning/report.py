"""The report as one page: nothing outside is needed to read it, no script, no font, no picture from elsewhere."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jinja2
import orjson
from markupsafe import Markup

from guardrails.lab.tuning.advice import Advice
from guardrails.lab.tuning.plots import Picture, draw
from guardrails.lab.tuning.scores import Result

_NOT_NAME: Final = re.compile(r"[^A-Za-z0-9]+")
_PLOT: Final = re.compile(r"[0-9]+-[a-z0-9-]*\.(?:svg|png)")
_SHOWN: Final = 100
"""Line numbers of a kind that the page shows; the JSON file has more."""


def slug(number: int, name: str) -> str:
    """A name for files and ids: `3-contact-data`. The number keeps names apart that differ in other characters."""
    return f"{number}-{_NOT_NAME.sub('-', name).strip('-').lower()}"


@dataclass(frozen=True, slots=True)
class Figure:
    """What a subject is called in files and ids, and its picture; None where there is nothing to draw."""

    slug: str
    picture: Picture | None


def pictures(results: Sequence[tuple[Result, Advice]]) -> dict[str, Figure]:
    """A figure for each subject by its name; drawn where there are good and bad texts."""
    figures: dict[str, Figure] = {}
    for number, (result, advice) in enumerate(results, start=1):
        name = slug(number, result.subject.name)
        drawn = draw(result, advice, f"p{name}") if result.good and result.bad else None
        figures[result.subject.name] = Figure(name, drawn)
    return figures


def page(document: Mapping[str, Any], drawn: Mapping[str, Figure]) -> str:
    """The report of a document (`guardrails.lab.tuning.document`) as HTML."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("guardrails.lab.tuning"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"rate": _rate, "span": _span, "share": _share}
    environment.filters |= {"lines": _lines, "plain": _plain, "whole": _whole}
    figures = {
        # Drawn by us, with every word in it escaped.
        name: {"slug": figure.slug, "svg": Markup(figure.picture.inline) if figure.picture else None}  # noqa: S704
        for name, figure in drawn.items()
    }
    return environment.get_template("report.html").render(report=document, figures=figures)


def write(folder: Path, document: Mapping[str, Any], drawn: Mapping[str, Figure]) -> None:
    """Write `report.html`, `report.json` and `plots/*.svg` and `*.png` into a folder that is there.

    Raises:
        OSError: a file cannot be written.
    """
    plots = folder / "plots"
    plots.mkdir(exist_ok=True)
    for old in plots.iterdir():
        if _PLOT.fullmatch(old.name):
            old.unlink()  # of an earlier run, whose rules may have been others
    for figure in drawn.values():
        if figure.picture is not None:
            (plots / f"{figure.slug}.svg").write_bytes(figure.picture.svg)
            (plots / f"{figure.slug}.png").write_bytes(figure.picture.png)
    (folder / "report.json").write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    (folder / "report.html").write_text(page(document, drawn), encoding="utf-8")


def _rate(rate: Mapping[str, float] | float | None) -> str:
    if rate is None:
        return "\N{EN DASH}"
    return f"{rate['value'] if isinstance(rate, Mapping) else rate:.3f}"


def _plain(number: float) -> str:
    """A threshold as a policy has it: 4, not 4.0."""
    return f"{number:g}"


def _span(rate: Mapping[str, float] | Sequence[float] | None) -> str:
    """The interval of a rate."""
    if rate is None:
        return ""
    low, high = (rate["low"], rate["high"]) if isinstance(rate, Mapping) else rate
    return f"{low:.2f} to {high:.2f}"


def _share(count: float, of: float) -> str:
    return f"{100 * count / of:.2f} %" if of else "\N{EN DASH}"


def _whole(number: float) -> str:
    return f"{number:,.0f}"


def _lines(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_SHOWN]))
    return f"{shown} and {len(numbers) - _SHOWN} more in report.json" if len(numbers) > _SHOWN else shown

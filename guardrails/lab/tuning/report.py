"""The report as one page: nothing outside is needed to read it, no script, no font, no picture from elsewhere."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import jinja2
import orjson
from markupsafe import Markup

from guardrails.lab.tuning.advice import Advice
from guardrails.lab.tuning.document import is_worth_telling
from guardrails.lab.tuning.plots import Picture, draw
from guardrails.lab.tuning.scores import Result

_NOT_NAME: Final = re.compile(r"[^A-Za-z0-9]+")
_SHOWN: Final = 100
"""Line numbers of a kind that the page shows; the JSON file has more."""


def slug(number: int, name: str) -> str:
    """A name for files and ids: `3-contact-data`. The number keeps names apart that differ in other characters."""
    return f"{number}-{_NOT_NAME.sub('-', name).strip('-').lower()}"


def pictures(results: Sequence[tuple[Result, Advice]]) -> dict[str, tuple[str, Picture]]:
    """A slug and a picture for each subject worth telling, by its name."""
    told = [(result, advice) for result, advice in results if is_worth_telling(result)]
    slugs = {result.subject.name: slug(number, result.subject.name) for number, (result, _) in enumerate(told, start=1)}
    return {
        result.subject.name: (slugs[result.subject.name], draw(result, advice, f"p{slugs[result.subject.name]}"))
        for result, advice in told
    }


def page(document: Mapping[str, Any], drawn: Mapping[str, tuple[str, Picture]]) -> str:
    """The report of a document (`guardrails.lab.tuning.document`) as HTML."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("guardrails.lab.tuning"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"rate": _rate, "span": _span, "share": _share, "lines": _lines, "plain": _plain}
    figures = {name: {"slug": slug, "svg": Markup(picture.inline)} for name, (slug, picture) in drawn.items()}  # noqa: S704 - drawn by us, its words escaped
    return environment.get_template("report.html").render(report=document, figures=figures)


def write(folder: Path, document: Mapping[str, Any], drawn: Mapping[str, tuple[str, Picture]]) -> None:
    """Write `report.html`, `report.json` and `plots/*.svg` and `*.png` into a folder that is there.

    Raises:
        OSError: a file cannot be written.
    """
    plots = folder / "plots"
    plots.mkdir(exist_ok=True)
    for name, picture in drawn.values():
        (plots / f"{name}.svg").write_bytes(picture.svg)
        (plots / f"{name}.png").write_bytes(picture.png)
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


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.2f} %" if of else "\N{EN DASH}"


def _lines(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_SHOWN]))
    return f"{shown} and {len(numbers) - _SHOWN} more in report.json" if len(numbers) > _SHOWN else shown

"""`guardrails policy tune`: which thresholds, by labelled texts."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import orjson
from rich.table import Column, Table

from guardrails.cli.options import config_option, json_option
from guardrails.cli.terminal import console
from guardrails.domain.content import Origin, Stage
from guardrails.domain.errors import ConfigurationError
from guardrails.telemetry import logs

if TYPE_CHECKING:
    from guardrails.cli.policy.tuning import Tuning
    from guardrails.lab.tuning.questions import Estimate

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHARE: Final = click.FloatRange(0, 1, min_open=True)
_AZURE_RATE: Final = 15.0
"""Calls a second to each service: just below the 1,000 a minute of Azure AI Language's S tier."""
_LAB_EXTRA: Final = frozenset({"numpy", "matplotlib", "jinja2", "markupsafe"})
_LOOKS: Final = {"fits": "green", "too strict": "red", "too lax": "red", "no threshold does it": "bold red"}


class _Layout(click.ParamType[str]):
    """The name of a layout, or `auto`. The names come with the checks, which help must not load."""

    name = "layout"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, where there is such a layout."""
        from guardrails.lab.tuning.layouts.catalogue import BY_NAME  # noqa: PLC0415

        return click.Choice(["auto", *BY_NAME]).convert(value, param, ctx)


@click.command(short_help="Find thresholds with labelled texts.")
@config_option
@click.option(
    "--data",
    "files",
    type=_FILE,
    multiple=True,
    required=True,
    help="Labelled texts: JSON lines, CSV or TSV, may be .gz. Repeatable.",
)
@click.option("--policy", "policy", help="A policy of the settings by name, or a policy file.  [default: default]")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="tune-report",
    show_default=True,
    help="The folder for report.html, report.json, plots and the evidence.",
)
@click.option(
    "--format",
    "layout",
    type=_Layout(),
    metavar="NAME",
    default="auto",
    show_default=True,
    help="How the data is laid out: auto, or one of docs/policies.md, which a wrong name lists.",
)
@click.option("--about", multiple=True, metavar="CHECK", help="The check that the labels are about. Repeatable.")
@click.option("--text-column", metavar="NAME", help="The column of the text.")
@click.option("--label-column", metavar="NAME", help="The column of the label.")
@click.option("--category-column", metavar="NAME", help="The column of the category or categories.")
@click.option("--stage-column", metavar="NAME", help="The column of the stage.")
@click.option("--origin-column", metavar="NAME", help="The column of the origin.")
@click.option(
    "--category",
    "meanings",
    multiple=True,
    metavar="WORD=CATEGORY",
    help="What a category word of the data means; WORD= for none of ours. Repeatable.",
)
@click.option(
    "--stage",
    type=click.Choice([stage.value for stage in Stage]),
    default=Stage.INPUT.value,
    show_default=True,
    help="Of rows that do not tell theirs.",
)
@click.option(
    "--origin", type=click.Choice([origin.value for origin in Origin]), help="Of rows that do not tell theirs."
)
@click.option("--limit", type=click.IntRange(min=1), metavar="ROWS", help="Use no more rows than this.")
@click.option("--want-precision", type=_SHARE, help="Find the threshold that comes to this precision.")
@click.option("--want-recall", type=_SHARE, help="Find the threshold that comes to this recall.")
@click.option(
    "--decisions",
    type=_FILE,
    multiple=True,
    help="Decision records: what the thresholds would do to that traffic. Repeatable.",
)
@click.option("--emulator", is_flag=True, help="Ask the stand-in for Azure: to see a report, not to find thresholds.")
@click.option(
    "--rate",
    type=click.FloatRange(min=0),
    help="Calls a second to each service, 0 for no limit.  [default: 15; none with --emulator]",
)
@click.option("--estimate-only", is_flag=True, help="Tell what would be asked and what is billed, and ask nothing.")
@click.option(
    "--ask-above",
    type=click.IntRange(min=0),
    default=10_000,
    show_default=True,
    metavar="RECORDS",
    help="Ask before more text records than this are billed.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_context
def tune(
    context: click.Context,
    /,
    *,
    estimate_only: bool,
    ask_above: int,
    yes: bool,
    as_json: bool,
    **options: Any,  # noqa: ANN401 - each its own type
) -> None:
    """Run the checks of a policy over labelled texts, and tell which thresholds fit.

    Each check is asked once for each text; what it said is kept in evidence.jsonl, without the texts: an interrupted
    run goes on where it ended, and a second one costs nothing. First it tells what it will ask, in calls and in text
    records of 1,000 characters, as Azure bills them.

    A row has a text and a label (true, 1, unsafe, jailbreak ... or false, 0, safe, benign ...), and may have a
    category, a stage and an origin. Layouts of well-known public sets are recognised by their columns:
    docs/policies.md, "Finding thresholds".

    Exit code 1 when no threshold of a rule comes to the wanted precision or recall, 2 when the data, the settings or
    the policy do not hold, or a service cannot be asked.
    """
    logs.configure("error")
    with _tuning(options) as tuning:
        estimate = tuning.estimate()
        if estimate_only and as_json:
            click.echo(_estimate_json(estimate))
        elif not as_json:
            _print_estimate(estimate)
        if estimate_only:
            return
        _agree(estimate, ask_above, free=yes or options["emulator"])
        report = tuning.run(quiet=as_json)
    if as_json:
        click.echo(orjson.dumps(report))
    else:
        _print(report, options["out"])
    if report["met"] is False:
        context.exit(1)


def _tuning(options: Mapping[str, Any]) -> "Tuning":
    """The run that the options ask for.

    Raises:
        ConfigurationError: the extra is not installed: told before anything is asked that costs money.
    """
    try:
        from guardrails.cli.policy.tuning import Order, Tuning  # noqa: PLC0415 - an extra, and slow to load
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _LAB_EXTRA:
            raise
        raise ConfigurationError([f"policy tune needs {error.name}: pip install 'azure-guardrails[lab]'"]) from None
    from guardrails.lab.tuning.layouts.record import Columns  # noqa: PLC0415

    given = dict(options)
    columns = Columns(
        **{name: given.pop(f"{name}_column") for name in ("text", "label", "category", "stage", "origin")}
    )
    rate = given.pop("rate")
    if rate is None:
        rate = 0.0 if given["emulator"] else _AZURE_RATE
    return Tuning(Order(columns=columns, rate=rate, **given))


def _agree(estimate: "Estimate", ask_above: int, *, free: bool) -> None:
    if free or estimate.records <= ask_above:
        return
    if not sys.stdin.isatty():
        raise ConfigurationError(
            [f"{estimate.records:,} text records would be billed, more than --ask-above {ask_above:,}; --yes agrees"]
        )
    click.confirm(f"{estimate.records:,} text records will be billed. Go on?", abort=True, err=True)


def _estimate_json(estimate: "Estimate") -> bytes:
    return orjson.dumps(
        {
            "texts": estimate.samples,
            "known": estimate.known,
            "calls": estimate.calls,
            "records": estimate.records,
            "checks": estimate.needs,
            "not_read": estimate.not_read,
        }
    )


def _print_estimate(estimate: "Estimate") -> None:
    out = console(stderr=True)
    headings = ("check", "texts", "calls", "text records")
    table = Table(*(Column(name, justify="right") for name in headings))
    for name, need in estimate.needs.items():
        table.add_row(name, f"{need.texts:,}", f"{need.calls:,}", f"{need.records:,}")
    table.add_row("together", "", f"{estimate.calls:,}", f"{estimate.records:,}", style="bold")
    known = f", {estimate.known:,} answers are known already" if estimate.known else ""
    out.print(f"{estimate.samples:,} labelled texts{known}. Still to ask:")
    out.print(table)


def _print(report: Mapping[str, Any], out: Path) -> None:
    screen = console()
    table = Table(*(Column(name, overflow="fold") for name in ("rule", "judgement", "at_least", "suggested", "what")))
    for rule in report["rules"]:
        table.add_row(
            rule["name"],
            rule["judgement"],
            "any" if rule["rule"]["at_least"] is None else f"{rule['rule']['at_least']:g}",
            f"{rule['suggested']['at_least']:g}" if rule["moves"] else "",
            rule["sentence"],
            style=_LOOKS.get(rule["judgement"], "yellow"),
        )
    screen.print(table)
    if report["emulated"]:
        screen.print("Measured on the emulator: these numbers say nothing about Azure.")
    for item in report["asked"]["failed"]:
        screen.print(
            f"{item['check']} gave no answer for {item['texts']} texts ({item['reason']}); run again for them."
        )
    if report["traffic"]:
        told = report["traffic"]
        screen.print(
            f"Of {told['records']:,.0f} recorded verdicts {told['blocked_now']:,.0f} are blocks now, "
            f"{told['blocked_then']:,.0f} with the suggested thresholds."
        )
    screen.print(f"Report: {out / 'report.html'}")

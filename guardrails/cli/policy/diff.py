"""`guardrails policy diff`: what differs between two policies, in words, and what it would have done."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import orjson
from rich.console import Console

from guardrails.cli.options import json_option
from guardrails.cli.policy.recordings import (
    DECISIONS_HELP,
    limit_ids_option,
    memory_option,
    reading,
    since_option,
    until_option,
)
from guardrails.cli.terminal import console

if TYPE_CHECKING:
    from guardrails.lab.effect import Effect
    from guardrails.policy.bundle import Bundle
    from guardrails.policy.diff import PolicyDiff

_SIGNS: Final = {"stricter": "+", "weaker": "-", "mixed": "±", "other": " "}
_WEAKER: Final = frozenset({"weaker", "mixed"})


@click.command(short_help="Tell in words what differs between two policies.")
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", type=click.Path(exists=True, path_type=Path))
@click.option("--decisions", multiple=True, metavar="GLOB", help=f"Also the effect on these. {DECISIONS_HELP}")
@since_option
@until_option
@limit_ids_option
@memory_option
@click.option(
    "--fail-on",
    type=click.Choice(["weaker", "any"]),
    help="Exit with 1 if something is weaker than before, or different at all.",
)
@json_option
def diff(
    *,
    old: Path,
    new: Path,
    decisions: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    limit_ids: int,
    memory: str,
    fail_on: str | None,
    as_json: bool,
) -> None:
    """Compare the policies OLD and NEW, each a file or a folder, by what they ask for.

    A line begins with + where NEW is stricter, with - where it is weaker, with ± where it is both.

    With --decisions, both are put to the recorded evidence: what OLD decides of it and NEW does not.
    """
    from guardrails.checks.catalogue import SPECS  # noqa: PLC0415 - help must not load it
    from guardrails.policy.bundle import load_policies  # noqa: PLC0415
    from guardrails.policy.diff import diff_all  # noqa: PLC0415

    before, after = load_policies(old, SPECS), load_policies(new, SPECS)
    told = diff_all(before.policies, after.policies)
    effect = None
    if decisions:
        picked = {"since": since, "until": until}
        effect = _effect(before, after, decisions, picked, most_ids=limit_ids, memory=memory)
    if as_json:
        body: dict[str, Any] = {"policies": [one.told() for one in told]}
        body |= {} if effect is None else {"effect": effect.told()}
        click.echo(orjson.dumps(body, option=orjson.OPT_INDENT_2))
    else:
        _print(console(), told, effect)
    if fail_on is not None and _is_found(told, fail_on):
        click.get_current_context().exit(1)


def _effect(
    before: "Bundle",
    after: "Bundle",
    decisions: tuple[str, ...],
    picked: dict[str, datetime | None],
    *,
    most_ids: int,
    memory: str,
) -> "Effect":
    # Loaded here: the engine is an extra.
    from guardrails.checks.catalogue import SPECS  # noqa: PLC0415
    from guardrails.lab.recorded import Limits, find_readable, read_alike  # noqa: PLC0415
    from guardrails.lab.replay import Judge, replay  # noqa: PLC0415

    files = find_readable(decisions)
    # Two single files are compared whatever their names. The old one says which records they are compared on.
    (renamed,) = after.policies.values() if len(before.policies) == len(after.policies) == 1 else (None,)
    with reading(files) as progress:
        return replay(
            read_alike(files, **picked, examples=most_ids, limits=Limits(memory), progress=progress),
            Judge(after.policies, SPECS, renamed),
            then=Judge(before.policies, SPECS),
            most_ids=most_ids,
        )


def _print(out: Console, told: "list[PolicyDiff]", effect: "Effect | None") -> None:
    for one in told:
        out.print(f"{one.policy}: {'no difference' if one.fate == 'same' else one.fate}")
        for difference in one.differences:
            out.print(f"  {_SIGNS[difference.direction]} {difference}")
    if effect is not None:
        from guardrails.cli.policy.effect_table import show  # noqa: PLC0415

        out.print()
        out.print("On recorded decisions:")
        show(out, effect)


def _is_found(told: "list[PolicyDiff]", fail_on: str) -> bool:
    if fail_on == "any":
        return any(one.fate != "same" for one in told)
    return any(
        one.fate == "removed" or any(difference.direction in _WEAKER for difference in one.differences) for one in told
    )

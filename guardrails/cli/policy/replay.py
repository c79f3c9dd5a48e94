"""`guardrails policy replay`: recorded decisions, judged again by another policy."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import orjson

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
from guardrails.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from guardrails.lab.effect import Effect
    from guardrails.policy.policy import Policy

_FAIL_ON: Final = ("newly-blocked", "newly-allowed", "any")


@click.command(short_help="Judge recorded decisions again by another policy.")
@click.option(
    "--policy",
    "policies",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="The policy that is tried: a file, or a folder of them. A record is judged by the policy of its own name.",
)
@click.option("--decisions", required=True, multiple=True, metavar="GLOB", help=DECISIONS_HELP)
@click.option("--as", "judged_by", metavar="NAME", help="Judge every record by this one of the policies.")
@since_option
@until_option
@limit_ids_option
@memory_option
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(_FAIL_ON),
    help="Exit with 1 if there is such a change; may be given twice.",
)
@json_option
def replay(
    *,
    policies: Path,
    decisions: tuple[str, ...],
    judged_by: str | None,
    since: datetime | None,
    until: datetime | None,
    limit_ids: int,
    memory: str,
    fail_on: tuple[str, ...],
    as_json: bool,
) -> None:
    """Judge recorded decisions again, without one call to Azure: what would be blocked, allowed, changed?

    The evidence is the one that was recorded. Where it does not tell what the policy asks now (a check that did not
    run, a category that was not asked for, texts that were not read), the record is counted apart and nothing is
    guessed; unless what is known is enough to block.

    Exit code 1 only with --fail-on. Code 2 when no record at all could be judged.
    """
    # Loaded here: the engine is an extra, and help must not need it.
    from guardrails.checks.catalogue import SPECS  # noqa: PLC0415
    from guardrails.lab.recorded import Limits, find_readable, read_alike  # noqa: PLC0415
    from guardrails.lab.replay import Judge  # noqa: PLC0415
    from guardrails.lab.replay import replay as judge_again  # noqa: PLC0415
    from guardrails.policy.bundle import load_policies  # noqa: PLC0415

    bundle = load_policies(policies, SPECS)
    judge = Judge(bundle.policies, SPECS, _one(bundle.policies, judged_by))
    files = find_readable(decisions)
    with reading(files) as progress:
        groups = read_alike(
            files, since=since, until=until, examples=limit_ids, limits=Limits(memory), progress=progress
        )
        effect = judge_again(groups, judge, most_ids=limit_ids)
    if as_json:
        click.echo(orjson.dumps({"bundle": bundle.revision, **effect.told()}, option=orjson.OPT_INDENT_2))
    else:
        from guardrails.cli.policy.effect_table import show  # noqa: PLC0415

        show(console(), effect)
    _exit(effect, fail_on)


def _one(policies: "Mapping[str, Policy]", name: str | None) -> "Policy | None":
    if name is None:
        return None
    if name not in policies:
        known = ", ".join(sorted(policies))
        raise ConfigurationError([f"--as: there is no policy {name!r} among those given; known: {known}"])
    return policies[name]


def _exit(effect: "Effect", fail_on: tuple[str, ...]) -> None:
    if not effect.replayed.count:
        raise ConfigurationError([f"not one of {effect.records.count:,} records could be judged again"])
    found = {
        "newly-blocked": effect.newly_blocked.count,
        "newly-allowed": effect.newly_allowed.count,
        "any": effect.changed,
    }
    if any(found[kind] for kind in fail_on):
        click.get_current_context().exit(1)

"""`guardrails blocklist push`: make Azure's lists what the files say."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click
import orjson

from guardrails.blocklists.difference import Difference, total_items
from guardrails.blocklists.push import Account, Push, total_after
from guardrails.blocklists.push import push as carry_out
from guardrails.cli.blocklist.comparison import compare
from guardrails.cli.blocklist.options import emulator_option, names_argument, notes, progress, show_items_option
from guardrails.cli.blocklist.resource import open_resource
from guardrails.cli.blocklist.words import as_data, lines, unnamed
from guardrails.cli.main import WRONG_USE
from guardrails.cli.options import config_option, json_option
from guardrails.cli.terminal import counted
from guardrails.domain.blocklist import MOST_ITEMS
from guardrails.domain.errors import ConfigurationError
from guardrails.telemetry import logs

_SLOW: Final = "Azure may take some minutes to apply changes to its lists."


@click.command(short_help="Make Azure's lists what the files say.")
@names_argument
@config_option
@click.option("--dry-run", is_flag=True, help="Only tell what would be done; nothing is written.")
@click.option("--prune", is_flag=True, help="Remove items that the files do not have, from the lists that they have.")
@click.option("--yes", is_flag=True, help="Do not ask before items are removed.")
@show_items_option
@emulator_option
@json_option
def push(
    names: tuple[str, ...],
    config: Path,
    *,
    dry_run: bool,
    prune: bool,
    yes: bool,
    show_items: bool,
    emulator: bool,
    as_json: bool,
) -> None:
    """Make the lists of Azure what the files say: all of them, or those of these NAMEs.

    Lists are made, items added and rewritten, a hundred a call. Items that the files do not have stay unless --prune
    is given; lists that no file has are never touched. It can be repeated at any time: what is done already is not done
    again, and what broke off goes on. Azure may take some minutes to apply changes.

    Exit code 1 when items stayed that the files do not have, 2 when it could not be done; then it says how far it came.
    """
    logs.configure("error")
    with open_resource(config, emulator=emulator) as resource:
        compared = compare(resource, names, quiet=as_json)
        there, changes = compared.there, [change for _, change in compared.pairs]
        _require_room(total_after(changes, there, prune=prune))
        if not as_json:
            _tell(lines(compared.pairs, show=show_items))
            _tell((f"note: {note}" for note in notes(compared.wanted)), err=True)
        under_way = Push([Account(change, prune) for change in changes])
        if not dry_run:
            _confirm(changes, prune=prune, yes=yes)
            with progress(quiet=as_json) as told:
                under_way = resource.run(carry_out(resource.lists, changes, there, told, prune=prune))
        failure = None if under_way.failure is None else resource.explain(under_way.failure)
    if as_json:
        data = as_data(compared.pairs, unnamed(compared.files, there), total_items(there.values()), show=show_items)
        click.echo(orjson.dumps(data | {"notes": notes(compared.wanted)} | _data(under_way, failure, dry_run=dry_run)))
    else:
        _tell(_account(under_way, failure, dry_run=dry_run))
    _end(under_way)


def _tell(said: Iterator[str], *, err: bool = False) -> None:
    for line in said:
        click.echo(line, err=err)


def _require_room(total: int) -> None:
    if total > MOST_ITEMS:
        problem = (
            f"the resource would have {total} items in all its lists together, those in no file included; Azure takes "
            f"{MOST_ITEMS}. Nothing was changed"
        )
        raise ConfigurationError([problem])


def _confirm(changes: Sequence[Difference], *, prune: bool, yes: bool) -> None:
    """Ask before anything is written. No answer, or no, ends the command with code 1."""
    removed = sum(len(change.removed) for change in changes)
    if prune and removed and not yes:
        click.confirm(f"Remove {counted(removed, 'item')} from Azure?", abort=True, err=True)


def _end(under_way: Push) -> None:
    if under_way.failure is not None:
        click.get_current_context().exit(WRONG_USE)
    if _left(under_way):
        click.get_current_context().exit(1)


def _left(under_way: Push) -> int:
    """Items that stay in Azure though no file has them, because nobody asked for their removal."""
    return sum(len(account.difference.removed) for account in under_way.accounts if not account.prunes)


def _account(under_way: Push, failure: str | None, *, dry_run: bool) -> Iterator[str]:
    if dry_run:
        yield "Nothing was changed (--dry-run)."
    for account in () if dry_run else under_way.accounts:
        if not account.difference.is_empty:
            yield f"{account.difference.name}: {_done(account)}"
    if failure is not None:
        yield f"Not finished, at {under_way.failed_at}: {failure}"
        yield "What is done stays done; the same command goes on from there."
    if left := _left(under_way):
        mend = "--prune removes what is left, `guardrails blocklist pull --force` takes it into the files"
        yield f"Left in Azure, and in no file: {counted(left, 'item')}. {mend}."
    if under_way.done or any(account.made for account in under_way.accounts):
        yield _SLOW


def _done(account: Account) -> str:
    change = account.difference
    parts = []
    if change.is_new or change.description is not None:
        verb = "made" if change.is_new else "described"
        parts.append(verb if account.made else f"not {verb}")
    counts = [("added", account.added, len(change.added)), ("changed", account.changed, len(change.changed))]
    if account.prunes:
        counts.append(("removed", account.removed, len(change.removed)))
    parts += [f"{done} of {planned} {verb}" for verb, done, planned in counts if planned]
    if account.unconfirmed:
        parts.append(f"{account.unconfirmed} more may or may not be, Azure did not confirm them")
    return ", ".join(parts) or "nothing to do without --prune"


def _data(under_way: Push, failure: str | None, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "finished": not dry_run and failure is None,
        "failure": failure,
        "failed_at": under_way.failed_at,
        "left_in_azure": _left(under_way),
        "done": [
            {
                "name": account.difference.name,
                "made": account.made,
                "added": account.added,
                "changed": account.changed,
                "removed": account.removed,
                "unconfirmed": account.unconfirmed,
            }
            for account in under_way.accounts
        ],
    }

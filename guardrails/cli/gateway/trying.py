"""`guardrails gateway try`: a gateway's calls, played against a running service."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
import click
import orjson

from guardrails.cli.caller import WrongAnswer, key_option, url_option
from guardrails.cli.gateway.line import Line
from guardrails.cli.gateway.rehearsal import Played, number_of_calls, rehearse
from guardrails.cli.gateway.shown import as_data, show
from guardrails.cli.gateway.trouble import EmulatorControl
from guardrails.cli.options import json_option
from guardrails.cli.progress_bar import progress_bar
from guardrails.cli.terminal import console
from guardrails.gateways.peer import Peer
from guardrails.gateways.peers import PEERS
from guardrails.policy.near import hint

_ALL: Final = "all"
Rehearsals = Mapping[str, Sequence[Played]]


def _peers(_context: click.Context, _parameter: click.Parameter, name: str) -> tuple[Peer, ...]:
    chosen = tuple(peer for peer in PEERS if name in {peer.name, _ALL})
    if not chosen:
        raise WrongAnswer(f"there is no gateway {name!r}{hint(name, (_ALL, *(peer.name for peer in PEERS)))}")
    return chosen


@click.command("try", short_help="Play a gateway's calls against a running service.")
@click.argument("peers", metavar="NAME", callback=_peers)
@url_option
@key_option
@click.option("--policy", help="One of the caller's policies, in place of that which the calls lead to.")
@click.option(
    "--emulator", help="The URL of the emulator that the service stands in front of: plays an outage of Azure."
)
@click.option("--emulator-key", envvar="GUARDRAILS_EMULATOR_KEY", show_envvar=True, help="Its control key, if any.")
@click.option(
    "--emulator-ca-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Its certificate authority (PEM), which it prints at its start.",
)
@json_option
def trying(  # noqa: PLR0917 - as many as there are options
    peers: tuple[Peer, ...],
    url: str,
    key: str,
    policy: str | None,
    emulator: str | None,
    emulator_key: str | None,
    emulator_ca_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Play the calls of gateway NAME (or all) and tell what it would do with each answer.

    Clean and bad texts in both directions, a damaged body, a wrong key, a service that is not there and, with
    --emulator, an outage of Azure.

    \b
    Example:
      guardrails gateway try portkey --url http://127.0.0.1:8080 --key local-demo-key

    Exit code 0 when every call ends as the shipped policy `default` promises, 1 when one does not (an attack that
    passes, for one), 2 when it cannot be told: no such gateway, no service there, or it refuses the key.
    """  # noqa: D301 - click's mark of a paragraph to leave as it is
    trust = _trust(emulator_ca_file)

    async def played() -> Rehearsals:
        async with _opened(url.rstrip("/"), key, policy) as line:
            control = None
            if emulator is not None:
                control = EmulatorControl(line.session, emulator, emulator_key, trust)
                await control.require()
            return await _with_progress(peers, line, control, quiet=as_json)

    rehearsals = asyncio.run(played())
    good = all(one.good for calls in rehearsals.values() for one in calls)
    if as_json:
        told = [as_data(peer, rehearsals[peer.name]) for peer in peers]
        click.echo(orjson.dumps({"good": good, "url": url, "policy": policy, "gateways": told}))
    else:
        out = console()
        for number, peer in enumerate(peers):
            if number:
                out.print()
            show(out, peer, rehearsals[peer.name])
    if not good:
        click.get_current_context().exit(1)


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError):
        raise WrongAnswer(f"{ca_file}: holds no certificate that can be used") from None


@asynccontextmanager
async def _opened(url: str, key: str, policy: str | None) -> AsyncIterator[Line]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Line(session, url, key, policy)


async def _with_progress(
    peers: Sequence[Peer], line: Line, emulator: EmulatorControl | None, *, quiet: bool
) -> Rehearsals:
    rehearsals: dict[str, list[Played]] = {peer.name: [] for peer in peers}
    with progress_bar(quiet=quiet) as progress:
        total = sum(number_of_calls(peer, outage=emulator is not None) for peer in peers)
        task = progress.add_task("playing", total=total)
        for peer in peers:
            async for one in rehearse(peer, line, emulator):
                rehearsals[peer.name].append(one)
                progress.update(task, advance=1, description=f"{peer.name} {one.call}")
    return rehearsals

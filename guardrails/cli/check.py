"""`guardrails check`: ask a running service for a verdict."""

import asyncio
import io
import re
import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import click
import orjson
from rich.table import Column, Table

from guardrails.cli.main import WRONG_USE
from guardrails.cli.options import json_option
from guardrails.cli.terminal import console

_SECONDS: Final = 60.0
_KEY: Final = re.compile(r"[!-~]+")
_LOCAL: Final = "http://127.0.0.1:8080"


@click.command(short_help="Judge a text by a running service.")
@click.argument("text")
@click.option(
    "--url", default=_LOCAL, envvar="GUARDRAILS_URL", show_default=True, show_envvar=True, help="The service."
)
@click.option(
    "--key",
    required=True,
    envvar="GUARDRAILS_KEY",
    show_envvar=True,
    help="A caller's key; the variable keeps it unseen.",
)
@click.option("--policy", help="One of the caller's policies; its default one when absent.")
@click.option("--stage", type=click.Choice(["input", "output"]), default="input", show_default=True)
@json_option
def check(text: str, url: str, key: str, policy: str | None, stage: str, *, as_json: bool) -> None:
    """Judge TEXT (- reads it from standard input) by a running service's /check.

    Exit code 1 when the text is blocked.
    """
    body: dict[str, str] = {"stage": stage, "text": _read() if text == "-" else text}
    if policy is not None:
        body["policy"] = policy
    if not _KEY.fullmatch(key):
        raise WrongAnswer("the key holds characters that a header cannot carry")
    status, answer = asyncio.run(_post(url.rstrip("/") + "/check", key, body))
    if status != HTTPStatus.OK:
        raise WrongAnswer(f"the service answers {status}: {_problem(answer)}")
    if as_json:
        click.echo(orjson.dumps(answer))
    else:
        _print(answer)
    if answer.get("blocked") is True:
        click.get_current_context().exit(1)


class WrongAnswer(click.ClickException):
    """No verdict could be had; ends the command with code 2."""

    exit_code = WRONG_USE

    def show(self, file: Any = None) -> None:  # noqa: ANN401 - click's signature
        """Print the sentence on standard error."""
        click.echo(f"guardrails: {self.message}", file=file, err=True)


def _read() -> str:
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise WrongAnswer("standard input is not UTF-8 text") from None


async def _post(url: str, key: str, body: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    try:
        payload = orjson.dumps(body)
    except orjson.JSONEncodeError:
        raise WrongAnswer("the text is not valid Unicode") from None
    headers = {"api-key": key, "Content-Type": "application/json"}
    try:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.post(url, data=io.BytesIO(payload), allow_redirects=False) as response,
        ):
            raw = await response.read()
    except aiohttp.InvalidURL:
        raise WrongAnswer("the URL must be such as http://127.0.0.1:8080") from None
    except TimeoutError:
        raise WrongAnswer(f"no answer from {url} within {_SECONDS:g} s") from None
    except (aiohttp.ClientError, OSError):
        raise WrongAnswer(f"no answer from {url}; is the service running there?") from None
    try:
        answer = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise WrongAnswer(f"{url} answers {response.status} with something that is not JSON") from None
    if not isinstance(answer, dict):
        raise WrongAnswer(f"{url} answers {response.status} with JSON of another shape")
    return response.status, answer


def _problem(answer: Mapping[str, Any]) -> str:
    told = answer.get("detail") or answer.get("title") or "no reason given"
    known = answer.get("known")
    more = f" Known: {', '.join(map(str, known))}." if isinstance(known, list) and known else ""
    return f"{told}{more}"


def _print(answer: Mapping[str, Any]) -> None:
    out = console()
    policy = answer.get("policy", {})
    degraded = ", and a check failed" if answer.get("degraded") else ""
    out.print(f"{answer.get('verdict')} by policy {policy.get('name')}{degraded}: {answer.get('message')}")
    for report in answer.get("checks", []):
        reason = f" ({report['reason']})" if report.get("reason") else ""
        out.print(f"  {report.get('check')}: {report.get('status')}{reason}, {report.get('duration_ms')} ms")
    reasons = answer.get("reasons", [])
    if reasons:
        out.print(_reasons(reasons))
    if isinstance(answer.get("text"), str):
        out.print(f"text: {answer['text']}")


def _reasons(reasons: list[Mapping[str, Any]]) -> Table:
    names = ("rule", "action", "check", "category", "measure", "at least", "where", "span")
    table = Table(*(Column(name, overflow="fold") for name in names))
    for reason in reasons:
        span = reason.get("span")
        cells = [reason.get(key) for key in ("rule", "action", "check", "category", "measure", "at_least", "pointer")]
        cells.append("-".join(map(str, span)) if span else None)
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    return table

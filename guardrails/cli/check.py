"""`guardrails check`: ask a running service for a verdict."""

import asyncio
import io
import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import click
import orjson
from rich.table import Column, Table

from guardrails.cli.caller import WrongAnswer, key_option, problem_of, url_option
from guardrails.cli.options import json_option
from guardrails.cli.terminal import console

_SECONDS: Final = 60.0


@click.command(short_help="Judge a text by a running service.")
@click.argument("text")
@url_option
@key_option
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
    status, answer = asyncio.run(_post(url.rstrip("/") + "/check", key, body))
    if status != HTTPStatus.OK:
        raise WrongAnswer(f"the service answers {status}: {problem_of(answer)}")
    if as_json:
        click.echo(orjson.dumps(answer))
    else:
        _print(answer)
    if answer.get("blocked") is True:
        click.get_current_context().exit(1)


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

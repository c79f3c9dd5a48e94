"""Explanations from where they are to be had: a running service, the configured services, or files of records."""

import asyncio
import gzip
import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import orjson
from aiohttp import web

from guardrails.azure.secrets import SecretReader
from guardrails.chat.request import extract_text
from guardrails.checks.catalogue import SPECS
from guardrails.cli.emulated import emulated
from guardrails.domain.content import Inspection, Stage
from guardrails.domain.errors import ConfigurationError
from guardrails.pipeline.assessment import new_id
from guardrails.pipeline.explaining import explain_now, explain_record
from guardrails.pipeline.guard import Exchange
from guardrails.policy.bundle import Bundle, load_bundle
from guardrails.policy.near import hint
from guardrails.policy.policy import Policy
from guardrails.server.app import create_app
from guardrails.server.prepare import Prepared, prepare
from guardrails.settings.load import load
from guardrails.telemetry.audit import OFF
from guardrails.telemetry.found import STANDARD_OUTPUT, before, records_of, search
from guardrails.telemetry.recorded_files import find_files
from guardrails.web.services import HOLDER

_SECONDS: Final = 60.0
_DOOR: Final = "guardrails policy explain"
_FIELDS: Final = frozenset(
    ["policy", "stage", "verdict", "message", "reasons", "findings", "omitted", "redactions", "would_pass", "decision"]
)
_KEY: Final = re.compile(r"[!-~]+")

Told = dict[str, Any]


def whole(file: str) -> str:
    """A file as the person at the terminal finds it: from where they are, where it is below that."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file


def from_records(
    decision: str, patterns: Sequence[str], policies: Path | None, config: Path, policy: str | None
) -> list[Told]:
    """Explain a decision from files of records; without them, and without policies, those of the settings.

    Raises:
        ConfigurationError: no file has it, or there is no policy of its name.
    """
    prepared = None if policies and patterns else prepare(config, os.environ)
    files = _latest_first(find_files(patterns)) if patterns else _files_of(prepared)
    bundle = load_bundle(policies, SPECS) if policies else _bundle_of(prepared)
    records = records_of(_lines(files, decision), decision)
    if not records:
        raise ConfigurationError([f"--decision: no record of {decision} is in {', '.join(map(str, files))}"])
    return [explain_record(record, _policy(bundle, policy or _name(record)), SPECS, whole) for record in records]


async def from_service(url: str, key: str, policy: str, body: Mapping[str, Any]) -> list[Told]:
    """Ask a running service.

    Raises:
        ConfigurationError: it gives no explanation; says why.
    """
    if not _KEY.fullmatch(key):
        raise ConfigurationError(["the key holds characters that a header cannot carry"])
    address = f"{url.rstrip('/')}/policies/{quote(policy, safe='')}/explain"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS), headers={"api-key": key}) as session,
            session.post(address, json=dict(body), allow_redirects=False) as response,
        ):
            status, answer = response.status, orjson.loads(await response.read())
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        raise ConfigurationError([f"no explanation from {url}; is the service running there?"]) from None
    told = answer.get("explanations") if isinstance(answer, dict) else None
    if isinstance(told, list) and all(map(_is_known, told)):
        return told
    detail = answer.get("detail") if isinstance(answer, dict) else None
    raise ConfigurationError([f"the service answers {status}: {detail or 'no reason given'}"])


async def from_text(
    text: str, stage: Stage, config: Path, policies: Path | None, policy: str | None, *, emulator: bool
) -> list[Told]:
    """Judge a text by the configured services, or an emulator in their place, without any record.

    Raises:
        ConfigurationError: the settings or policies do not hold, or there is no such policy.
    """
    async with AsyncExitStack() as stack:
        env: Mapping[str, str] = dict(os.environ)
        if emulator:
            env = {**env, **await stack.enter_async_context(emulated(config, env, required=True))}
        prepared = await asyncio.to_thread(_unrecorded, config, env, policies)
        chosen = _policy(prepared.bundle, policy or _only_one(prepared.bundle))
        app = create_app(prepared, SecretReader(env))
        runner = web.AppRunner(app)
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        read = extract_text({"text": text}, stage, chosen.trusted)
        inspection = Inspection(stage, "", read.segments, None, read.unread)
        guard = app[HOLDER].services.guard
        assessment = await guard.assess(inspection, chosen, Exchange(new_id(), "", _DOOR))
        return [await asyncio.to_thread(explain_now, chosen, inspection, assessment.reports, SPECS, whole)]


def _is_known(told: object) -> bool:
    """Whether a service, perhaps of another version, tells what is shown here."""
    return isinstance(told, dict) and ("unexplained" in told or told.keys() >= _FIELDS)


def _latest_first(files: Sequence[Path]) -> list[Path]:
    return sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)


def _lines(files: Sequence[Path], decision: str) -> tuple[bytes, ...]:
    plain = [path for path in files if path.suffix != ".gz"]
    lines = search(plain, decision, sum(path.stat().st_size for path in plain) + 1)
    needle = f'"{decision}"'.encode()
    for path in () if lines else [path for path in files if path.suffix == ".gz"]:
        try:
            with gzip.open(path) as opened:
                lines += tuple(line for line in opened if needle in line)
        except (OSError, EOFError):
            raise ConfigurationError([f"--decisions: {path} cannot be read"]) from None
    return lines


def _files_of(prepared: Prepared | None) -> list[Path]:
    target = OFF if prepared is None else prepared.settings.telemetry.decisions
    if target in {OFF, STANDARD_OUTPUT}:
        raise ConfigurationError([f"--decisions: say which files; telemetry.decisions is {target}, which is none"])
    file = Path(target)
    return [path for path in (file, *before(file)) if path.is_file()]


def _bundle_of(prepared: Prepared | None) -> Bundle:
    if prepared is None:
        raise ConfigurationError(["--policies: say which folder"])
    return prepared.bundle


def _name(record: Mapping[str, Any]) -> str:
    policy = record.get("policy")
    return str(policy.get("name")) if isinstance(policy, dict) else ""


def _policy(bundle: Bundle, name: str) -> Policy:
    if name not in bundle.policies:
        raise ConfigurationError([f"there is no policy {name!r}{hint(name, bundle.policies)}"])
    return bundle.policies[name]


def _only_one(bundle: Bundle) -> str:
    if len(bundle.policies) == 1:
        return next(iter(bundle.policies))
    raise ConfigurationError([f"--policy: say which one{hint(None, bundle.policies)}"])


def _unrecorded(config: Path, env: Mapping[str, str], policies: Path | None) -> Prepared:
    told = dict(env) | {"GUARDRAILS_TELEMETRY__DECISIONS": json.dumps(OFF)}
    if policies is None:
        return prepare(config, told)
    # Which policies callers are bound to is nothing here: this folder may be another one.
    return Prepared(load(config, told), load_bundle(policies, SPECS))

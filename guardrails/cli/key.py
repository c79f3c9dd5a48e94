"""`guardrails key`: keys of callers."""

import hashlib
import re
import secrets
from typing import Final

import click
import orjson

from guardrails.cli.options import json_option

_PREFIX: Final = "guardrails_"
"""Lets people and secret scanners tell what a stray key is."""
_BYTES: Final = 32
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
DEMO_KEY: Final = "local-demo-key"
"""The key of the demo caller, which exists beside the emulator only."""


def new_key() -> str:
    """A random key for a caller."""
    return _PREFIX + secrets.token_urlsafe(_BYTES)


def sha256_of(key: str) -> str:
    """The hash that settings keep of a caller's key."""
    return hashlib.sha256(key.encode()).hexdigest()


def _name(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not _NAME.fullmatch(value):
        raise click.BadParameter("letters, digits, '.', '_' and '-', at most 64", context, parameter)
    return value


@click.group()
def key() -> None:
    """Make keys for callers."""


@key.command()
@click.option("--name", default="NAME", show_default=True, callback=_name, help="The caller's name in the settings.")
@json_option
def new(name: str, *, as_json: bool) -> None:
    """Make a random key, and the lines that let it in.

    The key is shown once, for the caller; the settings keep its SHA-256 only.
    """
    made = new_key()
    told = {"key": made, "key_sha256": sha256_of(made)}
    if as_json:
        click.echo(orjson.dumps({"name": name, **told}))
        return
    click.echo(f"The key, for the caller alone:\n\n  {made}\n")
    click.echo("Its line under `callers` in guardrails.yaml:\n")
    click.echo(f'  {name}: {{key_sha256: "{told["key_sha256"]}", policies: [default]}}')

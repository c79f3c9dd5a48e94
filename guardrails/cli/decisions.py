"""`guardrails decisions`: the records that verdicts leave."""

import click
import orjson


@click.group(short_help="What decision records look like.")
def decisions() -> None:
    """Decision records: one line of JSON for each verdict (telemetry.decisions says where).

    `guardrails policy replay` judges them again.
    """


@decisions.command()
def schema() -> None:
    """Print the JSON Schema of a decision record."""
    from guardrails.telemetry.record_schema import record_schema  # noqa: PLC0415 - help must not load it

    click.echo(orjson.dumps(record_schema(), option=orjson.OPT_INDENT_2))

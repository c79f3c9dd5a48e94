"""The published schema of decision records. `tests/replaying.py` holds the records of every service against it."""

from pathlib import Path

import orjson
from jsonschema import Draft202012Validator
from replaying import closed_schema

from guardrails.telemetry.record_schema import record_schema

PUBLISHED = Path(__file__).parents[2] / "docs" / "decision-record.schema.json"


def test_the_file_beside_the_documents_is_what_the_command_prints():
    assert orjson.loads(PUBLISHED.read_bytes()) == record_schema()


def test_the_schema_is_one():
    Draft202012Validator.check_schema(record_schema())


def test_a_field_nobody_knows_is_no_mistake_to_a_reader_and_one_to_our_tests():
    record = {"schema_version": 2, "new": 1}
    assert "additionalProperties" not in orjson.dumps(record_schema()).decode()
    assert any("new" in error.message for error in closed_schema().iter_errors(record))

from typing import Any

import orjson
import pytest

from guardrails.checks.pii import wire
from guardrails.checks.pii.check import OVERLAP, SPEC
from guardrails.checks.pii.options import parse_options
from guardrails.checks.pii.wire import language_to_send, request


@pytest.mark.parametrize(
    ("version", "sent"),
    [
        ("2025-11-01", "auto"),
        ("2025-11-15-preview", "auto"),
        ("2026-05-01", "auto"),
        ("2024-11-01", "en"),
        ("2025-05-15-preview", "en"),
    ],
)
def test_auto_is_sent_only_where_it_is_known(version: str, sent: str) -> None:
    assert language_to_send("auto", version) == sent
    assert language_to_send("de", version) == "de"


def test_the_fullest_request_is_far_below_a_megabyte() -> None:
    for character in ("\x01", "\U0001f600"):
        body = request([character * wire.TEXT_LIMIT] * wire.DOCUMENTS_PER_CALL, parse_options({}), "en")
        assert len(orjson.dumps(body)) < 200_000


def test_all_options_reach_the_service() -> None:
    options = parse_options({"domain": "phi", "model_version": "2025-01-01", "disable_entity_validation": True})
    assert request(["x"], options, "en")["parameters"] == {
        "stringIndexType": "UnicodeCodePoint",
        "loggingOptOut": True,
        "domain": "phi",
        "modelVersion": "2025-01-01",
        "disableEntityValidation": True,
    }


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"categories": ["Emial"]}, "unknown category 'Emial'; did you mean 'Email'"),
        ({"categories": ["creditcardnumber"]}, "did you mean 'CreditCardNumber'"),
        ({"categories": []}, "at least 1"),
        ({"language": "english language"}, "pattern"),
        ({"domain": "health"}, "'none' or 'phi'"),
        ({"ignore": [""]}, "at least 1 character"),
    ],
)
def test_mistakes_in_options_are_told(section: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_options(section)


def test_the_specification_knows_the_documented_categories() -> None:
    assert {"Email", "USSocialSecurityNumber", "DateOfBirth", "PIN", "VIN"} <= SPEC.categories
    assert not {"All", "Default"} & SPEC.categories
    assert len(SPEC.categories) > 190
    assert OVERLAP <= wire.TEXT_LIMIT // 5
    assert SPEC.spans

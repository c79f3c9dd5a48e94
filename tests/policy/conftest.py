"""Check specs as the compiler is handed them, made here so that these tests need no check."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from guardrails.domain.check import CheckSpec, Measure
from guardrails.domain.content import Origin


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    severity_levels: Literal["four", "eight"] = "four"
    blocklists: tuple[Annotated[str, Field(pattern=r"^[a-z-]{1,64}$")], ...] = ()


class _Nothing(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _parse(section: Mapping[str, Any]) -> _Options:
    return _Options.model_validate(section)


def _parse_nothing(section: Mapping[str, Any]) -> _Nothing:
    return _Nothing.model_validate(section)


@pytest.fixture(scope="session")
def specs() -> dict[str, CheckSpec]:
    everyone = frozenset(Origin)
    others = frozenset({Origin.USER, Origin.TOOL, Origin.DOCUMENT})
    harms = frozenset({"Hate", "SelfHarm", "Sexual", "Violence", "blocklist"})
    attacks = frozenset({"UserPromptAttack", "DocumentAttack"})
    entities = frozenset({"Email", "PhoneNumber", "CreditCardNumber", "USSocialSecurityNumber"})
    made = (
        CheckSpec(
            "prompt_shield", "prompt_shield", attacks, None, False, others, _parse_nothing, everyone - {Origin.SYSTEM}
        ),
        CheckSpec("content_safety", "content_safety", harms, Measure("severity", 0, 7), False, everyone, _parse),
        CheckSpec("pii", "language", entities, Measure("confidence", 0.0, 1.0), True, everyone, _parse_nothing),
    )
    return {spec.name: spec for spec in made}

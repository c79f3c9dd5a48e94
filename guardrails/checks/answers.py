"""Answers of a service, held against their documented shape."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from guardrails.domain.check import FailureReason
from guardrails.domain.errors import ServiceError

Shape = TypeVar("Shape", bound=BaseModel)


class Answer(BaseModel):
    """A part of an answer: strict types, unknown fields left aside, no value in any error."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, hide_input_in_errors=True)


def read(shape: type[Shape], body: Any, calls: int) -> Shape:  # noqa: ANN401 - decoded JSON
    """The body as the documented shape.

    Raises:
        ServiceError: `bad_response`: it is of another shape; `detail` names the field, never a value.
    """
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the body"
        raise bad(f"{field}: {first['type']}", calls) from None


def bad(detail: str, calls: int) -> ServiceError:
    """The error of an answer that is not as documented; `detail` holds no content."""
    return ServiceError(FailureReason.BAD_RESPONSE, f"the service's answer is not as documented: {detail}", calls=calls)

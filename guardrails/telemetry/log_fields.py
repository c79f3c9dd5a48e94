"""Which fields a log line may have, and what each may hold.

Content in logs is impossible by construction, not by care: a field that is not on the list below is dropped, and a
field on the list holds only what its kind lets through. No kind lets free text through. A sentence reaches a log
solely inside an exception whose class promises that its words hold no content (`ServiceError`, `ConfigurationError`).
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import PurePath
from types import TracebackType
from typing import Final

from guardrails.domain.errors import ConfigurationError, ServiceError
from guardrails.settings.load import SettingsError

WITHHELD: Final = "[withheld]"
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}", re.ASCII)
_LETTER: Final = re.compile(r"[A-Za-z]", re.ASCII)
_MOST_DIGITS: Final = 8
_ROUTE: Final = re.compile(r"/?[A-Za-z0-9_{}][A-Za-z0-9_.:/{}-]{0,127}", re.ASCII)
_EVENT: Final = re.compile(r"[a-z][a-z0-9_]{2,63}", re.ASCII)
_LONGEST_SENTENCE: Final = 1000
_MOST_ITEMS: Final = 64
_MOST_FRAMES: Final = 24
_MOST_CAUSES: Final = 8


def event(value: object) -> str:
    """An event's name, in the manner of `request_finished`; anything else is withheld."""
    return value if isinstance(value, str) and _EVENT.fullmatch(value) else WITHHELD


def word(value: object) -> str | None:
    """A name, code or id: no spaces, no `@`, at most 128 characters, and nothing like a card or telephone number."""
    text = value.value if isinstance(value, Enum) else value
    if text is None:
        return None
    is_word = isinstance(text, str) and _WORD.fullmatch(text) and not _is_number(text)
    return str(text) if is_word else WITHHELD


def _is_number(text: str) -> bool:
    return not _LETTER.search(text) and sum(map(str.isdigit, text)) > _MOST_DIGITS


def route(value: object) -> str | None:
    """A route's template, such as `/openai/deployments/{name}/chat/completions`."""
    if value is None:
        return None
    return value if isinstance(value, str) and _ROUTE.fullmatch(value) else WITHHELD


def words(value: object) -> list[str | None] | str:
    """Several words, of which 64 are kept."""
    if isinstance(value, list | tuple | set | frozenset):
        return [word(item) for item in list(value)[:_MOST_ITEMS]]
    return WITHHELD


def number(value: object) -> float | str | None:
    """A count, a size or a time."""
    if value is None or isinstance(value, bool):
        return WITHHELD if isinstance(value, bool) else None
    if isinstance(value, int):
        return value if abs(value) < 2**63 else WITHHELD
    return round(value, 3) if isinstance(value, float) else WITHHELD


def flag(value: object) -> bool | str:
    """Yes or no."""
    return value if isinstance(value, bool) else WITHHELD


def path(value: object) -> str:
    """A file of ours, given as a path object: a string could be anything."""
    return _sentence(str(value)) if isinstance(value, PurePath) else WITHHELD


def error(value: object) -> object:
    """An exception without its message; see `describe`."""
    return describe(value) if isinstance(value, BaseException) else WITHHELD


FIELDS: Final[Mapping[str, Callable[[object], object]]] = {
    **dict.fromkeys(
        (
            "account",
            "action",
            "caller",
            "check",
            "code",
            "credential",
            "host",
            "limit",
            "method",
            "mode",
            "model",
            "outcome",
            "policy",
            "reason",
            "request_id",
            "revision",
            "service",
            "signal",
            "stage",
            "state",
            "target",
            "verdict",
            "verdict_id",
            "version",
        ),
        word,
    ),
    **dict.fromkeys(("checks", "credentials", "models", "policies", "rules", "services"), words),
    **dict.fromkeys(
        (
            "age_s",
            "attempt",
            "bytes",
            "calls",
            "cached",
            "characters",
            "count",
            "dropped",
            "duration_ms",
            "expires_in_s",
            "in_flight",
            "pending",
            "port",
            "retry_after_s",
            "seconds",
            "segments",
            "status",
            "wait_s",
            "written",
        ),
        number,
    ),
    **dict.fromkeys(("blocked", "degraded", "emulator", "ready", "stream"), flag),
    "door": route,
    "deployment": route,
    "file": path,
    "error": error,
}
"""Every field a log line may have. A new one is added here, with the narrowest kind that fits."""


def describe(exception: BaseException) -> dict[str, object]:
    """What an exception may leave in a log: types and places for it and its causes, never messages or locals.

    Only `ServiceError` and `ConfigurationError` add their sentences, which are ours and hold no content.
    """
    told: dict[str, object] = {"type": _type_name(exception), **_safe_words(exception)}
    if frames := _frames(exception.__traceback__):
        told["frames"] = frames
    if isinstance(exception, BaseExceptionGroup):
        told["members"] = [_type_name(member) for member in exception.exceptions[:_MOST_ITEMS]]
    if causes := _causes(exception):
        told["causes"] = causes
    return told


def _safe_words(exception: BaseException) -> dict[str, object]:
    if isinstance(exception, ServiceError):
        told: dict[str, object] = {"reason": exception.reason.value, "detail": _sentence(exception.detail)}
        return told | {"code": word(exception.code), "status": exception.status}
    if isinstance(exception, ConfigurationError | SettingsError):
        return {"problems": [_sentence(problem) for problem in exception.problems[:_MOST_ITEMS]]}
    return {}


def _causes(exception: BaseException) -> list[dict[str, object]]:
    causes: list[dict[str, object]] = []
    seen = {id(exception)}
    cause = _cause(exception)
    while cause is not None and id(cause) not in seen and len(causes) < _MOST_CAUSES:
        seen.add(id(cause))
        causes.append({"type": _type_name(cause), "frames": _frames(cause.__traceback__)})
        cause = _cause(cause)
    return causes


def _cause(exception: BaseException) -> BaseException | None:
    if exception.__cause__ is not None or exception.__suppress_context__:
        return exception.__cause__
    return exception.__context__


def _frames(traceback: TracebackType | None) -> list[str]:
    """Where it happened, innermost last: `module:function:line`."""
    frames: list[str] = []
    while traceback is not None:
        frame = traceback.tb_frame
        module = frame.f_globals.get("__name__", "?")
        frames.append(f"{module}:{frame.f_code.co_name}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return frames[-_MOST_FRAMES:]


def _type_name(exception: BaseException) -> str:
    kind = type(exception)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _sentence(text: str) -> str:
    return text[:_LONGEST_SENTENCE].encode("utf-8", "replace").decode()


def select(fields: Mapping[str, object]) -> tuple[dict[str, object], int]:
    """The fields that may be logged, each through its kind, and how many were withheld."""
    kept: dict[str, object] = {}
    withheld = 0
    for name, value in fields.items():
        if (kind := FIELDS.get(name)) is None:
            withheld += 1
        else:
            kept[name] = kind(value)
    return kept, withheld

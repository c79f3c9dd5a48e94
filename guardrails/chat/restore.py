"""An answer with the caller's own values back in it: every string that a placeholder may stand in."""

from collections.abc import Mapping, Sequence
from typing import Any

from guardrails.chat.json_text import is_json_container, quoted, rewritten
from guardrails.chat.protocol import ANSWER, CHOICE, MARKS, is_word
from guardrails.chat.restorer import Restorer
from guardrails.domain.content import Edit, Origin, Segment

_ALWAYS_JSON = "arguments"
_NAMES = frozenset({"name"})


def restorer_for(edits: Sequence[Edit], segments: Sequence[Segment]) -> Restorer:
    """What may come back in the answer to a request.

    Left alone is every placeholder that

    - some edit put in where nothing may come back,
    - stands for two values (their marks collide),
    - the request spells itself, in a text that is not the model's own (an earlier answer): who writes a placeholder by
      hand shall not be shown what it stands for.

    Args:
        edits: Those that were carried out on the request.
        segments: The request's, before the edits.
    """
    values: dict[str, str] = {}
    barred = {edit.replacement for edit in edits if edit.hidden is None}
    for hidden in {edit.hidden: None for edit in edits if edit.hidden is not None and edit.replacement not in barred}:
        for placeholder in hidden.placeholders:
            if values.setdefault(placeholder, hidden.value) != hidden.value:
                barred.add(placeholder)
    if not values:
        return Restorer({})
    written = (segment.text for segment in segments if segment.origin is not Origin.ASSISTANT)
    return Restorer(values).without([*barred, *written])


def restored(completion: Mapping[str, Any], restorer: Restorer) -> Mapping[str, Any]:
    """A completion with its placeholders restored; `completion` itself is not changed.

    Content, parts, refusals, reasoning, and the arguments of calls, which stay JSON: a value is escaped where it stands
    inside JSON, also in JSON that is itself a string of JSON. Names and marks of the protocol stay as they are.
    `logprobs` of a choice that changes are removed: they spell the same text by tokens.
    """
    if not restorer:
        return completion
    return {
        name: value if name in ANSWER else _choices(value, restorer) if name == "choices" else _any(value, restorer)
        for name, value in completion.items()
    }


def _choices(choices: Any, restorer: Restorer) -> Any:
    return [_choice(choice, restorer) for choice in choices] if isinstance(choices, list) else choices


def _choice(choice: Any, restorer: Restorer) -> Any:
    if not isinstance(choice, dict):
        return choice
    told = {name: _any(value, restorer, name) for name, value in choice.items() if name not in CHOICE}
    if all(told[name] == choice[name] for name in told):
        return choice
    changed = choice | told
    return changed | {"logprobs": None} if changed.get("logprobs") is not None else changed


def _any(value: Any, restorer: Restorer, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _any(member, restorer, key) for key, member in value.items()}
    if isinstance(value, list):
        return [_any(element, restorer) for element in value]
    if not isinstance(value, str) or name in _NAMES or (name in MARKS and is_word(value)):
        return value
    return _text(value, restorer, always_json=name == _ALWAYS_JSON)


def _text(text: str, restorer: Restorer, *, always_json: bool = False) -> str:
    if is_json_container(text):
        return rewritten(text, lambda leaf: _text(leaf, restorer))
    # Arguments that break off are no JSON yet, and whoever mends them must not find a value's quotes in them.
    return restorer.restore(text, _inside_quotes) if always_json else restorer.restore(text)


def _inside_quotes(value: str) -> str:
    return quoted(value)[1:-1]

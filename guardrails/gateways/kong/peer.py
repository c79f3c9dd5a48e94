"""Kong's side: what the documented template of `ai-custom-guardrail` sends, and what it makes of an answer.

Blocking follows from the template that our page gives. How Kong takes a changed text is not documented: what is said of
it here holds for a template that takes `text`.
"""

from typing import Any, Final

from guardrails.gateways.peer import Answer, Effect, Outcome, Play
from guardrails.gateways.samples import ATTACK, CARD, CLEAN, HARM, MAIL

_DOOR: Final = "/gateways/kong"
_PASSED: Final = "the model's answer"


def _asked(text: str, source: str = "INPUT", **more: str) -> dict[str, Any]:
    return {"text": text, "source": source, **more}


class KongPeer:
    """What Kong does."""

    name = "kong"
    patience_s = 10.0
    plays = (
        Play("pass", "a clean request", _DOOR, _asked(CLEAN), Outcome.PASS),
        Play("block", "an attack", _DOOR, _asked(ATTACK), Outcome.BLOCK),
        Play("block", "a mail address, and nobody to take a changed text", _DOOR, _asked(MAIL), Outcome.BLOCK),
        Play("mutate", "a mail address in a request", _DOOR, _asked(MAIL, masking="true"), Outcome.MUTATE),
        Play("output", "a card number in an answer", _DOOR, _asked(CARD, "OUTPUT", masking="true"), Outcome.MUTATE),
        Play("stream", "harm in a piece of a streamed answer", _DOOR, _asked(HARM, "OUTPUT"), Outcome.BLOCK),
    )

    def reads(self, play: Play, answer: Answer | None) -> tuple[Effect, ...]:
        """`blocked` as Lua takes it for true; no answer, another status or no JSON is an error."""
        if answer is None or not 200 <= answer.status < 300 or not isinstance(answer.body, dict):  # noqa: PLR2004
            return (
                Effect(Outcome.BLOCK, "HTTP 500; of our own errors the body as well", "stop_on_error: true (default)"),
                Effect(Outcome.PASS, "the model's answer, unread", "stop_on_error: false"),
            )
        body = answer.body
        # In Lua all but nil and false is true, the string "false" as well; a member that is not there is nil.
        blocked = body.get("blocked")
        if blocked is not None and blocked is not False:
            return (Effect(Outcome.BLOCK, _blocked(play)),)
        is_changed = body.get("masked") is True and isinstance(body.get("text"), str)
        return (Effect(Outcome.MUTATE if is_changed else Outcome.PASS, _PASSED),)


def _blocked(play: Play) -> str:
    if play.name.partition("-")[0] == "stream":
        return "the stream ends, after this piece (reported by others)"
    return 'HTTP 400 {"error": {"message": our message}}'

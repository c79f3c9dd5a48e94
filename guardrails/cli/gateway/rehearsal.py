"""One gateway's calls, played one after the other, and what the gateway does with each answer."""

import secrets
import socket
import string
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import orjson

from guardrails.cli.caller import WrongAnswer
from guardrails.cli.gateway.line import Heard, Line, Unreachable
from guardrails.cli.gateway.trouble import EmulatorControl
from guardrails.gateways.peer import Effect, Outcome, Peer, Play
from guardrails.gateways.samples import ATTACK, CARD, CLEAN, HARM, MAIL

_SAMPLES: Final = (CLEAN, ATTACK, MAIL, CARD, HARM)
_ORDER: Final = (Outcome.PASS, Outcome.MUTATE, Outcome.BLOCK)
_UNAUTHORIZED: Final = 401
_NOT_OURS: Final = frozenset({401, 404, 405})
_REDIRECTS: Final = range(300, 400)


class Compared(StrEnum):
    """A call's end, held against what the shipped policy promises."""

    AS_PROMISED = "as promised"
    STRICTER = "stricter"
    WEAKER = "weaker"
    OWN = "the gateway's own"
    """Nothing is promised: what becomes of the text then is the gateway's own setting."""


@dataclass(frozen=True, slots=True)
class Played:
    """One call and its end.

    Attributes:
        call: The play's name, or the trouble: `outage`, `unreachable`, `wrong key`, `damaged`.
        what: What was sent, in a few words.
        heard: What came back.
        effects: What the gateway does then; more than one where its settings decide.
        expected: What must become of the text under the shipped policy; None where nothing is promised.
        compared: How the two compare.
        good: Whether nothing is weaker or other than promised.
    """

    call: str
    what: str
    heard: Heard
    effects: tuple[Effect, ...]
    expected: Outcome | None
    compared: Compared
    good: bool


def number_of_calls(peer: Peer, *, outage: bool) -> int:
    """How many calls a rehearsal has."""
    return len(peer.plays) + 2 + bool(_bytes(_first(peer, "block"))) + (len(_for_outage(peer)) if outage else 0)


async def rehearse(peer: Peer, line: Line, emulator: EmulatorControl | None) -> AsyncIterator[Played]:
    """Play the gateway's calls, then the troubles.

    Raises:
        WrongAnswer: there is no service of ours, it refuses the key or the policy, or the emulator is not its own.
    """
    for number, play in enumerate(peer.plays):
        heard = await _reached(line, play, peer)
        if number == 0:
            _require_ours(heard, peer)
        yield _played(peer, play, play.name, heard)
    attack = _first(peer, "block")
    if raw := _bytes(attack):
        heard = await _reached(line, replace(attack, body=raw[:-1]), peer)
        yield _played(peer, replace(attack, what="an attack in a body that is cut off"), "damaged", heard)
    heard = await _reached(line, attack, peer, key=secrets.token_hex(8))
    refused = heard.answer is not None and heard.answer.status == _UNAUTHORIZED
    yield _untold(peer, replace(attack, what="an attack, with a wrong key"), "wrong key", heard, good=refused)
    heard = await line.call_nobody(_nobody(), _fresh(attack), peer.patience_s)
    yield _untold(peer, replace(attack, what="an attack, to a service that is not there"), "unreachable", heard)
    if emulator is not None:
        for play in _for_outage(peer):
            async with emulator.outage():
                heard = await _reached(line, play, peer)
            yield _played(peer, replace(play, expected=Outcome.BLOCK), "outage", heard)


def _first(peer: Peer, name: str) -> Play:
    return next(play for play in peer.plays if play.name == name)


def _for_outage(peer: Peer) -> Sequence[Play]:
    """A clean call of each direction, with Azure away."""
    names = [name for name in ("pass", "output") if any(play.name == name for play in peer.plays)]
    return [replace(play, what=f"{play.what}, with Azure away") for play in (_first(peer, name) for name in names)]


async def _reached(line: Line, play: Play, peer: Peer, *, key: str | None = None) -> Heard:
    try:
        return await line.call(_fresh(play), peer.patience_s, key=key)
    except Unreachable:
        raise WrongAnswer(f"no answer from {line.url}; is the service running there?") from None


def _require_ours(heard: Heard, peer: Peer) -> None:
    """The first call, of a clean text, tells whether there is a service of ours, and whether it lets us in."""
    answer = heard.answer
    if answer is None:
        raise WrongAnswer(f"no answer to the first call of {peer.name} in its time; is the service running there?")
    if answer.status not in _NOT_OURS and answer.status not in _REDIRECTS:
        return
    if heard.code == "not_authenticated":
        raise WrongAnswer("the service refuses the key")
    if heard.code == "unknown_policy":
        raise WrongAnswer(f"the service refuses the policy: {heard.told}")
    raise WrongAnswer(f"the service has no door for {peer.name}: it answers {answer.status}; is the URL right?")


def _played(peer: Peer, play: Play, call: str, heard: Heard) -> Played:
    effects = peer.reads(play, heard.answer)
    weakest = min((effect.outcome for effect in effects), key=_ORDER.index)
    strongest = max((effect.outcome for effect in effects), key=_ORDER.index)
    compared = Compared.AS_PROMISED
    if weakest is not play.expected or strongest is not play.expected:
        is_weaker = _ORDER.index(weakest) < _ORDER.index(play.expected)
        compared = Compared.WEAKER if is_weaker else Compared.STRICTER
    return Played(call, play.what, heard, effects, play.expected, compared, compared is Compared.AS_PROMISED)


def _untold(peer: Peer, play: Play, call: str, heard: Heard, *, good: bool = True) -> Played:
    return Played(call, play.what, heard, peer.reads(play, heard.answer), None, Compared.OWN, good)


def _fresh(play: Play) -> Play:
    """The same call with texts that the service has not seen: it remembers what was found in those it has."""
    mark = "".join(secrets.choice(string.ascii_lowercase) for _ in range(8))
    raw = _bytes(play)
    for sample in _SAMPLES:
        raw = raw.replace(sample.encode(), f"{sample} Case {mark}.".encode())
    return replace(play, body=raw)


def _bytes(play: Play) -> bytes:
    if play.body is None:
        return b""
    return play.body if isinstance(play.body, bytes) else orjson.dumps(play.body)


def _nobody() -> str:
    """Where nobody listens: a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"

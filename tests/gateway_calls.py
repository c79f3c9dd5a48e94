"""The doors of gateways, and the files that say what they answer."""

import functools
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from azure_calls import until
from running import SHIPPED, Answer, Service

from guardrails.gateways.catalogue import GATEWAYS
from guardrails.gateways.peer import Answer as Told
from guardrails.gateways.peer import Outcome, Peer, Play
from guardrails.gateways.peers import PEERS
from guardrails.policy.positions import read

GOLDEN = Path(__file__).parent / "gateways" / "golden"
ADAPTERS = {adapter.name: adapter for adapter in GATEWAYS}
PEER_OF: Mapping[str, Peer] = {peer.name: peer for peer in PEERS}
NAMES = tuple(ADAPTERS)
PATIENT = {"deadline_ms": 30_000}
"""No verdict here hangs on how busy the machine is."""
BY_HEADER_ONLY = ("/gateways/ext_authz",)
"""Doors whose URL is written by the gateway's own client: only a header chooses the policy."""


@dataclass(frozen=True, slots=True)
class Golden:
    """One call and its answer, as a file tells them. `scenario` is a preset of the emulator that is in force."""

    gateway: str
    name: str
    send: dict[str, Any]
    answer: dict[str, Any]
    outcome: Outcome
    scenario: str | None = None
    play: Play = field(init=False)

    def __post_init__(self) -> None:
        send = self.send
        play = Play(
            self.name,
            "",
            send["path"],
            send.get("body"),
            self.outcome,
            send.get("method", "POST"),
            send.get("query", {}),
        )
        object.__setattr__(self, "play", play)


def goldens() -> list[Golden]:
    """All of them."""
    found = []
    for file in sorted(GOLDEN.glob("*/*.json")):
        told = json.loads(file.read_text(encoding="utf-8"))
        told.pop("what")
        outcome = Outcome(told.pop("outcome"))
        found.append(Golden(file.parent.name, file.stem, outcome=outcome, **told))
    return found


@functools.cache
def policies() -> dict[str, dict[str, Any]]:
    """The shipped policies, and ones that differ from the default in what concerns gateways."""
    shipped = {
        name: read((SHIPPED / f"{name}.yaml").read_text(encoding="utf-8")).value for name in ("default", "strict")
    }
    documents = {
        name: {k: v for k, v in whole.items() if k not in {"version", "policy"}} | PATIENT
        for name, whole in shipped.items()
    }
    own = {"extends": "default", "tests": []}
    return documents | {
        "reporting": {**own, "gateways": {"on_outage": "report"}},
        "lenient": {
            **own,
            "checks": {name: {"on_failure": "flag"} for name in ("pii", "content_safety", "prompt_shield")},
        },
        "watching": {**own, "mode": "monitor"},
    }


async def played(service: Service, play: Play, **changes: Any) -> Answer:
    """Make a gateway's call. `policy` is the operator's choice, where the gateway lets him say it."""
    headers = {**play.headers, **changes.pop("headers", {})}
    query = {**play.query, **changes.pop("query", {})}
    if policy := changes.pop("policy", None):
        by_url = not play.path.startswith(BY_HEADER_ONLY)
        (query if by_url else headers).update({"policy" if by_url else "x-guardrails-policy": policy})
    body = changes.pop("body", play.body)
    if isinstance(body, bytes):
        headers = {"Content-Type": "application/json", **headers}
        return await service.send(
            play.method, play.path, data=io.BytesIO(body), headers=headers, params=query, **changes
        )
    return await service.send(play.method, play.path, body, headers=headers, params=query, **changes)


def outcomes(gateway: str, play: Play, answer: Answer) -> set[Outcome]:
    """What the gateway would do with an answer, under any of its settings."""
    return {effect.outcome for effect in PEER_OF[gateway].reads(play, Told(answer.status, answer.body))}


def error_of(answer: Answer) -> dict[str, Any]:
    """The members `code` and `message` of an error, in whichever of our shapes its path answers."""
    told = answer.body.get("error") or {**answer.body, "message": answer.body["detail"]}
    return {name: told[name] for name in ("code", "message")}


def play_of(gateway: str, name: str) -> Play:
    """The first play of a name."""
    return next(play for play in PEER_OF[gateway].plays if play.name == name)


async def decision_of(service: Service) -> dict[str, Any]:
    """The record of the one verdict so far, once it is written."""
    await until(service.decisions)
    [record] = service.decisions()
    return record

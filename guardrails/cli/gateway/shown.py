"""What became of a gateway's calls: for people, and for programs."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console

from guardrails.cli.gateway.rehearsal import Compared, Played
from guardrails.cli.terminal import counted
from guardrails.gateways.peer import Effect, Outcome, Peer

_DOES = {Outcome.PASS: "passes it on", Outcome.BLOCK: "blocks it", Outcome.MUTATE: "passes it on as changed"}
_STYLES = {Compared.WEAKER: "bold red", Compared.STRICTER: "yellow"}
_INDENT = " " * 4


def show(out: Console, peer: Peer, played: Sequence[Played]) -> None:
    """Each call with its answer, below it whatever the gateway may do then; in the end what to think of it."""
    waits = "as long as it is told to" if peer.patience_s is None else f"{peer.patience_s:g} s"
    out.print(f"{peer.name} waits {waits} for an answer\n")
    rows = [(one.call, one.what, _answer(one), _took(one), _compared(one)) for one in played]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for one, row in zip(played, rows, strict=True):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        out.print(line.rstrip(), style=_style(one), soft_wrap=True)
        for effect in one.effects:
            out.print(f"{_INDENT}{_does(effect)}: {effect.seen}", style="dim", soft_wrap=True)
    out.print()
    for line in _lines(peer, played):
        out.print(line, soft_wrap=True)


def _style(one: Played) -> str:
    return "" if one.good else _STYLES.get(one.compared, "bold red")


def as_data(peer: Peer, played: Sequence[Played]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "name": peer.name,
        "good": all(one.good for one in played),
        "patience_s": peer.patience_s,
        "calls": [_datum(one) for one in played],
    }


def _datum(one: Played) -> dict[str, Any]:
    answer = one.heard.answer
    return {
        "call": one.call,
        "sent": one.what,
        "status": None if answer is None else answer.status,
        "verdict": one.heard.verdict,
        "answer": None if answer is None else answer.body,
        "ms": one.heard.took_ms,
        "effects": [{"outcome": effect.outcome, "seen": effect.seen, "when": effect.when} for effect in one.effects],
        "expected": one.expected,
        "compared": one.compared,
        "good": one.good,
    }


def _answer(one: Played) -> str:
    answer = one.heard.answer
    if answer is None:
        return "none"
    return f"{answer.status} {one.heard.verdict or one.heard.code or 'no verdict'}"


def _took(one: Played) -> str:
    return "" if one.heard.took_ms is None else f"{one.heard.took_ms:.0f} ms"


def _does(effect: Effect) -> str:
    return f"{_DOES[effect.outcome]}{f' under {effect.when}' if effect.when else ''}"


def _compared(one: Played) -> str:
    if one.compared is Compared.OWN and not one.good:
        return "401 was due"
    return one.compared.value


def _lines(peer: Peer, played: Sequence[Played]) -> Iterator[str]:
    wrong = [one for one in played if not one.good]
    if wrong:
        told = "; ".join(f"{one.what}: {_compared(one)}" for one in wrong)
        yield f"{peer.name}: {counted(len(wrong), 'call')} not as the shipped policy promises: {told}"
    else:
        yield f"{peer.name}: every call ends as the shipped policy promises"
    for one in played:
        if one.compared is Compared.OWN:
            for effect in one.effects:
                if effect.outcome is not Outcome.BLOCK:
                    yield f"Mind: {one.what}: {peer.name} {_does(effect)}"

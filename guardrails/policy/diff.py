"""Two policies side by side, in words that a reviewer understands: `Hate: block from 4, now from 2`.

Rules are compared by what they ask for together, not line by line: a rule that was renamed, split or moved and asks for
the same is no difference but in its name.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from guardrails.domain.content import MEDIA, Stage
from guardrails.domain.verdict import Action, Mode
from guardrails.policy.ladder import OTHERS, Ladder, categories, compare, ladder
from guardrails.policy.policy import CheckPlan, History, OldTurns, OnOutage, Policy

_READS_LESS = (History.ALL, History.NEW, History.LAST_TURN)


class Direction(StrEnum):
    """What a difference does to the guard."""

    STRICTER = "stricter"
    WEAKER = "weaker"
    MIXED = "mixed"
    """More here and less there."""
    OTHER = "other"
    """Neither more nor less."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: what it is about, a few words, and what it does."""

    subject: str
    words: str
    direction: Direction = Direction.OTHER

    def __str__(self) -> str:
        return f"{self.subject}: {self.words}"


def diff(old: Policy, new: Policy) -> list[Difference]:
    """Everything in which `new` differs, in the order of the file."""
    return [
        *_plain(old, new),
        *_checks(old, new),
        *_rules(old, new),
        *_rule_ids(old, new),
        *_media(old, new),
        *_chat(old, new),
        *_gateways(old, new),
        *_trusted(old, new),
    ]


def _changed(subject: str, old: object, new: object, direction: Direction = Direction.OTHER) -> Iterator[Difference]:
    if old != new:
        yield Difference(subject, f"{old}, now {new}", direction)


def _way(*, more: bool, less: bool) -> Direction:
    if more and less:
        return Direction.MIXED
    return Direction.STRICTER if more else Direction.WEAKER if less else Direction.OTHER


def _plain(old: Policy, new: Policy) -> Iterator[Difference]:
    yield from _changed("name", old.ref.name, new.ref.name)
    if old.description != new.description:
        yield Difference("description", "other words")
    enforced = new.mode is Mode.ENFORCE
    yield from _changed("mode", old.mode, new.mode, _way(more=enforced, less=not enforced))
    yield from _changed("deadline", f"{old.deadline_s * 1000:g} ms", f"{new.deadline_s * 1000:g} ms")
    before, after = map(_READS_LESS.index, (old.history, new.history))
    last = _READS_LESS.index(History.LAST_TURN)
    yield from _changed(
        "history", old.history, new.history, _way(more=before == last > after, less=after == last > before)
    )


def _checks(old: Policy, new: Policy) -> Iterator[Difference]:
    for name in dict.fromkeys((*old.checks, *new.checks)):
        if name not in new.checks:
            yield Difference(name, "is no longer run", Direction.WEAKER)
        elif name not in old.checks:
            yield Difference(name, "is run as well", Direction.STRICTER)
        else:
            yield from _plans(old.checks[name], new.checks[name])


def _plans(old: CheckPlan, new: CheckPlan) -> Iterator[Difference]:
    yield from _lists(f"{old.name} reads", old.scan, new.scan)
    failing = _way(more=new.on_failure > old.on_failure, less=new.on_failure < old.on_failure)
    yield from _changed(f"{old.name} on failure", old.on_failure.word, new.on_failure.word, failing)
    for key in dict.fromkeys((*old.told, *new.told)):
        before, after = old.told.get(key), new.told.get(key)
        if isinstance(before, list) and isinstance(after, list):
            yield from _lists(f"{old.name} {key}", before, after)
        elif key == "ignore" and before != after:
            yield Difference(f"{old.name} {key}", "other values")
        else:
            yield from _changed(f"{old.name} {key}", _word(before), _word(after))


def _word(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "the default" if value is None else str(value)


def _lists(subject: str, old: Iterable[object], new: Iterable[object]) -> Iterator[Difference]:
    before, after = set(map(str, old)), set(map(str, new))
    words = [f"no longer {', '.join(sorted(before - after))}"] if before - after else []
    words += [f"now also {', '.join(sorted(after - before))}"] if after - before else []
    if words:
        yield Difference(subject, "; ".join(words), _way(more=bool(after - before), less=bool(before - after)))


def _rules(old: Policy, new: Policy) -> Iterator[Difference]:
    for check in old.checks:
        if check not in new.checks:
            continue
        named = categories((old, new), check)
        told: dict[tuple[str, Direction], list[str]] = {}
        for category in named:
            for difference in _of_category(old, new, check, category):
                told.setdefault((difference.words, difference.direction), []).append(_named(category, named))
        for (words, direction), alike in told.items():
            yield Difference(f"{check} {', '.join(alike)}", words, direction)


def _named(category: str, among: list[str]) -> str:
    if category != OTHERS:
        return category
    return "everything" if among == [OTHERS] else "everything else"


def _of_category(old: Policy, new: Policy, check: str, category: str) -> Iterator[Difference]:
    stages = {stage: (ladder(old, check, category, stage), ladder(new, check, category, stage)) for stage in Stage}
    first, *rest = stages.values()
    if all(pair == first for pair in rest):
        yield from _of_ladders(*first, "")
        return
    for stage, pair in stages.items():
        yield from _of_ladders(*pair, f" at {stage}")


def _of_ladders(old: Ladder, new: Ladder, where: str) -> Iterator[Difference]:
    words = [_of_steps(old, new, action) for action in (Action.BLOCK, Action.REDACT, Action.FLAG)]
    if any(words):
        more, less = compare(old, new)
        yield Difference("", "; ".join(filter(None, words)) + where, _way(more=more, less=less))


def _of_steps(old: Ladder, new: Ladder, action: Action) -> str:
    before, after = old.get(action), new.get(action)
    if before == after:
        return ""
    if before is None and after is not None:
        return f"{action.word} {after.reach} (new)"
    if before is not None and after is None:
        # Where something stronger is asked for as early, its own words say so.
        covered = any(other > action and new[other].at_least <= before.at_least for other in new)
        return "" if covered else f"{action.word} {before.reach}, now not at all"
    if before is None or after is None:
        return ""
    reach = f"{action.word} {before.reach}" + (f", now {after.reach}" if before.reach != after.reach else "")
    if before.how == after.how:
        return reach
    return f"{reach} with {' and '.join(before.how)}, now with {' and '.join(after.how)}"


def _rule_ids(old: Policy, new: Policy) -> Iterator[Difference]:
    before, after = [rule.id for rule in old.rules], [rule.id for rule in new.rules]
    gone = [name for name in before if name not in after]
    come = [name for name in after if name not in before]
    words = [f"{', '.join(gone)} gone"] if gone else []
    words += [f"{', '.join(come)} new"] if come else []
    if words:
        yield Difference("rule names", f"{'; '.join(words)} (records and alerts quote them)")


def _media(old: Policy, new: Policy) -> Iterator[Difference]:
    for kind in sorted(MEDIA):
        before, after = old.media.get(kind, Action.BLOCK), new.media.get(kind, Action.BLOCK)
        yield from _changed(f"media {kind}", before.word, after.word, _way(more=after > before, less=after < before))
        was, now = kind in old.banned, kind in new.banned
        if was != now:
            words = "also where a check reads it" if now else "no longer where a check reads it"
            yield Difference(f"media {kind}", f"{after.word} {words}", _way(more=now, less=was))


def _chat(old: Policy, new: Policy) -> Iterator[Difference]:
    yield from _changed("refusal", repr(old.refusal), repr(new.refusal))
    before, after = old.chat, new.chat
    yield from _changed("start of the model", before.start_model, after.start_model)
    yield from _changed("stream release", before.stream.release, after.stream.release)
    yield from _changed("stream window", before.stream.window, after.stream.window)
    yield from _changed("stream overlap", before.stream.overlap, after.stream.overlap)
    yield from _changed("stream wait", f"{before.stream.wait_s * 1000:g} ms", f"{after.stream.wait_s * 1000:g} ms")
    dropped = after.old_turns is OldTurns.DROP
    yield from _changed("old turns", before.old_turns, after.old_turns, _way(more=not dropped, less=dropped))


def _gateways(old: Policy, new: Policy) -> Iterator[Difference]:
    before, after = old.gateways.on_outage, new.gateways.on_outage
    lets_go = after is OnOutage.REPORT
    yield from _changed("gateways on outage", before, after, _way(more=not lets_go, less=lets_go))


def _trusted(old: Policy, new: Policy) -> Iterator[Difference]:
    added, gone = len(new.trusted - old.trusted), len(old.trusted - new.trusted)
    words = [f"{added} more"] if added else []
    words += [f"{gone} gone"] if gone else []
    if words:
        yield Difference("trusted texts", ", ".join(words), _way(more=bool(gone), less=bool(added)))


@dataclass(frozen=True, slots=True)
class PolicyDiff:
    """One policy's differences. `fate` is `changed`, `same`, `added` or `removed`."""

    policy: str
    fate: str
    differences: tuple[Difference, ...] = ()

    def told(self) -> dict[str, object]:
        """As plain JSON."""
        told = [
            {"subject": one.subject, "words": one.words, "direction": one.direction.value} for one in self.differences
        ]
        return {"policy": self.policy, "fate": self.fate, "differences": told}


def diff_all(old: Mapping[str, Policy], new: Mapping[str, Policy]) -> list[PolicyDiff]:
    """The policies of two bundles, by name; where each has a single one, these two whatever their names."""
    if len(old) == len(new) == 1:
        (before,), (after,) = old.values(), new.values()
        return [_of_pair(before, after)]
    told = []
    for name in sorted({*old, *new}):
        if name not in new:
            told.append(PolicyDiff(name, "removed"))
        elif name not in old:
            told.append(PolicyDiff(name, "added"))
        else:
            told.append(_of_pair(old[name], new[name]))
    return told


def _of_pair(old: Policy, new: Policy) -> PolicyDiff:
    differences = tuple(diff(old, new))
    return PolicyDiff(new.ref.name, "changed" if differences else "same", differences)

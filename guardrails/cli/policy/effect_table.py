"""A replay's result for people."""

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.table import Table

from guardrails.domain.verdict import Action
from guardrails.lab.effect import BY, Change, Effect, Share

_MOST_WORDS: Final = 8
_MOST_WHYS: Final = 12
_IDS_OF_A_LINE: Final = 3


def show(out: Console, effect: Effect) -> None:
    """Print it: the numbers, from which action to which, what made the difference, and what could not be judged."""
    out.print(f"{effect.records.count:,} records, of which {effect.replayed.count:,} could be judged again")
    if round(effect.records.stands_for) != effect.records.count:
        out.print(f"Plain allows were sampled: they stand for about {round(effect.records.stands_for):,} verdicts")
    out.print()
    changes = {
        "newly blocked": effect.newly_blocked,
        "newly allowed": effect.newly_allowed,
        "otherwise changed": effect.otherwise_changed,
    }
    for name, share in {**changes, "unchanged": effect.unchanged}.items():
        out.print(f"  {name:<18}{share.count:>12,}{_percent(share, effect):>10}")
    if effect.changed:
        out.print()
        out.print(_matrix(effect))
    for name, change in changes.items():
        if change.count:
            out.print()
            for line in _details(name, change):
                out.print(line)
    _show_skipped(out, effect)


def _percent(share: Share, effect: Effect) -> str:
    return f"{100 * share.count / effect.replayed.count:.2f} %" if effect.replayed.count else ""


def _matrix(effect: Effect) -> Table:
    table = Table("then \\ now", *(action.word for action in Action))
    for column in table.columns[1:]:
        column.justify = "right"
    for then in Action:
        counts = effect.matrix[then.word]
        table.add_row(then.word, *(f"{counts[now.word]:,}" if counts[now.word] else "" for now in Action))
    return table


def _details(name: str, change: Change) -> Iterator[str]:
    yield f"{name}: {change.count:,}"
    for by in BY:
        counts = change.by[by].most_common()
        if counts:
            told = ", ".join(f"{word} {count:,}" for word, count in counts[:_MOST_WORDS])
            more = f", {len(counts) - _MOST_WORDS} more" if len(counts) > _MOST_WORDS else ""
            yield f"  by {by + ':':<10} {told}{more}"
    for start in range(0, len(change.ids), _IDS_OF_A_LINE):
        head = "look into:" if start == 0 else ""
        yield f"  {head:<13} {' '.join(change.ids[start : start + _IDS_OF_A_LINE])}"


def _show_skipped(out: Console, effect: Effect) -> None:
    if not effect.skipped:
        return
    out.print()
    out.print(f"not judged again: {effect.skipped:,}; a record may have several reasons")
    whys = sorted(effect.not_replayed.items(), key=lambda item: -item[1].count)
    for why, share in whys[:_MOST_WHYS]:
        out.print(f"  {share.count:>12,}  {why}")
    if len(whys) > _MOST_WHYS:
        out.print(f"  and {len(whys) - _MOST_WHYS} reasons more; --json has them all")

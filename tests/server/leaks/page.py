"""docs/leak-matrix.md, made from the table: `PYTHONPATH=tests python -m server.leaks.page` writes it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from server.leaks.plants import PLANTS
from server.leaks.row import Row
from server.leaks.table import INPUT, OUTPUT, SPLITS

PAGE = Path(__file__).parents[3] / "docs" / "leak-matrix.md"

_HEAD = """# The leak matrix

Every position that a chat body and an answer have, and what becomes of a secret, an attack, a harmful sentence or a
term of a blocklist that stands there. The tests in `tests/server/leaks` send each cell of these tables through the
running service and look at what the model was sent and at the bytes that came back. A table that says anything else
than they see fails, and so does one that misses a string of a body or an answer that the `openai` SDK or Azure knows.
This page is made from `tests/server/leaks/table.py`; after a change there, this rewrites it:

```console
$ PYTHONPATH=tests .venv/bin/python -m server.leaks.page
```

The policy of the matrix redacts card numbers and mail addresses in both directions, blocks attacks in what is sent
(Prompt Shield reads users, tools and documents), and blocks harm and the terms of a blocklist in both directions. What
it stops is what the detectors find: the matrix shows that no position is out of their sight, not that they find all.

| word | meaning |
|---|---|
| redacted | replaced, and the rest passes |
| blocked | the request is a 400 `content_filter` and no model is asked; the answer ends in it |
| refused | a 4xx that names the field; an answer of the model that cannot be read is a 502 |
| **travels** | it passes; the note says why |
| - | it cannot stand there |

Names of functions and participants, tool definitions, schemas and every field we do not know are read and not
rewritten, since another string there would not be the same call: a secret in them blocks. Pointers are examples:
`/messages/2` stands for every message of a user.
"""


def page() -> str:
    """The whole page."""
    doors = "at `/guarded-chat` and at the paths of the SDKs"
    streams = "as one answer and as a stream, released by windows and whole, a text in one event or a character in each"
    sections = (
        _HEAD,
        f"## What a caller sends\n\nSent {doors}; `/check` gives the same verdicts.\n",
        _table(INPUT, tuple(PLANTS)),
        f"\n## What a model answers\n\nAnswered {doors}, {streams}.\n",
        _table(OUTPUT, ("card", "mail", "harm", "term")),
        "\n## What no single string holds\n",
        _splits(),
    )
    return "\n".join(sections)


def _table(rows: Sequence[Row], plants: Sequence[str]) -> str:
    lines = [f"| position | written | {' | '.join(plants)} | note |", f"|---|---|{'---|' * len(plants)}---|"]
    for (pointer, named, policy), same in groupby(_sorted(rows), key=_place):
        for cells, forms in _merged(same, plants):
            where = f"`{pointer or '/'}`" + (", a member's name" if named else "")
            where += ", media allowed" if policy != "default" else ""
            lines.append(f"| {where} | {'; '.join(forms)} | {cells} |")
    return "\n".join(lines) + "\n"


def _place(row: Row) -> tuple[str, bool, str]:
    return row.pointer, row.named, row.policy


def _sorted(rows: Sequence[Row]) -> list[Row]:
    """Rows of one place together, in the order in which the places first come."""
    places = {place: number for number, place in reversed([*enumerate(map(_place, rows))])}
    return sorted(rows, key=lambda row: places[_place(row)])


def _merged(rows: Iterable[Row], plants: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Forms that end alike, in one line."""
    merged: dict[str, list[str]] = {}
    for row in rows:
        cells = [_cell(row.outcome(plant).value) if plant in row.plants else "-" for plant in plants]
        merged.setdefault(" | ".join([*cells, "; ".join(row.notes())]), []).append(row.form)
    yield from merged.items()


def _cell(outcome: str) -> str:
    return f"**{outcome}**" if outcome == "travels" else outcome


def _splits() -> str:
    lines = [f"| split over | {' | '.join(PLANTS)} | note |", f"|---|{'---|' * len(PLANTS)}---|"]
    for split in SPLITS:
        cells = [_cell(split.outcomes[plant].value) if plant in split.outcomes else "-" for plant in PLANTS]
        lines.append(f"| {split.where} | {' | '.join(cells)} | {split.why} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

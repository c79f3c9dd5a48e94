"""A list as plain text: one item a line, the list named by the file. It cannot say descriptions or expressions."""

from pathlib import Path

from guardrails.blocklists.list_file import MAX_BYTES, Entry, ListFile, name_problem, repeated, text_problem
from guardrails.domain.blocklist import BlocklistContents, BlocklistItem
from guardrails.domain.errors import ConfigurationError
from guardrails.policy.positions import Mark, Problem

_COMMENT = "#"


def parse(text: str, file: str) -> ListFile:
    """Read a list. Empty lines and those that begin with # are for people; blanks around an item are no part of it.

    Raises:
        ConfigurationError: every problem at once, each as `file:line:col: sentence`; none repeats an item.
    """
    problems: list[Problem] = []
    entries: list[Entry] = []
    name = Path(file).stem
    if sentence := name_problem(name):
        problems.append(Problem(Mark(1, 1), (), f"the file's name is the list's, and {sentence}"))
    if len(text.encode()) > MAX_BYTES:
        problems.append(Problem(Mark(1, 1), (), f"is larger than {MAX_BYTES // 1024} KiB"))
    for number, line in enumerate(() if problems else text.split("\n"), 1):
        item = line.strip()
        if not item or item.startswith(_COMMENT):
            continue
        mark = Mark(number, line.index(item) + 1)
        if sentence := text_problem(item):
            problems.append(Problem(mark, (), sentence))
        else:
            entries.append(Entry(BlocklistItem(item), mark))
    problems += repeated(entries)
    if problems:
        raise ConfigurationError([problem.at(file) for problem in sorted(problems)])
    return ListFile(file, name, Mark(1, 1), None, tuple(entries), describes=False)


def can_hold(contents: BlocklistContents) -> bool:
    """Whether plain text says all there is to say about a list."""
    return not contents.description and all(_is_plain(item) for item in contents.items)


def _is_plain(item: BlocklistItem) -> bool:
    text = item.text
    alone = "\n" not in text and text == text.strip() and not text.startswith(_COMMENT)
    return alone and not item.description and not item.is_regex


def render(contents: BlocklistContents) -> str:
    """A list as the text of a file, for one that `can_hold` allows."""
    return "".join(f"{item.text}\n" for item in contents.items)

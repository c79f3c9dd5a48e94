"""YAML text -> plain data with the line and column of every key and value, and every problem of the text itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

import yaml

MAX_BYTES = 256 * 1024
"""The largest policy file, in bytes of UTF-8."""

MAX_DEPTH = 16
"""How deep mappings and lists may nest; a policy needs five."""

Path: TypeAlias = tuple[str | int, ...]
Loader: TypeAlias = "yaml.SafeLoader | yaml.CSafeLoader"  # the second is not in every build of PyYAML

FAST: Final[type[Loader]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C, several times as fast, where PyYAML was built with it. It words its complaints differently."""


class Mark(NamedTuple):
    """A place in a file, counted from 1."""

    line: int
    column: int


class Problem(NamedTuple):
    """One thing that is wrong, and where. Sorts in the order of the file.

    Where a policy is made of several files, `file` says which one, and `shown` is the path in it, if another.
    """

    mark: Mark
    path: Path
    sentence: str
    shown: Path | None = None
    file: str = ""

    def at(self, file: str, kind: str = "") -> str:
        """`file:line:col: rules[0].check: sentence`; the path is left out where it is the whole file.

        `kind`, such as `warning`, stands before the path.
        """
        place = path_words(self.path if self.shown is None else self.shown)
        words = "".join(f"{word}: " for word in (kind, place) if word)
        return f"{self.file or file}:{self.mark.line}:{self.mark.column}: {words}{self.sentence}"


def path_words(path: Path) -> str:
    """`("rules", 0, "check")` -> `rules[0].check`."""
    words = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return words.removeprefix(".")


@dataclass(slots=True)
class Tree:
    """A file as data, with the places of its keys and values by path, and what is wrong with the text.

    `bare` has, in words, what YAML took for something else than text because no quotes stand around it. Of a tree that
    was merged, `files` has the file of each path and `own` the path there, where that is another one.
    """

    value: Any = None
    values: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    bare: dict[Path, str] = field(default_factory=dict)
    own: dict[Path, Path] = field(default_factory=dict)
    files: dict[Path, str] = field(default_factory=dict)
    file: str = ""

    def problem(self, path: Path, sentence: str, *, at_key: bool = False) -> Problem:
        """A problem at a path, or at its nearest enclosing value that has a place in the file."""
        if at_key and path in self.keys:
            return Problem(self.keys[path], path, sentence, self._shown(path), self.file_of(path))
        known = path
        while known and known not in self.values:
            known = known[:-1]
        mark = self.values.get(known, Mark(1, 1))
        return Problem(mark, path, sentence, self._shown(path), self.file_of(known))

    def file_of(self, path: Path) -> str:
        """The file in which a path stands."""
        return self.files.get(path, self.file)

    def _shown(self, path: Path) -> Path | None:
        for length in range(len(path), 0, -1):
            if path[:length] in self.own:
                return (*self.own[path[:length]], *path[length:])
        return None


def read(text: str, *, most_bytes: int = MAX_BYTES, loader: type[Loader] = yaml.SafeLoader) -> Tree:
    """Read one YAML document. When `problems` is not empty after a syntax error, `value` is None.

    Args:
        text: The file's text.
        most_bytes: The largest it may be, in bytes of UTF-8.
        loader: Who parses; `FAST` for files that may be large.
    """
    tree = Tree()
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        size = 0
        tree.problems.append(Problem(Mark(1, 1), (), "is not UTF-8 text"))
    if size > most_bytes:
        tree.problems.append(Problem(Mark(1, 1), (), f"is larger than {most_bytes // 1024} KiB"))
    if tree.problems:
        return tree
    try:
        tree.problems += _structure(text, loader)
        node = None if tree.problems else yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        tree.problems.append(_syntax(error))
        return tree
    if node is not None:
        tree.value = _convert(node, (), tree, yaml.SafeLoader(""))
    return tree


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)


def _structure(text: str, loader: type[Loader]) -> Iterator[Problem]:
    """What must hold before nodes are built: one document, no aliases (so no bombs), bounded depth."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=loader):
        here = _mark(event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                yield Problem(here, (), "a file holds one document; a second one begins here")
                return
        elif isinstance(event, yaml.AliasEvent):
            yield Problem(here, (), 'aliases (*name) are not supported: write the value out, or quote a literal "*"')
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > MAX_DEPTH:
                yield Problem(here, (), f"nests deeper than {MAX_DEPTH} levels")
                return
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1


def _syntax(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    here = _mark(mark)
    if getattr(error, "context", None) == "while scanning an alias":
        return Problem(here, (), 'is not YAML: a star must be quoted: "*"')
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be parsed"
    return Problem(here, (), f"is not YAML: {what}")


def _convert(node: yaml.Node, path: Path, tree: Tree, loader: yaml.SafeLoader) -> Any:
    tree.values[path] = _mark(node.start_mark)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, tree, loader)
    if isinstance(node, yaml.SequenceNode):
        return [_convert(item, (*path, index), tree, loader) for index, item in enumerate(node.value)]
    try:
        value = loader.construct_object(node)
    except (yaml.YAMLError, ValueError, OverflowError):
        tree.problems.append(tree.problem(path, f"cannot be read as {node.tag.rpartition(':')[2]}"))
        return None
    if not isinstance(value, str):
        tree.bare[path] = _taken_for(node.value, value)
    return value


def _taken_for(written: str, value: Any) -> str:
    if isinstance(value, bool):
        return f"YAML reads a bare `{written}` as {str(value).lower()}"
    if value is None:
        return "YAML reads nothing here"
    return f"YAML reads a {'number' if isinstance(value, int | float) else 'date'} here"


def _mapping(node: yaml.MappingNode, path: Path, tree: Tree, loader: yaml.SafeLoader) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        here = _mark(key_node.start_mark)
        # YAML 1.1 reads a bare `on`, `no` or `12` as no string; as a key the word itself is meant.
        if not isinstance(key_node, yaml.ScalarNode):
            tree.problems.append(Problem(here, path, "a key must be a plain word"))
            continue
        key = str(key_node.value)
        if key in result:
            tree.problems.append(Problem(here, (*path, key), "is given twice"))
            continue
        tree.keys[*path, key] = here
        result[key] = _convert(value_node, (*path, key), tree, loader)
    return result

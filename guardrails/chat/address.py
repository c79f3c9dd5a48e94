"""Addresses of strings: JSON pointers for programs, `messages[0].content` for people."""

import jsonpointer

_TEXT_ITSELF = ((), ("content",), ("message",), ("message", "content"))
_LISTS = frozenset({"messages", "choices", "documents"})


def child(pointer: str, key: str | int) -> str:
    """The pointer of a member or element (RFC 6901: `~` and `/` in a name are escaped)."""
    return f"{pointer}/{key}" if isinstance(key, int) else f"{pointer}/{jsonpointer.escape(key)}"


def parts(pointer: str) -> tuple[str, ...]:
    """The unescaped names and numbers of a pointer.

    Raises:
        ValueError: it is no JSON pointer.
    """
    try:
        return tuple(jsonpointer.JsonPointer(pointer).parts)
    except jsonpointer.JsonPointerException as error:
        raise ValueError("not a JSON pointer") from error


def field_path(pointer: str) -> str:
    """`/messages/0/content` -> `messages[0].content`: how errors name a field of the body."""
    return _words(parts(pointer))


def place(pointer: str) -> str:
    """Where something was seen, as short as people say it: `/messages/0/content` -> `messages[0]`.

    A content part keeps its number (`messages[0].content[1]`), everything else its whole path.
    """
    path = parts(pointer)
    if len(path) >= 2 and path[0] in _LISTS:  # noqa: PLR2004 - a list and an index
        rest = path[2:]
        if rest[-1:] == ("text",) and rest[-2:-1] and rest[-2].isdigit():
            return _words(path[:-1])
        if rest in _TEXT_ITSELF:
            return _words(path[:2])
    return _words(path) or "the body"


def _words(path: tuple[str, ...]) -> str:
    words = "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path)
    return words.removeprefix(".")

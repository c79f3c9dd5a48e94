r"""Escapes in JSON that is a string of JSON: `\\u0061` one level down is an `a`, as `\u0061` is in the JSON itself."""

from typing import Final, NamedTuple

MAX_LEVELS: Final = 4
"""How deep JSON within JSON is read as it grows: each level spells a character of the one above in up to six."""

_SHORT: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEX_DIGITS: Final = 4
_HIGH: Final = range(0xD800, 0xDC00)
_LOW: Final = range(0xDC00, 0xE000)


class Said(NamedTuple):
    """What a spelling says, where it ends, and whether it is an escape in the innermost of the strings."""

    character: str
    end: int
    escaped: bool = False


def said_at(text: str, position: int, levels: int) -> Said | None:
    """The character that the text says at a position inside that many strings of JSON, one in the other.

    None while the text ends before the character is spelled out. An escape that JSON does not know says what stands
    behind its backslash.
    """
    first = _one(text, position, min(levels, MAX_LEVELS))
    if first is None or ord(first.character) not in _HIGH:
        return first
    second = _one(text, first.end, min(levels, MAX_LEVELS))
    if second is None or ord(second.character) not in _LOW:
        return None if second is None else first
    code = 0x10000 + ((ord(first.character) - _HIGH.start) << 10) + ord(second.character) - _LOW.start
    return Said(chr(code), second.end, first.escaped)


def _one(text: str, position: int, level: int) -> Said | None:
    if level == 0:
        return Said(text[position], position + 1) if position < len(text) else None
    first = _one(text, position, level - 1)
    if first is None or first.character != "\\":
        return first and first._replace(escaped=False)
    kind = _one(text, first.end, level - 1)
    if kind is None or kind.character != "u":
        return None if kind is None else Said(_SHORT.get(kind.character, kind.character), kind.end, escaped=True)
    digits, end = "", kind.end
    for _ in range(_HEX_DIGITS):
        digit = _one(text, end, level - 1)
        if digit is None:
            return None
        digits += digit.character
        end = digit.end
    try:
        return Said(chr(int(digits, 16)), end, escaped=True)
    except ValueError:
        return Said("u", kind.end, escaped=True)

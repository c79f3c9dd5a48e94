"""The body of a client's request, as bytes, to what is judged.

Envoy passes the same bytes on to the model. Where another reader of them could see another text than we do, they are
refused: a name that stands twice in an object, an encoding that is not UTF-8.
"""

import json
import re
from typing import Any, Final

from guardrails.domain.errors import InvalidRequest, UnsupportedMediaType
from guardrails.web.body import parse_value

_CHARSET: Final = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]*)", re.IGNORECASE)
_UTF_8: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_MARK: Final = b"\xef\xbb\xbf"
_NOT_READ: Final = "Only JSON and plain text in UTF-8 can be judged; no forms, uploads or compressed bodies."


def content_of(raw: bytes, content_type: str) -> Any:  # noqa: ANN401 - any JSON
    """What a body says: JSON whatever it is declared to be, else the text that `text/*` is.

    Args:
        raw: The bytes, not empty.
        content_type: The header; empty where Envoy was not told to forward it.

    Raises:
        InvalidRequest: it is declared to be JSON and is none, or JSON that readers may understand in two ways.
        TooLarge: it holds more values than are read.
        UnsupportedMediaType: it is neither JSON nor text.
    """
    kind = content_type.partition(";")[0].strip().lower()
    charset = _CHARSET.search(content_type)
    if charset is not None and charset.group(1).lower() not in _UTF_8:
        raise UnsupportedMediaType(_NOT_READ)
    raw = raw.removeprefix(_MARK)
    is_json = kind == "application/json" or kind.endswith("+json")
    if is_json or raw.lstrip()[:1] in {b"{", b"["}:
        return _json(raw)
    if kind.startswith("text/"):
        return _text(raw)
    raise UnsupportedMediaType(_NOT_READ)


def _json(raw: bytes) -> Any:  # noqa: ANN401 - any JSON
    value = parse_value(raw)
    # What could be too deep or no number has been refused before: this reading only looks for names.
    json.loads(raw, object_pairs_hook=_distinct, parse_int=str, parse_float=str)
    return value


def _distinct(members: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(members)
    if len(named) < len(members):
        raise InvalidRequest("A name stands twice in an object of the body: readers differ in which of the two counts.")
    return named


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidRequest("The body is declared to be text and is not UTF-8.") from None

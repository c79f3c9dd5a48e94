"""What looks like a medium in a body of unknown shape."""

import re
from collections.abc import Mapping
from typing import Any, Final

_TYPES: Final = frozenset(
    {"image", "image_url", "input_image", "audio", "input_audio", "file", "input_file", "document", "video"}
    | {"video_url"}
)
_MEMBERS: Final = frozenset(
    {"audio", "data", "file", "file_data", "file_id", "file_url", "image", "image_url", "input_audio", "source", "url"}
    | {"video", "video_url"}
)
_INLINE: Final = ("inlineData", "inline_data", "fileData", "file_data")
_INLINE_MEMBERS: Final = ("data", "fileUri", "file_uri")
_DATA_URL: Final = re.compile(r"\s*data:(?:[\w.+-]+/[\w.+*-]+[^,\s]{0,200}|[^,\s]{0,200};base64),", re.IGNORECASE)
"""`data:image/png;base64,` and the like. A sentence that begins with `Data:` and has a comma is none."""
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_=\r\n-]{1024,}")


def is_medium(members: Mapping[str, Any]) -> bool:
    """Whether an object says that it is an image, a recording, a video or a file, and has what could hold one."""
    kind = members.get("type")
    if isinstance(kind, str) and kind in _TYPES and not _MEMBERS.isdisjoint(members):
        return True
    return any(_holds_data(members.get(name)) for name in _INLINE)


def is_payload(value: object) -> bool:
    """Whether a string is a data URL, or so much base64 that nobody would have written it."""
    return isinstance(value, str) and (_DATA_URL.match(value) is not None or _BASE64.fullmatch(value) is not None)


def _holds_data(value: object) -> bool:
    # A schema may describe a member of this name: it has no data.
    return isinstance(value, dict) and any(isinstance(value.get(name), str) for name in _INLINE_MEMBERS)

"""The id of one request, in headers, logs and records."""

import re

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def is_request_id(text: str) -> bool:
    """Whether a text a caller chose may serve as its request's id: safe in a header, and no sentence."""
    return _REQUEST_ID.fullmatch(text) is not None

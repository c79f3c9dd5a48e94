"""E-mail addresses, URLs and IP addresses.

Every search is anchored on a rare character and bounded on both sides, so hostile text costs no more than its length.
"""

import ipaddress
import re
from collections.abc import Iterator

from guardrails.emulator.detect.scan import Candidate, Scan

_LOCAL_LIMIT = 64
_LOCAL_MARKS = "._%+-'&"
_COMBINING_FIRST, _COMBINING_LAST = "\u0300", "\u036f"
_DOMAIN = re.compile(
    r"(?:[^\W_][\w-]{0,62}\.){1,8}(?:xn--[a-z0-9-]{1,59}|[a-z]{2,24}|[^\W\d_a-z\u2e80-\U0010ffff]{2,24})", re.IGNORECASE
)
_URL = re.compile(r"(?<![^\W_])(?:(?:https?|ftps?|wss?)://|www\.)[^\s<>\"'\u200b\u3000-\u3002]{2,2048}", re.IGNORECASE)
_URL_TAIL = ".,;:!?)]}*"
_IPV4 = re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w]|\.[0-9])")
_IPV6 = re.compile(
    r"(?<![\w:.])[0-9a-f]{0,4}:[0-9a-f:]{1,36}(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3})?(?![\w:])", re.IGNORECASE
)
_IP_VERSION_4 = 4
_FEW_COLONS, _SHORT_ADDRESS = 2, 4
_FIRST_EAST_ASIAN = "\u2e80"


def find_emails(scan: Scan) -> Iterator[Candidate]:
    """`Email`: up to 64 characters before each `@` and a domain of letters, digits and dots after it."""
    text, place, taken = scan.text, scan.text.find("@"), 0
    while place != -1:
        domain = _DOMAIN.match(text, place + 1)
        if domain is not None:
            start = _local_start(text, place, taken)
            if start < place:
                taken = _whole_chain(text, domain.end())
                yield Candidate("Email", start, taken, 0.95, proven=True)
        place = text.find("@", max(place + 1, taken))


def _local_start(text: str, at: int, lowest: int) -> int:
    start, floor = at, max(lowest, at - _LOCAL_LIMIT)
    while start > floor and _may_be_local(text[start - 1]):
        start -= 1
    while start < at and not text[start].isalnum() and text[start] not in "_+":
        start += 1
    return start


def _may_be_local(character: str) -> bool:
    """Scripts written without spaces never belong to the address they touch."""
    if _COMBINING_FIRST <= character <= _COMBINING_LAST:
        return True
    return character in _LOCAL_MARKS or (character.isalnum() and character < _FIRST_EAST_ASIAN)


def _whole_chain(text: str, end: int) -> int:
    """`a@b.co@c.co` cannot be told apart into addresses: the whole chain is one."""
    while text.startswith("@", end):
        further = _DOMAIN.match(text, end + 1)
        if further is None:
            break
        end = further.end()
    return end


def find_urls(scan: Scan) -> Iterator[Candidate]:
    """`URL`: http(s), ftp and ws addresses, and hosts that begin with `www.`, without closing punctuation."""
    if "://" not in scan.text and "www." not in scan.lower:
        return
    for match in _URL.finditer(scan.text):
        url = match.group().rstrip(_URL_TAIL)
        if "." in url or "localhost" in url:
            yield Candidate("URL", match.start(), match.start() + len(url), 0.9, proven=True)


def find_ip_addresses(scan: Scan) -> Iterator[Candidate]:
    """`IPAddress`: version 4 in dotted form and version 6, both as `ipaddress` reads them."""
    if not scan.has_digit and "::" not in scan.text:
        return
    patterns = [_IPV4] if ":" not in scan.text else [_IPV4, _IPV6]
    for pattern in patterns:
        for match in pattern.finditer(scan.text):
            found = match.group().rstrip(":") if not match.group().endswith("::") else match.group()
            if _is_address(found):
                yield Candidate("IPAddress", match.start(), match.start() + len(found), 0.9, proven=True)


def _is_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.version == _IP_VERSION_4 or text == "::1":
        return True
    return text.count(":") > _FEW_COLONS or (
        len(text) > _SHORT_ADDRESS and any(character.isdigit() for character in text)
    )

"""Connection strings, keys and passwords of Azure services.

A connection string is read outwards from a telling key (`AccountKey=`, `SharedAccessKey=`, `Password=`) over its
`key=value;` neighbours on the same line, at most 600 characters each way.
"""

import re
from collections.abc import Iterator

from guardrails.emulator.detect.scan import Candidate, Scan

_REACH = 600
_ANCHOR = re.compile(r"(?:accountkey|sharedaccesskey|password|pwd|userpwd)\s?=", re.IGNORECASE)
_BOUNDARY = re.compile(r"[\"'<>\r\n`]")
_KEY = r"(?:(?:data|initial|user|integrated|connection|connect|persist|trust|default|server) )?[a-z]{1,40}(?: ?info)?"
_PAIR = re.compile(rf"\s?{_KEY}\s?=\s?[^;\s\"'<>`]{{1,400}}", re.IGNORECASE)
_PAIR_AT_END = re.compile(rf"(?<![a-z]){_KEY}\s?=[^;=]{{1,400}}={{0,2}}$", re.IGNORECASE)
_REDIS = re.compile(
    r"(?<![\w.-])[\w-]{1,63}\.redis\.cache\.windows\.net:[0-9]{2,5},password=[^\s,;\"']{8,120}(?:,\w{1,30}=\w{1,30}){0,6}"
)
_KINDS = (
    ("AzureDocumentDBAuthKey", ("accountendpoint=", "accountkey=")),
    ("AzureStorageAccountKey", ("accountname=", "accountkey=")),
    ("AzureServiceBusString", ("sb://", "sharedaccesskey=")),
    ("AzureIoTConnectionString", ("hostname=", "sharedaccesskey=")),
    ("AzureIAASDatabaseConnectionAndSQLString", (".database.windows.net", "password=")),
    ("SQLServerConnectionString", ("server=", "password=")),
    ("SQLServerConnectionString", ("data source=", "password=")),
    ("SQLServerConnectionString", ("server=", "pwd=")),
    ("AzureStorageAccountKey", ("accountkey=",)),
)
_STORAGE_KEY = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{86}==(?![A-Za-z0-9+/=])")
_SAS = re.compile(r"(?<![\w&?])[?&]?(?:[a-z]{2,4}=[^&\s\"'<>]{1,200}&){2,14}sig=[A-Za-z0-9%+/=]{20,120}")
_PUBLISH = re.compile(r"userPWD=\"([A-Za-z0-9+/=]{20,120})\"")
_PASSWORD = re.compile(
    r"(?<!\w)(?:password|passwort|passwd|contraseña|mot de passe)(?: is|:| ist| es| est|=)\s?[\"']?([^\s\"']{4,64})",
    re.IGNORECASE,
)
_CLOSING = ".,;:!?)]}"
_CODE = re.compile(r"[$({\[]|None$|null$")


def find_secrets(scan: Scan) -> Iterator[Candidate]:
    """`Azure...` secrets, `SQLServerConnectionString` and, weakly, `Password`."""
    if "=" in scan.text:
        yield from _connection_strings(scan.text)
        for match in _STORAGE_KEY.finditer(scan.text):
            yield Candidate("AzureStorageAccountKey", match.start(), match.end(), 0.9, proven=True)
        if "sig=" in scan.text:
            for match in _SAS.finditer(scan.text):
                yield Candidate("AzureSAS", match.start(), match.end(), 0.95, proven=True)
        for match in _REDIS.finditer(scan.text) if ".redis." in scan.text else ():
            yield Candidate("AzureRedisCacheString", match.start(), match.end(), 0.95, proven=True)
        for match in _PUBLISH.finditer(scan.text):
            yield Candidate("AzurePublishSettingPassword", match.start(1), match.end(1), 0.9, proven=True)
    for match in _PASSWORD.finditer(scan.text):
        secret = match.group(1).rstrip(_CLOSING)
        if secret and not secret.isalpha() and _CODE.search(secret) is None:
            yield Candidate("Password", match.start(1), match.start(1) + len(secret), 0.75)


def _connection_strings(text: str) -> Iterator[Candidate]:
    done = 0
    for anchor in _ANCHOR.finditer(text):
        if anchor.start() < done:
            continue
        start, end = _extent(text, anchor.start(), max(done, anchor.start() - _REACH))
        found = text[start:end].lower().replace(" =", "=")
        category = next((name for name, marks in _KINDS if all(mark in found for mark in marks)), None)
        if category is not None:
            done = end
            yield Candidate(category, start, end, 0.95, proven=True)


def _extent(text: str, anchor: int, floor: int) -> tuple[int, int]:
    """The run of `key=value` pairs around the pair that begins at `anchor`."""
    borders = [match.end() for match in _BOUNDARY.finditer(text, floor, anchor)]
    start = borders[-1] if borders else floor
    *pieces, _ = text[start:anchor].split(";")
    place = anchor
    for piece in reversed(pieces):
        pair = _PAIR_AT_END.search(piece)
        if pair is None:
            break
        place -= len(piece) + 1 - pair.start()
        if pair.start() > 0:
            break
    end = anchor
    while (pair := _PAIR.match(text, end)) is not None:
        end = pair.end()
        if not text.startswith(";", end):
            break
        end += 1
    return place, end

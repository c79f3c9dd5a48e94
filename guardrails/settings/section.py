"""What every part of guardrails.yaml is made of: frozen sections, and the kinds of values they share."""

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def is_loopback(host: str) -> bool:
    """Whether a host name or address never leaves this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _https(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError("must be a URL such as https://contoso.cognitiveservices.azure.com")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must begin with https://: tokens and texts never travel in the clear")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("must be a plain address, without user, query or fragment")
    return url.rstrip("/")


def _redis(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"rediss", "redis"} or not parts.hostname:
        raise ValueError("must be a URL such as rediss://contoso.redis.cache.windows.net:6380")
    if parts.scheme == "redis" and not is_loopback(parts.hostname):
        raise ValueError("must begin with rediss://: what replicas share never travels in the clear")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError("must be a plain address, without user, password, query or fragment")
    try:
        parts.port  # noqa: B018 - reading it is what finds out
    except ValueError:
        raise ValueError("must have a number as its port") from None
    if parts.path.strip("/") and not parts.path.strip("/").isdecimal():
        raise ValueError("must end after the port, or in the number of a database")
    return url.rstrip("/")


Endpoint = Annotated[str, AfterValidator(_https)]
RedisEndpoint = Annotated[str, AfterValidator(_redis)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,128}$")]


class Section(BaseModel):
    """A part of the file: frozen, knows all its keys, and never repeats a value in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

"""Entra's error numbers in words, each with its mend.

Numbers: Microsoft Entra authentication and authorization error codes (AADSTS).
"""

import re
from collections.abc import Mapping
from typing import Final

WRONG_SECRET: Final = "7000215"  # noqa: S105 - an error number, not a secret
EXPIRED_SECRET: Final = "7000222"  # noqa: S105 - an error number, not a secret
SECRET_TROUBLE: Final = frozenset({WRONG_SECRET, EXPIRED_SECRET})
"""Failures that a rotated secret mends: worth reading the secret again before giving up."""

WORDS: Final[Mapping[str, str]] = {
    WRONG_SECRET: (
        "the client secret is wrong. Check that {secret} holds the secret's value (not its id) and that it belongs to "
        "application {client_id}."
    ),
    EXPIRED_SECRET: (
        "the client secret has expired. Make a new one for application {client_id} (az ad app credential reset --id "
        "{client_id} --append) and put it in {secret}."
    ),
    "700016": (
        "application {client_id} does not exist in tenant {tenant_id}. Check client_id and tenant_id; a multi-tenant "
        "application needs a service principal there (az ad sp create --id {client_id})."
    ),
    "90002": "tenant {tenant_id} does not exist at {authority}. Check tenant_id, or azure.authority for another cloud.",
    "900144": "the token request lacks a parameter. Check that tenant_id, client_id and the scope are set.",
    "70011": "the scope {scope} is not valid. It must be one resource and end in /.default.",
    "500011": (
        "the resource of scope {scope} is not known in tenant {tenant_id}. Check the scope (azure.scope, or the "
        "service's own), and azure.authority for another cloud."
    ),
    "700024": (
        "the client assertion is outside its time of validity. Check this machine's clock, and that the federated "
        "token file is being renewed."
    ),
    "700027": (
        "the client assertion's signature is not accepted. Upload the certificate in use to application {client_id}, "
        "or use the one registered there."
    ),
    "70021": (
        "no federated credential of application {client_id} matches the token's issuer, subject and audience. Compare "
        "them (az ad app federated-credential list --id {client_id})."
    ),
    "700213": (
        "no federated credential of application {client_id} matches the token's subject. Compare "
        "them (az ad app federated-credential list --id {client_id})."
    ),
    "7000112": "application {client_id} is disabled in tenant {tenant_id}. Enable its service principal for sign-in.",
    "7000229": (
        "application {client_id} has no service principal in tenant {tenant_id}. Make one: "
        "az ad sp create --id {client_id}."
    ),
    "53003": "a conditional access policy blocks application {client_id} from where this service runs.",
    "90055": "Entra throttles token requests from here. It is asked again by itself, after the time it asks for.",
    "50000": "Entra failed in issuing a token. It is asked again by itself; if that stays, look at its status page.",
    "90033": "Entra is unavailable for the moment. It is asked again by itself.",
}

_NUMBER = re.compile(r"AADSTS(\d{4,10})")


def number_in(message: str) -> str | None:
    """The AADSTS number in Entra's error message, without the letters."""
    found = _NUMBER.search(message)
    return found.group(1) if found else None


def in_words(number: str, names: Mapping[str, str]) -> str | None:
    """The sentence for an AADSTS number, or None for one we do not know.

    Args:
        number: Without the letters: `7000215`.
        names: `secret` (the reference), `client_id`, `tenant_id`, `scope`, `authority`.
    """
    words = WORDS.get(number)
    return words.format_map(names) if words else None

"""A failed call to Azure as a sentence with its mend, for `doctor`, readiness and logs."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from guardrails.azure.reply import RawReply
from guardrails.azure.target import Target
from guardrails.azure.trouble import CallError, Trouble, audience_wanted, error_code, trouble_of_reply
from guardrails.domain.errors import ServiceError

_AUTHENTICATION: Final = "https://learn.microsoft.com/azure/ai-services/authentication"

_MENDS: Final[Mapping[Trouble, str]] = {
    Trouble.UNKNOWN_HOST: (
        "the host name {host} is not known. Check the endpoint; with a private endpoint, check that this machine's DNS "
        "resolves its zone."
    ),
    Trouble.REFUSED: "{host} refuses the connection. Check the endpoint and the firewall between.",
    Trouble.UNREACHABLE: (
        "{host} does not take a connection: something on the way drops it. Check the firewall, the resource's network "
        "rules and the private endpoint."
    ),
    Trouble.TLS: (
        "{host} shows a TLS certificate that is not trusted here. If a proxy inspects TLS, or this is the emulator, "
        "give its CA as azure.ca_file; if the certificate has expired, renew it."
    ),
    Trouble.RESET: "{host} broke the connection before it answered. If that stays, look for a proxy or firewall.",
    Trouble.TIMEOUT: "{host} did not answer within {timeout_s:g} s. Check the network, or raise timeout_s.",
    Trouble.DEADLINE: "{host} did not answer before the deadline. Check the network, or allow more time.",
    Trouble.SILENT: "{host} stopped in the middle of its answer for {timeout_s:g} s. If that stays, raise timeout_s.",
    Trouble.BROKE_OFF: (
        "{host} broke the connection in the middle of its answer. If that stays, look for a proxy or firewall."
    ),
    Trouble.TOKEN_REFUSED: (
        "the token was refused. It was asked for {scope}{wanted}. Set scope to the audience that the resource expects, "
        "and check that the tenant of credential {credential} is the resource's."
    ),
    Trouble.KEY_REFUSED: (
        "the key of credential {credential} was refused. Check that it belongs to the resource at {endpoint}, and that "
        "it was not regenerated."
    ),
    Trouble.ROLE_MISSING: (
        "the principal of credential {credential} lacks a role on this resource. Assign it, and allow it five minutes: "
        'az role assignment create --assignee {client_id} --role "{role}" --scope {resource_id}'
    ),
    Trouble.KEYS_DISABLED: (
        "the resource does not accept keys. Use an Entra credential, or allow keys: "
        "az resource update --ids {resource_id} --set properties.disableLocalAuth=false"
    ),
    Trouble.FORBIDDEN: (
        "the resource forbids calls from here. Allow this machine's network in the resource's networking rules, or "
        "reach it over its private endpoint."
    ),
    Trouble.REGIONAL_ENDPOINT: (
        "{host} is a regional endpoint, and those refuse tokens. Use the resource's own custom subdomain "
        "(https://NAME.cognitiveservices.azure.com), or a key. See " + _AUTHENTICATION
    ),
    Trouble.UNKNOWN_DEPLOYMENT: (
        "there is no such deployment at {endpoint}. Compare deployment with what "
        "az cognitiveservices account deployment list shows; a new one takes up to five minutes."
    ),
    Trouble.NOT_FOUND: (
        "{endpoint} has no such operation. Check that it is the right kind of resource, and the api_version."
    ),
    Trouble.THROTTLED: "too many requests. Wait, or ask for a higher rate or tier.",
    Trouble.QUOTA: "the quota of the pricing tier is used up. Wait for its renewal, or choose a higher tier.",
    Trouble.SERVER: "the service failed ({told}). If that stays, look at https://azure.status.microsoft.",
    Trouble.REJECTED: "the request was refused ({told}). Check the api_version.",
    Trouble.REDIRECT: "{endpoint} answers with a redirect. The endpoint should be the resource's own address.",
    Trouble.TRUNCATED: "{host} cut its answer short, or does not speak HTTP. Check the endpoint and any proxy between.",
    Trouble.NOT_JSON: "{host} answered something that is not JSON. Check the endpoint and any proxy between.",
    Trouble.TOO_LARGE: "{host} answered more than we read. Check the endpoint and any proxy between.",
    Trouble.UNENCODABLE: "the request cannot be encoded as JSON.",
}


def explain(
    failure: ServiceError | RawReply, target: Target, *, client_id: str | None = None, with_key: bool = False
) -> str:
    """What went wrong and what mends it, in a sentence or two; holds no content and no secret.

    Args:
        failure: An error that a call raised, or an answer that is not 2xx.
        target: What was called.
        client_id: The credential's application, for the role assignment; a placeholder when not known.
        with_key: Whether an answer was got with a key rather than a token.
    """
    if isinstance(failure, RawReply):
        trouble = trouble_of_reply(failure.status, failure.body, with_key=with_key)
        status: int | None = failure.status
        code, wanted = error_code(failure.body), audience_wanted(failure.body)
    elif isinstance(failure, CallError):
        trouble, status, code, wanted = failure.trouble, failure.status, failure.code, None
    else:
        return failure.detail
    host = urlsplit(target.endpoint).hostname or target.endpoint
    mend = _MENDS[trouble].format(
        endpoint=target.endpoint,
        host=host,
        credential=target.credential,
        scope=target.scope,
        role=target.role,
        timeout_s=target.timeout_s,
        client_id=client_id or "<client id>",
        resource_id=_found_by(host.split(".")[0]),
        wanted=f", but {wanted} is expected" if wanted and not target.scope.startswith(wanted) else "",
        told=" ".join(str(part) for part in (status, code) if part is not None),
    )
    return f"{target.name}: {mend}"


def _found_by(subdomain: str) -> str:
    """The resource's id as a part of a command line that looks it up."""
    query = f"[?properties.customSubDomainName=='{subdomain}'].id"
    return f'"$(az cognitiveservices account list --query "{query}" --output tsv)"'

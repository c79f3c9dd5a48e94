"""Which role allows which data action, from the documentation of Azure's built-in roles.

Owner, Contributor and Cognitive Services Contributor manage the resource and hold no data action at all.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Final

_EVERYTHING: Final = "Microsoft.CognitiveServices/*"
_ACCOUNT: Final = "Microsoft.CognitiveServices/accounts"

DATA_ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "Cognitive Services User": (_EVERYTHING,),
    "Cognitive Services OpenAI User": (f"{_ACCOUNT}/OpenAI/*",),
    "Cognitive Services Language Reader": (f"{_ACCOUNT}/Language/analyze-text/*",),
    "Azure AI Developer": (f"{_ACCOUNT}/OpenAI/*", f"{_ACCOUNT}/ContentSafety/*", f"{_ACCOUNT}/MaaS/*"),
    "Foundry User": (_EVERYTHING,),
    "Owner": (),
    "Contributor": (),
    "Cognitive Services Contributor": (),
}

ROLE_IDS: Final[Mapping[str, str]] = {
    "a97b65f3-24c7-4388-baec-2e87135dc908": "Cognitive Services User",
    "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd": "Cognitive Services OpenAI User",
    "7628b7b8-a8b2-4cdc-b46f-e9b35248918e": "Cognitive Services Language Reader",
    "64702f94-c441-49e6-a78b-ef80e0188fee": "Azure AI Developer",
    "53ca6127-db72-4b80-b1b0-d745d6d5456d": "Foundry User",
}


def allows(roles: Iterable[str], data_action: str) -> bool:
    """Tell whether one of the roles (names or ids) holds a data action. An unknown role holds none."""
    names = (ROLE_IDS.get(role.lower(), role) for role in roles)
    return any(fnmatchcase(data_action, pattern) for name in names for pattern in DATA_ACTIONS.get(name, ()))

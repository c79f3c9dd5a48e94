"""The operations of OpenAI's API that SDKs have methods for and no check reads: named, so that their callers are told.

They are answered 404 with the code `unsupported_operation`. The SDKs raise `NotFoundError`, do not try again, and
applications do not mistake it for the 400 of a blocked prompt. The body is not read, and never forwarded.
"""

from itertools import chain
from typing import Final, NoReturn

from aiohttp import web

from guardrails.domain.errors import UnsupportedOperation
from guardrails.web.middlewares import door_of

_OF_A_DEPLOYMENT: Final = (
    "completions",
    "embeddings",
    "images/generations",
    "images/edits",
    "audio/speech",
    "audio/transcriptions",
    "audio/translations",
)
"""What `AzureOpenAI` calls under `/openai/deployments/{name}/`."""

_OPERATIONS: Final = (
    *_OF_A_DEPLOYMENT,
    "responses",
    "responses/compact",
    "images/variations",
    "assistants",
    "threads",
    "threads/runs",
    "batches",
    "files",
    "videos",
    "realtime",
)

UNSUPPORTED_DOORS: Final = (
    *(f"/openai/deployments/{{name}}/{operation}" for operation in (*_OF_A_DEPLOYMENT, "extensions/chat/completions")),
    *chain.from_iterable(
        (f"/openai/{operation}", f"/openai/v1/{operation}", f"/v1/{operation}") for operation in _OPERATIONS
    ),
)

_OFFERED: Final = (
    "nothing that no check has read is forwarded. Chat completions are guarded at POST /openai/v1/chat/completions, "
    "/v1/chat/completions, /openai/deployments/{name}/chat/completions and /guarded-chat; a text of any origin is "
    "judged at POST /check."
)


async def unsupported(request: web.Request) -> NoReturn:
    """Tell which doors there are instead.

    Raises:
        UnsupportedOperation: always.
    """
    raise UnsupportedOperation(f"{door_of(request)} is not offered here: {_OFFERED}")

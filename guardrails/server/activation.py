"""What must hold before a bundle takes effect: the one place for it, at start and at every reload.

A new condition is one function in `CONDITIONS`: settings and bundle in, a sentence out for each thing that is wrong.
They run off the event loop, read no network, and say nothing of texts. What needs a service or a secret to answer is
asked in `guardrails.server.gate`.
"""

from collections.abc import Callable, Iterator

from guardrails.domain.errors import ConfigurationError
from guardrails.policy.bundle import Bundle
from guardrails.settings.schema import Settings

Condition = Callable[[Settings, Bundle], Iterator[str]]


def _callers_find_their_policies(settings: Settings, bundle: Bundle) -> Iterator[str]:
    known = ", ".join(sorted(bundle.policies))
    for name, caller in settings.callers.items():
        for policy in caller.policies:
            if policy not in bundle.policies:
                yield f"callers.{name}.policies: there is no policy {policy!r} in {settings.policies}; known: {known}"


def _keyed_redactions_have_a_key(settings: Settings, bundle: Bundle) -> Iterator[str]:
    # A key of our own making would give each replica, and each start, other placeholders for the same value.
    for name, ruled in bundle.policies.items() if not settings.placeholders.keys else ():
        if ruled.needs_placeholder_keys:
            yield f"placeholders.keys: is missing; policy {name!r} redacts with placeholder or hash, which need a key"


CONDITIONS: tuple[Condition, ...] = (_callers_find_their_policies, _keyed_redactions_have_a_key)
"""All of them; the problems of all are told together."""


def require(settings: Settings, bundle: Bundle) -> None:
    """See that a bundle fits the settings. Off the event loop.

    Raises:
        ConfigurationError: it does not; all problems at once.
    """
    problems = [problem for condition in CONDITIONS for problem in condition(settings, bundle)]
    if problems:
        raise ConfigurationError(problems)

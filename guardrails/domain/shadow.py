"""What a policy in the shadow of another one would have decided."""

from dataclasses import dataclass, replace

from guardrails.domain.verdict import Action, PolicyRef


@dataclass(frozen=True, slots=True)
class ShadowVerdict:
    """The verdict of a shadow policy on the evidence of the policy that judged. It is never carried out.

    Attributes:
        policy: The shadow policy and its revision.
        action: What it would have come to; None where that cannot be told.
        rules: The ids of the rules that fired.
        not_run: Checks that it plans and that did not run: with one of them there is no verdict.
        asked_otherwise: Checks that it would have asked for more, or with other options: their evidence is the other
            policy's, and the verdict is as good as that.
    """

    policy: PolicyRef
    action: Action | None
    rules: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()
    asked_otherwise: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The action as records spell it, or `not comparable`."""
        return "not comparable" if self.action is None else self.action.word

    def and_then(self, other: "ShadowVerdict") -> "ShadowVerdict":
        """Both, of two parts of one text: the stronger action; none where one of them has none."""
        action = None if self.action is None or other.action is None else max(self.action, other.action)
        return replace(
            self,
            action=action,
            rules=_union(self.rules, other.rules) if action is not None else (),
            not_run=_union(self.not_run, other.not_run),
            asked_otherwise=_union(self.asked_otherwise, other.asked_otherwise),
        )


def _union(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*one, *other}))

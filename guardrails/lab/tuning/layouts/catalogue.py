"""Every layout of data that is understood, in one explicit tuple; the first that fits a row is taken."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from guardrails.lab.tuning.layouts import plain, published
from guardrails.lab.tuning.layouts.record import Reading, Record
from guardrails.lab.tuning.samples import Place, Sample

Fits = Callable[[Record], bool]
Samples = Callable[[Record, Place, Reading], Iterator[Sample]]


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout by name: whether a row is laid out like this, and the samples of such a row.

    A layout with `explicit` is never guessed, because its columns are those of the plain one.
    """

    name: str
    fits: Fits
    samples: Samples
    explicit: bool = False


def _columns(*needed: str) -> Fits:
    return lambda record: record.keys() >= set(needed)


def _either(*fits: Fits) -> Fits:
    return lambda record: any(fit(record) for fit in fits)


PLAIN: Final = Layout("plain", plain.fits, plain.samples)

LAYOUTS: Final = (
    Layout("toxic-chat", _columns("user_input", "toxicity", "jailbreaking"), published.toxic_chat),
    Layout("openai-moderation", published.is_openai_moderation, published.openai_moderation),
    Layout("beavertails", _columns("prompt", "response", "category", "is_safe"), published.beavertails),
    Layout("aegis-2", _columns("prompt", "prompt_label"), published.aegis_2),
    Layout("wildguard", _columns("prompt", "prompt_harm_label"), published.wildguard),
    Layout("aegis-1", _columns("text", "labels_0"), published.aegis_1),
    Layout(
        "ai4privacy",
        _either(_columns("source_text", "privacy_mask"), _columns("unmasked_text", "privacy_mask")),
        published.ai4privacy,
    ),
    Layout("gretel-pii", _columns("text", "entities"), published.gretel_pii),
    Layout("jailbreak-flag", _columns("prompt", "jailbreak"), published.jailbreak_flag),
    PLAIN,
    Layout("jailbreak-type", _columns("prompt", "type"), published.jailbreak_type),
    Layout("prompt-injections", _columns("text", "label"), published.prompt_injections, explicit=True),
)

BY_NAME: Final = {layout.name: layout for layout in LAYOUTS}


def guess(record: Record) -> Layout | None:
    """The layout of a row, told by its columns; None when none fits."""
    return next((layout for layout in LAYOUTS if not layout.explicit and layout.fits(record)), None)

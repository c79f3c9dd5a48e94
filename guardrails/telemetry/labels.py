"""Label values that cannot grow without end and cannot carry text."""

import re
from typing import Final, Generic, TypeVar

from prometheus_client.metrics import MetricWrapperBase

OTHER: Final = "other"
_VALUE: Final = re.compile(r"/?[A-Za-z0-9_][A-Za-z0-9_./:{}-]{0,63}", re.ASCII)
_MOST_VALUES: Final = 200

Metric = TypeVar("Metric", bound=MetricWrapperBase)


class Labels:
    """The values each label has had.

    A value that is not a short word, or comes after the label has had 200 others, counts as `other`: whatever a
    caller sends, the number of series stays bounded.
    """

    def __init__(self, most: int = _MOST_VALUES) -> None:
        self._most = most
        self._seen: dict[str, set[str]] = {}

    def value(self, label: str, value: str) -> str:
        """Return `value` if this label may have it, else `other`."""
        seen = self._seen.setdefault(label, set())
        if value in seen:
            return value
        if len(seen) >= self._most or not _VALUE.fullmatch(value):
            return OTHER
        seen.add(value)
        return value


class Series(Generic[Metric]):
    """A metric's series by their label values, found without the library's own, costlier, look-up."""

    def __init__(self, metric: Metric, names: tuple[str, ...], labels: Labels) -> None:
        self._metric = metric
        self._names = names
        self._labels = labels
        self._known: dict[tuple[str, ...], Metric] = {}

    def of(self, *values: str) -> Metric:
        """The series of these values, in the order of the labels; each value bounded by `Labels`."""
        series = self._known.get(values)
        if series is not None:
            return series
        bounded = tuple(map(self._labels.value, self._names, values))
        series = self._metric.labels(*bounded)
        if bounded == values:
            self._known[values] = series
        return series

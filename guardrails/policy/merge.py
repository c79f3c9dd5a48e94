"""`extends`: one policy file laid over another, with every place still known."""

from typing import Any, Final

from guardrails.policy.positions import Mark, Path, Tree

OWN: Final = frozenset({"policy", "extends", "description", "mode", "shadow", "tests"})
"""What a file says for itself alone. A policy in `monitor` does not switch off those that extend it."""
_DEPTH: Final = {"checks": 2, "chat": 2, "media": 1, "gateways": 1}
"""How many levels of mappings are merged key by key; what is below is replaced as a whole."""


def merged(base: Tree, child: Tree) -> Tree:
    """What a file says together with what it extends; both trees are mappings.

    Checks are merged by name and key by key, rules by id: a rule of the child takes the place of the base's as a whole.
    `chat`, `media` and `gateways` are merged key by key. Of all else the child's word holds, where it has one.
    """
    result = Tree(file=child.file)
    result.values[()] = child.values.get((), Mark(1, 1))
    result.value = {}
    for key in dict.fromkeys((*base.value, *child.value)):
        inherits = key in base.value and key not in OWN
        if inherits and key in child.value:
            result.value[key] = _both(base, child, key, result)
        elif key in child.value or inherits:
            source = child if key in child.value else base
            result.value[key] = _graft(source, (key,), source.value[key], result, (key,))
    return result


def _both(base: Tree, child: Tree, key: str, result: Tree) -> Any:
    old, new = base.value[key], child.value[key]
    if key == "rules" and isinstance(old, list) and isinstance(new, list):
        return _rules(base, child, result)
    return _over(base, child, (key,), (old, new), result, _DEPTH.get(key, 0))


def _over(  # noqa: PLR0917 - two sides, a place, a result
    base: Tree, child: Tree, path: Path, said: tuple[Any, Any], result: Tree, depth: int
) -> Any:
    old, new = said
    # `pii:` without a value is a check with nothing of its own to say.
    new = {} if new is None else new
    if depth == 0 or not isinstance(old, dict) or not isinstance(new, dict):
        return _graft(child, path, said[1], result, path)
    _place(child, path, result, path)
    value: dict[str, Any] = {}
    for key in dict.fromkeys((*old, *new)):
        at = (*path, key)
        if key not in new:
            value[key] = _graft(base, at, old[key], result, at)
        elif key in old:
            value[key] = _over(base, child, at, (old[key], new[key]), result, depth - 1)
        else:
            value[key] = _graft(child, at, new[key], result, at)
    return value


def _rules(base: Tree, child: Tree, result: Tree) -> list[Any]:
    old, new = base.value["rules"], child.value["rules"]
    _place(child, ("rules",), result, ("rules",))
    replaced = {_id(rule): index for index, rule in reversed(list(enumerate(new))) if _id(rule) is not None}
    order: list[tuple[Tree, int]] = []
    taken: set[int] = set()
    for index, rule in enumerate(old):
        other = replaced.get(_id(rule))
        if other is not None:
            taken.add(other)
        order.append((base, index) if other is None else (child, other))
    order += [(child, index) for index in range(len(new)) if index not in taken]
    return [
        _graft(source, ("rules", index), source.value["rules"][index], result, ("rules", place))
        for place, (source, index) in enumerate(order)
    ]


def _id(rule: Any) -> str | None:
    name = rule.get("id") if isinstance(rule, dict) else None
    return name if isinstance(name, str) else None


def _graft(source: Tree, path: Path, value: Any, result: Tree, at: Path) -> Any:
    """Copy a value with all its places."""
    _place(source, path, result, at)
    if isinstance(value, dict):
        return {key: _graft(source, (*path, key), own, result, (*at, key)) for key, own in value.items()}
    if isinstance(value, list):
        return [_graft(source, (*path, index), own, result, (*at, index)) for index, own in enumerate(value)]
    return value


def _place(source: Tree, path: Path, result: Tree, at: Path) -> None:
    result.files[at] = source.file_of(path)
    for there, here in ((source.values, result.values), (source.keys, result.keys)):
        if path in there:
            here[at] = there[path]
    if path in source.bare:
        result.bare[at] = source.bare[path]
    shown = source.own.get(path, path)
    if shown != at:
        result.own[at] = shown

"""Lists that policies match and Azure does not have: on such a list the check fails, on every text."""

from collections.abc import Collection, Iterator, Mapping

from guardrails.blocklists.list_file import ListFile
from guardrails.checks.content_safety.check import SPEC
from guardrails.policy.near import hint
from guardrails.policy.policy import Policy
from guardrails.policy.positions import Problem, read

_PLACE = ("checks", SPEC.name, "blocklists")


def lists_of(policies: Mapping[str, Policy]) -> Mapping[str, tuple[str, ...]]:
    """The lists that policies match, each with the names of those policies, in order."""
    users: dict[str, list[str]] = {}
    for name, policy in sorted(policies.items()):
        plan = policy.checks.get(SPEC.name)
        for listed in dict.fromkeys(plan.options.blocklists) if plan is not None else ():
            users.setdefault(listed, []).append(name)
    return {listed: tuple(users[listed]) for listed in sorted(users)}


def missing_lists(
    policies: Mapping[str, Policy],
    texts: Mapping[str, str],
    there: Collection[str],
    files: Collection[ListFile] = (),
) -> tuple[str, ...]:
    """A problem for each place where a policy names a list that does not exist.

    Args:
        policies: Compiled policies by name.
        texts: The texts of their files by the name that problems tell (`policy.bundle.read_folder`).
        there: The names of Azure's lists.
        files: Lists kept as files: one that only has to be pushed is told as such.

    Returns:
        `file:line:col: checks.content_safety.blocklists[0]: sentence`, in the order of files and lines. For a policy
        whose files do not show the name, its own name stands in place of file and line.
    """
    missing = {name: users for name, users in lists_of(policies).items() if name not in there}
    if not missing:
        return ()
    kept = {file.name: file.file for file in files}
    problems: list[str] = []
    placed: set[str] = set()
    for file, text in texts.items():
        for name, place in _named(text):
            if name in missing:
                placed.add(name)
                problems.append(place._replace(sentence=_sentence(name, there, kept)).at(file))
    for name in missing.keys() - placed:
        problems += (f"policy {user}: {_sentence(name, there, kept)}" for user in missing[name])
    return tuple(problems)


def _named(text: str) -> Iterator[tuple[str, Problem]]:
    """The lists that a policy file names, each with its place."""
    tree = read(text)
    value = tree.value
    for step in _PLACE:
        value = value.get(step) if isinstance(value, dict) else None
    for index, name in enumerate(value if isinstance(value, list) else ()):
        if isinstance(name, str):
            yield name, tree.problem((*_PLACE, index), "")


def _sentence(name: str, there: Collection[str], kept: Mapping[str, str]) -> str:
    said = f"there is no list {name!r} in Azure"
    if name in kept:
        return f"{said}; {kept[name]} has it: `guardrails blocklist push` makes it"
    return f"{said}{hint(name, there)}"

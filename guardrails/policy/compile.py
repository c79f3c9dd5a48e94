"""All policy files of a folder, compiled together: what extends and shadows what, and everything that is wrong."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from guardrails.domain.check import CheckSpec
from guardrails.domain.errors import ConfigurationError
from guardrails.policy.assembly import Made, assemble
from guardrails.policy.merge import merged
from guardrails.policy.near import hint
from guardrails.policy.policy import Policy
from guardrails.policy.positions import Problem, Tree, read
from guardrails.policy.suite import Outcome, run_canned

LONGEST_CHAIN: Final = 8
"""The most policies that extend one another."""


@dataclass(frozen=True, slots=True)
class Source:
    """A policy with the file it stands in, what it was merged from, and what came of its canned tests."""

    file: str
    policy: Policy
    tree: Tree = field(repr=False)
    made: Made = field(repr=False)
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """What came of a folder: the policies that hold, and every problem and warning as `file:line:col: ...`."""

    sources: Mapping[str, Source]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def policies(self) -> dict[str, Policy]:
        """The policies by name."""
        return {name: source.policy for name, source in self.sources.items()}


def compile_all(
    texts: Mapping[str, str],
    specs: Mapping[str, CheckSpec],
    apis: Mapping[str, str] | None = None,
    *,
    run_tests: bool = True,
) -> Compiled:
    """Compile the texts of policy files.

    Args:
        texts: Text by the file's name, as problems should tell it.
        specs: The checks that exist, by name.
        apis: The api-version that answers for each check, where it is known.
        run_tests: Whether a canned test that fails is a problem; without, its outcome is there all the same.
    """
    return _Folder(texts, specs, apis or {}).compiled(run_tests=run_tests)


def compile_policy(text: str, file: str, specs: Mapping[str, CheckSpec]) -> Policy:
    """Compile the text of one policy file that extends no other. Its revision is the SHA-256 of the text.

    Args:
        text: The file's text, YAML.
        file: Its name, as problems should tell it.
        specs: The checks that exist, by name.

    Raises:
        ConfigurationError: every problem at once, in the order of the file, each as `file:line:col: path: sentence`.
    """
    compiled = compile_all({file: text}, specs)
    if compiled.problems:
        raise ConfigurationError(compiled.problems)
    return next(iter(compiled.policies.values()))


class _Folder:
    def __init__(self, texts: Mapping[str, str], specs: Mapping[str, CheckSpec], apis: Mapping[str, str]) -> None:
        self._texts = texts
        self._specs = specs
        self._apis = apis
        self._trees = {file: _read(text, file) for file, text in texts.items()}
        self._files: dict[str, str] = {}
        self._told: dict[str, list[str]] = {file: [] for file in texts}
        for file, tree in self._trees.items():
            self._name(file, tree)

    def compiled(self, *, run_tests: bool) -> Compiled:
        warnings: list[str] = []
        sources: dict[str, Source] = {}
        chains = {file: self._chain(file) for file in self._trees}
        # What is extended comes first, so that its mistakes are known when they are met again.
        for file in sorted(chains, key=lambda each: len(chains[each][0])):
            chain, problems = chains[file]
            self._tell(file, self._trees[file].problems)
            self._tell(file, problems)
            self._tell(file, self._shadow_problems(file))
            whole = self._merged(chain) if not problems else None
            if whole is None:
                continue
            made = assemble(whole, self._specs, self._apis, self._revision(chain))
            self._tell(file, made.problems)
            warnings += self._shown(file, made.warnings, "warning")
            if made.policy is None or self._told[file] or self._files.get(made.policy.ref.name) != file:
                continue
            outcomes = run_canned(made.policy, made.tests, self._specs)
            if run_tests:
                self._tell(file, [whole.problem(*one.problem) for one in outcomes if one.problem is not None])
            sources[made.policy.ref.name] = Source(file, made.policy, whole, made, outcomes)
        problems_told = tuple(dict.fromkeys(sentence for told in self._told.values() for sentence in told))
        in_order = {source.policy.ref.name: source for source in sorted(sources.values(), key=self._place)}
        return Compiled(_with_shadows(in_order), problems_told, tuple(dict.fromkeys(warnings)))

    def _place(self, source: Source) -> int:
        return list(self._texts).index(source.file)

    def _name(self, file: str, tree: Tree) -> None:
        name = tree.value.get("policy") if isinstance(tree.value, dict) else None
        if not isinstance(name, str):
            return
        if name in self._files:
            sentence = f"the policy {name!r} is already in {self._files[name]}; each needs a name of its own"
            self._tell(file, [tree.problem(("policy",), sentence)])
        else:
            self._files[name] = file

    def _tell(self, file: str, problems: list[Problem] | tuple[Problem, ...]) -> None:
        self._told[file] += self._shown(file, problems)

    def _shown(self, file: str, problems: list[Problem] | tuple[Problem, ...], kind: str = "") -> Iterator[str]:
        for problem in sorted(set(problems), key=lambda one: (one.file != file, one.mark, str(one.path), one[2])):
            told = problem.at(file, kind)
            elsewhere = problem.file not in {"", file}
            # The base's own mistakes are told once, of the base.
            if elsewhere and (kind or told in self._told.get(problem.file, ())):
                continue
            yield f"{told} (in {file}, which extends this)" if elsewhere else told

    def _chain(self, file: str) -> tuple[list[str], list[Problem]]:
        """The file and those it extends, nearest first, and what is wrong with that."""
        chain = [file]
        while True:
            tree = self._trees[chain[-1]]
            base = tree.value.get("extends") if isinstance(tree.value, dict) else None
            if base is None:
                return chain, []
            sentence = self._no_base(base, chain)
            if sentence is not None:
                # What is wrong further down is told of the file in which it stands.
                return chain, [tree.problem(("extends",), sentence)]
            chain.append(self._files[base])

    def _no_base(self, base: object, chain: list[str]) -> str | None:
        if not isinstance(base, str):
            return "must be the name of one policy: a policy extends one other at most"
        if base not in self._files:
            return f"there is no policy {base!r} in this folder{hint(base, self._files)}"
        if self._files[base] in chain:
            return "goes round in a circle: what a policy extends must not extend it"
        return f"is longer than {LONGEST_CHAIN} policies" if len(chain) >= LONGEST_CHAIN else None

    def _merged(self, chain: list[str]) -> Tree | None:
        trees = [self._trees[file] for file in chain]
        if len(trees) == 1:
            return None if trees[0].value is None and trees[0].problems else trees[0]
        if not all(isinstance(tree.value, dict) for tree in trees):
            return None
        whole = trees[-1]
        for tree in reversed(trees[:-1]):
            whole = merged(whole, tree)
        return whole

    def _shadow_problems(self, file: str) -> list[Problem]:
        tree = self._trees[file]
        section = tree.value if isinstance(tree.value, dict) else {}
        shadows, own = section.get("shadow"), section.get("policy")
        problems: list[Problem] = []
        if not isinstance(shadows, list):
            return problems
        for index, name in enumerate(shadows):
            if not isinstance(name, str):
                continue
            if name == own:
                problems.append(tree.problem(("shadow", index), "a policy cannot be its own shadow"))
            elif name in shadows[:index]:
                problems.append(tree.problem(("shadow", index), "is named twice"))
            elif name not in self._files:
                sentence = f"there is no policy {name!r} in this folder{hint(name, self._files)}"
                problems.append(tree.problem(("shadow", index), sentence))
        return problems

    def _revision(self, chain: list[str]) -> str:
        """The SHA-256 of the file's text; of a policy made of several, one over those of all of them."""
        digests = [hashlib.sha256(self._texts[file].encode()) for file in chain]
        whole = digests[0] if len(digests) == 1 else hashlib.sha256(b"".join(one.digest() for one in digests))
        return f"sha256:{whole.hexdigest()}"


def _read(text: str, file: str) -> Tree:
    tree = read(text)
    tree.file = file
    return tree


def _with_shadows(sources: Mapping[str, Source]) -> dict[str, Source]:
    """Each policy with those it names as shadows; a shadow has none itself."""
    return {
        name: replace(
            source,
            policy=replace(
                source.policy,
                shadows=tuple(sources[shadow].policy for shadow in source.made.shadow if shadow in sources),
            ),
        )
        for name, source in sources.items()
    }

"""The `checks` section: what each check reads, what its failure means, and its own options."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ValidationError

from guardrails.domain.asked import Options
from guardrails.domain.check import CheckSpec
from guardrails.domain.content import Origin, Stage
from guardrails.domain.verdict import Action
from guardrails.policy.near import hint
from guardrails.policy.policy import CheckPlan, History
from guardrails.policy.positions import Path, Problem, Tree
from guardrails.policy.sentences import problem_at

_ON_FAILURE = {"block": Action.BLOCK, "flag": Action.FLAG}
_SHARED = ("scan", "on_failure")


def plan(spec: CheckSpec, raw: Mapping[str, Any], history: History) -> CheckPlan:
    """The plan of a section in which `check_problems` found nothing."""
    options = spec.parse_options(_own(raw))
    return CheckPlan(
        name=spec.name,
        scan=_scanned(spec, raw, Stage.INPUT),
        on_failure=_ON_FAILURE[raw.get("on_failure", "block")],
        options=options,
        reads=spec.reads,
        skips_trusted=spec.trusts,
        skips_old=history is History.LAST_TURN,
        scan_output=_scanned(spec, raw, Stage.OUTPUT) if isinstance(raw.get("scan"), dict) else None,
        told=told(spec, options),
    )


def _scanned(spec: CheckSpec, raw: Mapping[str, Any], stage: Stage) -> frozenset[Origin]:
    said = raw.get("scan")
    if isinstance(said, dict):
        said = said.get(stage.value)
    return spec.scan if said is None else frozenset(map(Origin, said))


def told(spec: CheckSpec, options: Any) -> Options:
    """Those of a check's options that its evidence depends on, as plain JSON."""
    if spec.asked is not None:
        return MappingProxyType(dict(spec.asked(options)))
    return MappingProxyType(options.model_dump(mode="json") if isinstance(options, BaseModel) else {})


def check_problems(tree: Tree, specs: Mapping[str, CheckSpec]) -> Iterator[Problem]:
    """Everything wrong with `checks` that the document's shape does not tell."""
    sections = tree.value.get("checks")
    for name, raw in sections.items() if isinstance(sections, dict) else ():
        path: Path = ("checks", name)
        spec = specs.get(name)
        if spec is None:
            yield tree.problem(path, f"unknown check{hint(name, specs)}", at_key=True)
            continue
        section = {} if raw is None else raw
        if not isinstance(section, dict):
            continue
        yield from _scan(tree, path, section, spec)
        if section.get("on_failure", "block") not in tuple(_ON_FAILURE):
            said = hint(section["on_failure"], _ON_FAILURE)
            yield tree.problem((*path, "on_failure"), f"must be 'block' or 'flag': a failed check is never clean{said}")
        yield from _options(tree, path, section, spec)


def _scan(tree: Tree, path: Path, section: Mapping[str, Any], spec: CheckSpec) -> Iterator[Problem]:
    if "scan" not in section:
        return
    path = (*path, "scan")
    scan = section["scan"]
    if not isinstance(scan, dict):
        yield from _origins(tree, path, scan, spec)
        return
    for stage, origins in scan.items():
        if stage not in tuple(Stage):
            yield tree.problem((*path, stage), f"unknown stage{hint(stage, Stage)}", at_key=True)
        elif origins != []:
            yield from _origins(tree, (*path, stage), origins, spec)
    if not any(scan.get(stage.value, spec.scan) for stage in Stage) or not scan:
        yield tree.problem(path, "must name who wrote what it reads, at one stage at least")


def _origins(tree: Tree, path: Path, origins: Any, spec: CheckSpec) -> Iterator[Problem]:
    if not isinstance(origins, list) or not origins:
        yield tree.problem(path, f"must be a list of who wrote what it reads{hint(None, map(str, spec.origins))}")
        return
    for index, origin in enumerate(origins):
        if origin not in tuple(Origin):
            yield tree.problem((*path, index), f"unknown origin{hint(origin, map(str, spec.origins))}")
        elif origin not in spec.origins:
            yield tree.problem(
                (*path, index), f"{spec.name} cannot read {origin} texts{hint(None, map(str, spec.origins))}"
            )


def _options(tree: Tree, path: Path, section: Mapping[str, Any], spec: CheckSpec) -> Iterator[Problem]:
    try:
        spec.parse_options(_own(section))
    except ValidationError as error:
        known = _option_names(spec)
        for entry in error.errors(include_url=False, include_input=False):
            # Where a value may be of several shapes, pydantic names the shape; ours begin with "=".
            loc = tuple(part for part in entry["loc"] if not str(part).startswith("="))
            yield problem_at(tree, (*path, *loc), entry, (*_SHARED, *known) if len(loc) == 1 else ())


def _option_names(spec: CheckSpec) -> tuple[str, ...]:
    """The keys a check's options may have, as far as they can be known: those of the object that empty options make."""
    try:
        options = spec.parse_options({})
    except ValidationError:
        return ()
    if isinstance(options, BaseModel):
        return tuple(info.alias or name for name, info in type(options).model_fields.items())
    return tuple(getattr(options, "__dataclass_fields__", ()))


def _own(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if key not in _SHARED}

"""guardrails.yaml and the environment -> Settings, or every problem at once as sentences."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from guardrails.settings.models import AzureOpenAIDeployment, Deployment, FoundryDeployment, deployments_of
from guardrails.settings.overrides import override, resolve_ids
from guardrails.settings.schema import Service, Settings
from guardrails.settings.sentences import sentence


class SettingsError(Exception):
    """The settings do not hold. `problems` has one sentence for each thing that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def load(file: Path, env: Mapping[str, str]) -> Settings:
    """Read settings from a YAML file and the environment (contract, section 4).

    `GUARDRAILS_SERVER__PORT=9000` overrides `server.port`: upper case, `__` between levels, `-` and `.` of a name as
    `_`, a number for a place in a list; values are YAML. Ids may be given as `{env: NAME}` or `{file: PATH}`. Paths in
    the file are relative to it.

    Raises:
        SettingsError: the file cannot be read, or does not hold; all problems at once.
    """
    document = _read(file)
    problems = override(document, env) + resolve_ids(document, env)
    try:
        settings = Settings.model_validate(document)
    except ValidationError as error:
        places = tuple(problem.split(":")[0] for problem in problems)
        problems += [text for text in map(sentence, error.errors()) if not text.startswith(places or ("\0",))]
        raise SettingsError(problems) from None
    problems += _dangling(settings)
    if problems:
        raise SettingsError(problems)
    paths = {"policies": _beside(file, settings.policies)}
    if settings.blocklists is not None:
        paths["blocklists"] = _beside(file, settings.blocklists)
        if paths["blocklists"].resolve() == paths["policies"].resolve():
            raise SettingsError(["blocklists: must be another folder than policies"])
    return settings.model_copy(update=paths)


def _read(file: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([f"{file}: cannot be read: {error.strerror}; --config names the settings file"]) from None
    except UnicodeDecodeError:
        raise SettingsError([f"{file}: is not UTF-8 text"]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        what = getattr(error, "problem", None) or "cannot be parsed"
        raise SettingsError([f"{file}{where}: is not YAML: {what}"]) from None
    if not isinstance(document, dict):
        raise SettingsError([f"{file}: must be a mapping with sections such as server, services and callers"])
    return document


def _beside(file: Path, path: Path) -> Path:
    # Links stay as they are: a policy folder that is one may point elsewhere tomorrow.
    return path if path.is_absolute() else (file.parent / path).absolute()


def _dangling(settings: Settings) -> Iterator[str]:
    for place, name in _credentials_in_use(settings):
        if name not in settings.credentials:
            yield f"{place}: there is no credential {name!r}; known: {_known(settings.credentials)}"
    yield from _models(settings)
    for name, caller in settings.callers.items():
        for model_name in caller.models or ():
            if model_name not in settings.models:
                yield f"callers.{name}.models: there is no model {model_name!r}; known: {_known(settings.models)}"
    hashes: dict[str, str] = {}
    for name, caller in settings.callers.items():
        other = hashes.setdefault(caller.key_sha256, name)
        if other != name:
            yield f"callers.{name}.key_sha256: the same key as caller {other!r}; every caller needs its own"


def _models(settings: Settings) -> Iterator[str]:
    for name, model in settings.models.items():
        deployments = deployments_of(model)
        for place, one in deployments:
            if isinstance(one, AzureOpenAIDeployment) and one.account not in settings.accounts:
                known = _known(settings.accounts)
                yield f"models.{name}{place}.account: there is no account {one.account!r}; known: {known}"
        yield from _twice(f"models.{name}", [one for _, one in deployments])


def _twice(place: str, deployments: list[Deployment]) -> Iterator[str]:
    """The same deployment under another priority would be asked again about what it just failed at.

    Foundry endpoints are not compared: before an emulator all of them are one.
    """
    seen: dict[tuple[str, str], int] = {}
    for number, one in enumerate(deployments):
        if isinstance(one, FoundryDeployment):
            continue
        first = seen.setdefault((one.account, one.deployment), number)
        if first != number:
            yield f"{place}.deployments.{number}: is the same as deployments.{first}"


def _credentials_in_use(settings: Settings) -> Iterator[tuple[str, str]]:
    for name in type(settings.services).model_fields:
        service: Service | None = getattr(settings.services, name)
        if service is not None:
            yield f"services.{name}.credential", service.credential
    for name, account in settings.accounts.items():
        yield f"accounts.{name}.credential", account.credential
    for name, model in settings.models.items():
        for place, one in deployments_of(model):
            if isinstance(one, FoundryDeployment):
                yield f"models.{name}{place}.credential", one.credential


def _known(names: Mapping[str, object]) -> str:
    return ", ".join(sorted(names)) or "none"

"""What the documents print is what comes out, and what they point at is there."""

import json
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
_VARYING = re.compile(r'"(id|duration_ms|created|revision|system_fingerprint)": ("[^"]*"|[\d.]+)')


def _curls() -> list[tuple[str, str, str]]:
    """The three pasted lines as (door, body, printed answer)."""
    found = []
    for block in re.findall(r"```console\n(\$ curl .*?)```", README, re.DOTALL):
        line, _, printed = block.partition("\n")
        words = shlex.split(line.removeprefix("$ "))
        found.append((words[1].removeprefix("http://127.0.0.1:8080"), words[words.index("-d") + 1], printed.strip()))
    return found


def _steady(answer: object) -> str:
    return _VARYING.sub(r'"\1": …', json.dumps(answer))


def test_the_readme_has_its_three_lines():
    assert [door for door, _, _ in _curls()] == ["/check", "/check", "/guarded-chat"]


@pytest.mark.parametrize("number", range(3))
async def test_a_pasted_line_answers_as_printed(service, number):
    door, body, printed = _curls()[number]
    answer = await service.post(door, json.loads(body))
    assert _steady(answer.body) == _steady(json.loads(printed))


@pytest.mark.parametrize("document", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda p: p.name)
def test_every_link_to_a_file_leads_somewhere(document):
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


def test_every_make_target_the_readme_names_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:`|\$ )make ([a-z]+)\b", README):
        assert f"\n{target}:" in makefile, target

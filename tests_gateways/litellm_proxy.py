"""What a test asks the LiteLLM proxy, and what it looks at afterwards."""

import json
import re
from dataclasses import dataclass
from typing import Any

import aiohttp
import openai

from guardrails.emulator.scenarios import Effect, Scenario, Service
from guardrails.emulator.scripted import ScriptedCall, ScriptedChoice
from guardrails.emulator.serve import Emulator

MASTER_KEY = "sk-loopback"


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that runs: `client` is the unmodified OpenAI SDK."""

    url: str
    client: openai.AsyncOpenAI
    emulator: Emulator

    async def raw(self, messages: list[dict[str, Any]], **body: Any) -> tuple[int, str]:
        """Post a chat and return the status and the body, as they came."""
        return await self.post("/v1/chat/completions", {"model": "gpt-4o", "messages": messages, **body})

    async def post(self, path: str, body: dict[str, Any]) -> tuple[int, str]:
        """Post to any door of the proxy."""
        headers = {"Authorization": f"Bearer {MASTER_KEY}"}
        timeout = aiohttp.ClientTimeout(total=30)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(self.url + path, json=body, headers=headers) as answer,
        ):
            return answer.status, await answer.text()

    async def chat(self, text: str, **options: Any) -> Any:
        return await self.client.chat.completions.create(model="gpt-4o", messages=user(text), **options)

    def model_says(self, text: str) -> None:
        """Have the model answer so, whatever it is asked, a word to a chunk of a stream."""
        words = tuple(re.findall(r"\S+\s*", text))
        effect = Effect(says=(ScriptedChoice(content=words),))
        self.emulator.state.scenarios.add(Scenario(effect, service=Service.CHAT))

    def model_calls(self, name: str, arguments: str) -> None:
        """Have the model call a tool, whatever it is asked."""
        pieces = (arguments[:8], arguments[8:])
        effect = Effect(says=(ScriptedChoice(tool_calls=(ScriptedCall(name, pieces),)),))
        self.emulator.state.scenarios.add(Scenario(effect, service=Service.CHAT))

    def seen_by_model(self) -> list[Any]:
        """The bodies of the calls the model got."""
        return [call.body for call in self.emulator.state.journal.of("chat")]


def events(stream: str) -> list[Any]:
    """The decoded events of a stream, without `[DONE]`."""
    lines = [line.removeprefix("data: ") for line in stream.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def streamed_text(stream: str) -> str:
    """The content a stream gave its reader, choice 0."""
    choices = [choice for event in events(stream) for choice in event.get("choices", ()) if choice["index"] == 0]
    return "".join(choice["delta"].get("content") or "" for choice in choices)

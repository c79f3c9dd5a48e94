"""Calls of the chat API with everything applications use, as arguments of `chat.completions.create`."""

from collections.abc import Mapping
from typing import Any


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "system", "content": "Be kind."}, {"role": "user", "content": text}]


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CLOCK = {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'}}
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAADIAAAAyCAIAAACRXR/mAAAAS0lEQVR4nO3OsQEAEADAMFzudA9YOj"
    "EkF2SOPT60XgfutAqtQqvQKrQKrUKr0Cq0Cq1Cq9AqtAqtQqvQKrQKrUKr0Cq0Cq1Cq9AqDp9GAOQOqaRAAAAAAElFTkSuQmCC"
)
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}

FEATURES: Mapping[str, dict[str, Any]] = {
    "plain": {"messages": user("say: Good morning, Århus 🙂\n\twith tabs")},
    "a conversation": {
        "messages": [*user("Hello"), {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "And now?"}]
    },
    "content parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": "say: from a part"}]}]},
    "a developer": {"messages": [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hi"}]},
    "a name": {"messages": [{"role": "user", "name": "anna", "content": "Hi"}]},
    "a tool call": {"messages": user('call get_weather {"city": "Århus"}'), "tools": [WEATHER, CLOCK]},
    "parallel tool calls": {
        "messages": user('call get_weather {"city": "Oslo"} and call get_time and call get_weather {"city": "Rome"}'),
        "tools": [WEATHER, CLOCK],
    },
    "no parallel tool calls": {
        "messages": user("call get_weather and call get_time"),
        "tools": [WEATHER, CLOCK],
        "parallel_tool_calls": False,
    },
    "a forced tool": {
        "messages": user("Hello"),
        "tools": [WEATHER],
        "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
    },
    "a tool's result": {
        "messages": [
            *user("How is Oslo?"),
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "call_1", "content": '{"sky": "blue"}'},
        ],
        "tools": [WEATHER],
    },
    "legacy functions": {
        "messages": [*user("Hi"), {"role": "function", "name": "get_weather", "content": "blue"}],
        "functions": [WEATHER["function"]],
        "function_call": "auto",
    },
    "several choices": {"messages": user("say[0]: one two three\nsay[1]: four five six"), "n": 2},
    "several choices with tools": {"messages": user("call get_weather"), "tools": [WEATHER], "n": 2},
    "JSON mode": {"messages": user("Answer in JSON: Hello"), "response_format": {"type": "json_object"}},
    "a JSON schema": {
        "messages": user("Oslo"),
        "response_format": {"type": "json_schema", "json_schema": {"name": "place", "strict": True, "schema": SCHEMA}},
    },
    "logprobs": {"messages": user("say: a b c"), "logprobs": True, "top_logprobs": 2},
    "stop": {"messages": user("say: one two END three"), "stop": ["END"]},
    "a length": {"messages": user("say: one two three four five six"), "max_tokens": 3},
    "another length": {"messages": user("say: one two three four five"), "max_completion_tokens": 2},
    "knobs": {
        "messages": user("Hi"),
        "temperature": 0.2,
        "top_p": 0.9,
        "seed": 7,
        "user": "u-17",
        "metadata": {"team": "blue"},
        "presence_penalty": 0.1,
        "frequency_penalty": -0.1,
        "logit_bias": {"50256": -100},
        "store": False,
        "reasoning_effort": "low",
        "service_tier": "auto",
    },
    "fields nobody knows": {"messages": user("Hi"), "extra_body": {"x_new": {"depth": [1, 2.5, None, True, "word"]}}},
    "headers": {"messages": user("Hi"), "extra_headers": {"x-my-trace": "1234", "x-ms-useragent": "app/1"}},
    "a long answer": {"messages": user(f"say: {'The sky over the town was blue all day long. ' * 120}")},
}
"""Each of them can be streamed, too."""

IMAGE: dict[str, Any] = {
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "say: I see a square"},
                {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
            ],
        }
    ]
}


def told(answer: Any) -> dict[str, Any]:
    """An answer or a chunk as its fields came over the wire, without what differs from call to call."""
    return {name: value for name, value in answer.to_dict(warnings=False).items() if name not in {"id", "created"}}

"""A chat body and an answer that have every position there is, each with a harmless text."""

from collections.abc import Mapping
from typing import Any

MODEL = "scripted"
PIXELS = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAADIAAAAyCAIAAACRXR/mAAAAS0lEQVR4nO3OsQEAEADAMFzudA9YOj"
    "EkF2SOPT60XgfutAqtQqvQKrQKrUKr0Cq0Cq1Cq9AqtAqtQqvQKrQKrUKr0Cq0Cq1Cq9AqDp9GAOQOqaRAAAAAAElFTkSuQmCC"
)
"""An image within the limits of Content Safety: green, 50 by 50."""

BODY: Mapping[str, Any] = {
    "model": MODEL,
    "messages": [
        {"role": "system", "content": "Be kind.", "name": "house"},
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
        {
            "role": "user",
            "content": "Good morning",
            "name": "anna",
            "x_note": "a",
            "x_deep": {"list": ["b", {"c": "d"}]},
        },
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "One"},
                {"type": "text", "text": "Two", "x_note": "e", "prompt_cache_breakpoint": {"mode": "explicit"}},
            ],
        },
        {"role": "assistant", "content": "Fine", "name": "bot", "refusal": "No", "reasoning_content": "Thinking"},
        {"role": "assistant", "content": [{"type": "text", "text": "Fine"}, {"type": "refusal", "refusal": "No"}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"at": "it"}'}},
                {"id": "call_2", "type": "custom", "custom": {"name": "run", "input": "print(1)"}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "Seen"},
        {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "Done"}]},
        {"role": "assistant", "content": None, "function_call": {"name": "look", "arguments": '{"at": "it"}'}},
        {"role": "function", "name": "look", "content": "Seen"},
        {
            "role": "user",
            "content": [
                {
                    "type": "image_url",
                    "image_url": {"url": PIXELS, "detail": "low", "alt": "a dog"},
                    "caption": "a dog",
                }
            ],
        },
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}]},
        {
            "role": "user",
            "content": [{"type": "file", "file": {"filename": "a.pdf", "file_data": "AAAA", "file_id": "f1"}}],
        },
        {"role": "user", "content": [{"type": "x_widget", "body": "clock"}]},
        {"role": "assistant", "content": None, "audio": {"id": "audio_1"}},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "look",
                "description": "Looks",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "at": {
                            "type": "string",
                            "description": "What",
                            "enum": ["it"],
                            "default": "it",
                            "const": "it",
                            "title": "At",
                            "pattern": ".*",
                            "examples": ["it"],
                        }
                    },
                    "required": ["at"],
                },
            },
        },
        {
            "type": "custom",
            "custom": {
                "name": "run",
                "description": "Runs",
                "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: WORD"}},
            },
        },
    ],
    "functions": [
        {"name": "look", "description": "Looks", "parameters": {"properties": {"at": {"description": "What"}}}}
    ],
    "tool_choice": {"type": "function", "function": {"name": "look"}},
    "function_call": {"name": "look"},
    "response_format": {
        "type": "json_schema",
        "json_schema": {
            "name": "answer",
            "description": "An answer",
            "schema": {
                "type": "object",
                "properties": {"text": {"type": "string", "description": "What", "enum": ["a"]}},
            },
        },
    },
    "prediction": {"type": "content", "content": [{"type": "text", "text": "Fine"}]},
    "stop": ["END", "STOP"],
    "documents": ["A text", {"title": "A title", "text": "A text"}],
    "data_sources": [
        {
            "type": "azure_search",
            "parameters": {
                "endpoint": "https://search.example.com",
                "index_name": "house",
                "role_information": "Be kind.",
                "filter": "year gt 2020",
                "authentication": {"type": "api_key", "key": "none"},
                "x_note": "a",
            },
        }
    ],
    "web_search_options": {"user_location": {"approximate": {"city": "Oslo"}}},
    "user": "u1",
    "metadata": {"team": "blue"},
    "safety_identifier": "s1",
    "prompt_cache_key": "p1",
    "reasoning_effort": "low",
    "verbosity": "low",
    "service_tier": "auto",
    "modalities": ["text"],
    "audio": {"voice": "alloy", "format": "mp3"},
    "stream_options": {"x_note": "a"},
    "logit_bias": {"50256": -100},
    "prompt_cache_retention": "24h",
    "prompt_cache_options": {"mode": "implicit", "ttl": "30m"},
    "moderation": {"model": "omni-moderation-latest", "policy": {"input": {"mode": "score"}}},
    "x_note": "a",
    "x_list": ["a", {"b": "c"}],
    "x_deep": {"a": {"b": "c"}},
}

ANSWER: Mapping[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-2024-11-20",
    "system_fingerprint": "fp_1",
    "service_tier": "default",
    "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {"hate": {"severity": "safe"}}}],
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "logprobs": {
                "content": [
                    {
                        "token": "Fine",
                        "logprob": -0.1,
                        "bytes": [70],
                        "top_logprobs": [{"token": "Good", "logprob": -3}],
                    }
                ],
                "refusal": None,
            },
            "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}},
            "message": {
                "role": "assistant",
                "content": "Fine",
                "refusal": "No",
                "reasoning_content": "Thinking",
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"at": "it"}'}},
                    {"id": "call_2", "type": "custom", "custom": {"name": "run", "input": "print(1)"}},
                ],
                "function_call": {"name": "look", "arguments": '{"at": "it"}'},
                "annotations": [{"type": "url_citation", "url_citation": {"url": "https://example.com", "title": "A"}}],
                "context": {
                    "intent": '["house"]',
                    "citations": [{"content": "A text", "title": "A", "url": "https://example.com", "filepath": "a"}],
                },
                "audio": {"id": "audio_1", "data": "AAAA", "transcript": "Fine"},
                "x_note": "a",
                "x_deep": {"list": ["b", {"c": "d"}]},
            },
            "x_note": "a",
            "x_deep": {"list": ["b"]},
        },
        {
            "index": 1,
            "finish_reason": "stop",
            "logprobs": None,
            "message": {
                "role": "assistant",
                "content": [{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}],
                "refusal": None,
            },
        },
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    "metadata": {"team": "blue"},
    "moderation": {"input": {"type": "error", "code": "none", "message": "none"}},
    "citations": ["https://example.com"],
    "x_note": "a",
    "x_deep": {"a": {"b": "c"}},
}

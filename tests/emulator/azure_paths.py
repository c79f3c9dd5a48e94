"""Every checked path of the emulator with a body it answers, for the tests of the gate."""

LANGUAGE = "/language/:analyze-text?api-version=2025-11-01"
CONTENT_SAFETY = "/contentsafety/text:analyze?api-version=2024-09-01"
PROMPT_SHIELD = "/contentsafety/text:shieldPrompt?api-version=2024-09-01"
DATED = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
V1 = "/openai/v1/chat/completions"
FOUNDRY = "/models/chat/completions?api-version=2024-05-01-preview"
MESSAGES = {"messages": [{"role": "user", "content": "Hello"}]}
BODIES = {
    LANGUAGE: {"kind": "PiiEntityRecognition", "analysisInput": {"documents": [{"id": "1", "text": "Hello"}]}},
    CONTENT_SAFETY: {"text": "Hello"},
    PROMPT_SHIELD: {"userPrompt": "Hello", "documents": []},
    DATED: MESSAGES,
    V1: {**MESSAGES, "model": "gpt-4o"},
    FOUNDRY: {**MESSAGES, "model": "Phi-4"},
}

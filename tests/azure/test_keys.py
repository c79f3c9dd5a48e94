"""API keys as the alternative to tokens."""

from collections.abc import Callable

import pytest

from guardrails.azure.target import Target
from guardrails.azure.tokens import TokenProvider
from guardrails.domain.errors import TokenError

Posts = Callable[[], int]
MakeProvider = Callable[..., TokenProvider]


async def test_a_key_goes_in_the_header_of_its_service(provider: TokenProvider, env: dict[str, str], posts: Posts):
    target = Target("gpt-4o", "https://unused.localhost", "legacy", "scope", key_header="api-key")
    assert await provider.headers(target) == {"api-key": env["KEY"]}
    assert provider.uses_key(target)
    assert posts() == 0
    with pytest.raises(TokenError, match="API key"):
        await provider.token(target)


async def test_a_refused_key_is_read_again_and_tried_again_only_when_it_changed(make_provider: MakeProvider, tmp_path):
    file = tmp_path / "key"
    file.write_text("old-key\n")
    provider = make_provider({"filed": {"type": "api_key", "key": {"file": str(file)}}})
    target = Target("language", "https://unused.localhost", "filed", "scope")
    sent = await provider.headers(target)
    assert not await provider.drop(target, sent)
    file.write_text("new-key\n")
    assert await provider.drop(target, sent)
    assert await provider.headers(target) == {"Ocp-Apim-Subscription-Key": "new-key"}


@pytest.mark.parametrize("bad", ["two words", "line\nbreak", "schlüssel"])
async def test_what_cannot_be_a_key_is_an_error_that_does_not_repeat_it(
    provider: TokenProvider, env: dict[str, str], bad: str
):
    env["KEY"] = bad
    with pytest.raises(TokenError) as failed:
        await provider.headers(Target("language", "https://unused.localhost", "legacy", "scope"))
    assert "environment variable KEY" in failed.value.detail
    assert bad not in failed.value.detail

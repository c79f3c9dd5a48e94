"""Content Safety's text and image analysis and protected material over HTTP."""

import base64
import io
import json
import re
from typing import Any

import aiohttp
import pytest
from PIL import Image, PngImagePlugin

CATEGORIES = ["Hate", "SelfHarm", "Sexual", "Violence"]
QUOTE = (
    "to everyone, the best things in life are free. the stars belong to everyone, they gleam there for you and me. the"
    " flowers in spring, the robins that sing, the sunbeams that shine"
)
MESSAGE = re.compile(r"[^|]+ \| Request Id: [0-9a-f-]{36}, Timestamp: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.")


@pytest.fixture
def post(emulator_session: aiohttp.ClientSession, bearer: dict[str, str]) -> Any:
    async def call(operation: str, body: Any) -> tuple[int, dict[str, Any]]:
        path = f"/contentsafety/{operation}?api-version=2024-09-01"
        headers = bearer | {"Content-Type": "application/json"}
        data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        async with emulator_session.post(path, data=data, headers=headers) as response:
            return response.status, await response.json()

    return call


def picture(size: tuple[int, int] = (64, 64), kind: str = "PNG", **options: Any) -> str:
    stream = io.BytesIO()
    Image.new("RGB", size).save(stream, kind, **options)
    return base64.b64encode(stream.getvalue()).decode()


def marked(text: str) -> str:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Comment", text)
    return picture(pnginfo=chunks)


async def test_the_official_text_example(post: Any) -> None:
    status, body = await post("text:analyze", {"text": "This is text example"})
    assert status == 200
    assert body == {
        "blocklistsMatch": [],
        "categoriesAnalysis": [{"category": category, "severity": 0} for category in CATEGORIES],
    }


async def test_levels_are_four_unless_eight_are_asked_for(post: Any) -> None:
    text = "I hate all immigrants"
    _, body = await post("text:analyze", {"text": text, "categories": ["Hate"]})
    assert body["categoriesAnalysis"] == [{"category": "Hate", "severity": 4}]
    _, body = await post("text:analyze", {"text": text, "categories": ["Hate"], "outputType": "EightSeverityLevels"})
    assert body["categoriesAnalysis"] == [{"category": "Hate", "severity": 5}]


async def test_ten_thousand_code_points_are_the_limit(post: Any) -> None:
    status, _ = await post("text:analyze", {"text": "😀" * 10_000})
    assert status == 200
    status, body = await post("text:analyze", {"text": "😀" * 10_001})
    assert (status, body["error"]["code"], body["error"]["details"]) == (400, "InvalidRequestBody", [])
    assert "10000" in body["error"]["message"]
    assert MESSAGE.fullmatch(body["error"]["message"])


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b"{", "JSON"),
        (b'{"text": "\\ud800"}', "JSON"),
        ([], "object"),
        ({}, "text"),
        ({"text": None}, "text"),
        ({"text": 1}, "text"),
        ({"text": ""}, "text"),
        ({"text": "x", "categories": "Hate"}, "categories"),
        ({"text": "x", "categories": ["Anger"]}, "categories"),
        ({"text": "x", "outputType": "TenSeverityLevels"}, "outputType"),
        ({"text": "x", "outputType": 8}, "outputType"),
        ({"text": "x", "blocklistNames": "list"}, "blocklistNames"),
        ({"text": "x", "haltOnBlocklistHit": "yes"}, "haltOnBlocklistHit"),
    ],
)
async def test_a_wrong_body_is_a_400_that_names_the_field(post: Any, body: Any, names: str) -> None:
    status, answer = await post("text:analyze", body)
    assert (status, answer["error"]["code"]) == (400, "InvalidRequestBody")
    assert names in answer["error"]["message"]


async def test_the_official_protected_material_example(post: Any) -> None:
    status, body = await post("text:detectProtectedMaterial", {"text": QUOTE})
    assert (status, body) == (200, {"protectedMaterialAnalysis": {"detected": True}})
    _, body = await post("text:detectProtectedMaterial", {"text": QUOTE[:109]})
    assert body == {"protectedMaterialAnalysis": {"detected": False}}
    assert (await post("text:detectProtectedMaterial", {"text": "x" * 10_001}))[0] == 400


async def test_an_image_says_itself_what_it_shows(post: Any) -> None:
    status, body = await post("image:analyze", {"image": {"content": picture()}})
    assert status == 200
    assert body == {"categoriesAnalysis": [{"category": category, "severity": 0} for category in CATEGORIES]}
    content = marked("emulator-harm: Violence=5, Hate=2, Joy=7")
    _, body = await post("image:analyze", {"image": {"content": content}, "categories": ["Violence", "Hate"]})
    assert body["categoriesAnalysis"] == [{"category": "Hate", "severity": 2}, {"category": "Violence", "severity": 4}]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
async def test_every_documented_format_is_read(post: Any, kind: str) -> None:
    status, _ = await post("image:analyze", {"image": {"content": picture(kind=kind)}})
    assert status == 200


@pytest.mark.parametrize("kind", ["JPEG", "GIF"])
async def test_a_comment_marks_other_formats(post: Any, kind: str) -> None:
    content = picture(kind=kind, comment=b"emulator-harm: Sexual=6")
    _, body = await post("image:analyze", {"image": {"content": content}, "categories": ["Sexual"]})
    assert body["categoriesAnalysis"] == [{"category": "Sexual", "severity": 6}]


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (None, "image"),
        ("x", "image"),
        ({}, "exactly one"),
        ({"content": picture(), "blobUrl": "https://x.blob.core.windows.net/a"}, "exactly one"),
        ({"blobUrl": "https://x.blob.core.windows.net/a/b.png"}, "never fetches"),
        ({"content": 5}, "base64"),
        ({"content": "%%%"}, "base64"),
        ({"content": "ü"}, "base64"),
        ({"content": "Y29udGVudDE="}, "format"),
        ({"content": base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 40).decode()}, "format"),
        ({"content": picture(kind="PPM")}, "format"),
        ({"content": picture((49, 100))}, "The image size is too small."),
        ({"content": picture((7201, 50))}, "7200"),
        ({"content": base64.b64encode(b"x" * (4 * 1024 * 1024 + 1)).decode()}, "4 MB"),
    ],
)
async def test_an_image_outside_the_limits_is_refused(post: Any, image: Any, says: str) -> None:
    status, body = await post("image:analyze", {"image": image})
    assert (status, body["error"]["code"]) == (400, "InvalidRequestBody")
    assert says in body["error"]["message"]


async def test_images_have_four_levels_only(post: Any) -> None:
    body = {"image": {"content": picture()}, "outputType": "EightSeverityLevels"}
    status, answer = await post("image:analyze", body)
    assert status == 400
    assert "outputType" in answer["error"]["message"]


async def test_a_picture_of_hundreds_of_megapixels_is_refused_undecoded(post: Any) -> None:
    header = bytearray(base64.b64decode(picture()))
    header[16:24] = (60_000).to_bytes(4) + (60_000).to_bytes(4)
    content = base64.b64encode(bytes(header)).decode()
    status, _ = await post("image:analyze", {"image": {"content": content}})
    assert status == 400

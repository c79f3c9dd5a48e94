"""Images for tests, as small as the service takes them."""

import base64
import io

from PIL import Image
from PIL.PngImagePlugin import PngInfo

VIOLENT = "emulator-harm: Violence=6"


def picture(comment: str = "", *, kind: str = "PNG", size: tuple[int, int] = (64, 64), colour: int = 0) -> bytes:
    """An image file. The emulator finds in it what `comment` says."""
    stream = io.BytesIO()
    info = PngInfo()
    if comment:
        info.add_text("comment", comment)
    options = {"pnginfo": info} if kind == "PNG" else {}
    Image.new("L", size, colour).save(stream, kind, **options)
    return stream.getvalue()


def data_url(data: bytes, declared: str = "image/png") -> str:
    return f"data:{declared};base64,{base64.b64encode(data).decode()}"


def image_part(url: str, **more: object) -> dict[str, object]:
    return {"type": "image_url", "image_url": {"url": url, **more}}

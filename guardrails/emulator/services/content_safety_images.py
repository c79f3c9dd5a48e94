"""Images of `image:analyze`: the documented limits, and severities that the image itself declares.

The emulator does not look at pictures. A picture says in its metadata what it shows, so that tests can make one:
`emulator-harm: Violence=4, Sexual=2` in a PNG text chunk, a JPEG or GIF comment, or the EXIF field ImageDescription.
An image without it is harmless.
"""

import base64
import binascii
import io
import re
import warnings
from typing import Final

from PIL import Image, UnidentifiedImageError

from guardrails.emulator.detect.harm import CATEGORIES, HIGHEST
from guardrails.emulator.services.content_safety_requests import Refused

_LARGEST: Final = 4 * 1024 * 1024
_SMALLEST_SIDE, _LONGEST_SIDE = 50, 7200
_FORMATS: Final = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")
_IMAGE_DESCRIPTION: Final = 0x010E
_MARKER: Final = re.compile(r"emulator-harm:((?:\s*\w{1,20}=[0-9],?){1,8})")
_PAIR: Final = re.compile(r"(\w+)=([0-9])")

# Loads the format plugins now: the first `open` would read them from disk on a running event loop.
Image.init()


def read_image(image: object) -> Image.Image:
    """Return the picture of a request's `image` object, opened but not decoded.

    Raises:
        Refused: unless exactly one of content and blobUrl is given; for any blobUrl; for what is no base64, too large,
            no picture of a known format or outside the allowed dimensions.
    """
    if not isinstance(image, dict):
        raise Refused("Deserialize failed: image is required and must be an object")
    content, blob = image.get("content"), image.get("blobUrl")
    if (content is None) == (blob is None):
        raise Refused("Deserialize failed: exactly one of image.content and image.blobUrl must be given")
    if content is None:
        raise Refused("The image at image.blobUrl cannot be accessed: this emulator never fetches, send image.content")
    if not isinstance(content, str):
        raise Refused("Deserialize failed: image.content must be a base64 string")
    return _opened(_decoded(content))


def _decoded(content: str) -> bytes:
    try:
        data = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("Deserialize failed: image.content is not valid base64") from None
    if len(data) > _LARGEST:
        raise Refused("The image size is too large: the limit is 4 MB")
    return data


def _opened(data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Refused(f"The image dimensions are too large: the limit is {_LONGEST_SIDE} pixels a side") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise Refused(f"The image format is not supported: send one of {', '.join(_FORMATS)}") from None
    if min(picture.size) < _SMALLEST_SIDE:
        raise Refused("The image size is too small.")
    if max(picture.size) > _LONGEST_SIDE:
        raise Refused(f"The image dimensions are too large: the limit is {_LONGEST_SIDE} pixels a side")
    return picture


def marked_severities(picture: Image.Image) -> dict[str, int]:
    """The severity 0..7 of each category by the picture's own marker."""
    found = dict.fromkeys(CATEGORIES, 0)
    for text in _metadata(picture):
        marker = _MARKER.search(text)
        for category, severity in _PAIR.findall(marker.group(1)) if marker else ():
            if category in found:
                found[category] = min(HIGHEST, int(severity))
    return found


def _metadata(picture: Image.Image) -> list[str]:
    values = [*picture.info.values(), picture.getexif().get(_IMAGE_DESCRIPTION)]
    texts = [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values]
    return [text[:1000] for text in texts if isinstance(text, str)]

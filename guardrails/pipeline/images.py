"""The images of an extract, held against their limits without holding up the event loop."""

from guardrails.chat.extract import Extract
from guardrails.chat.images import require_images
from guardrails.domain.content import Kind
from guardrails.pipeline.aside import aside


async def with_sound_images(extract: Extract) -> Extract:
    """The extract, once its images are known to be such as a check can read.

    Raises:
        InvalidRequest: one is not; the error names its field and the limit.
        TooLarge: one has too many bytes.
    """
    images = [segment for segment in extract.segments if segment.kind is Kind.IMAGE]
    if images:
        await aside(sum(len(image.text) for image in images), require_images, images)
    return extract

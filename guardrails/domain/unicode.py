"""Whether a text is one."""


def is_unicode(text: str) -> bool:
    """Whether UTF-8 can carry a text: it holds no lone surrogate, which is half a character."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

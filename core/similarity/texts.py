"""What of a sentence is embedded, and the name it is kept under."""

from __future__ import annotations

import hashlib
from functools import lru_cache

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def plain(text: str) -> str:
    """The text that is embedded: without the white space around it, and fit for any tokenizer.

    White space tells sentences apart in a trace, not in meaning. NUL and lone surrogates, which tokenizers refuse,
    become U+FFFD; a pair of surrogates becomes the character that it stands for.
    """
    stripped = text.strip().replace("\0", _REPLACEMENT)
    if stripped.isascii():
        return stripped
    try:
        stripped.encode()
    except UnicodeEncodeError:
        return stripped.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return stripped


@lru_cache(maxsize=1 << 16)
def text_hash(plain_text: str) -> str:
    """SHA-256 of a `plain` text, as 64 hexadecimal digits."""
    return hashlib.sha256(plain_text.encode()).hexdigest()

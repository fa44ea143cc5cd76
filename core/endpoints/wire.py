"""Why a connection failed, in the plainest words that any layer of it has: TLS, a proxy, the operating system."""

from __future__ import annotations

import os
import ssl
from typing import Final

from core.endpoints.certificates import unread

_LAYERS: Final = 8


def reason_of(error: BaseException) -> str:
    """The words of the first layer that has some; whatever the client made of it where none has."""
    import aiohttp

    cause: BaseException | None = error
    for _ in range(_LAYERS):
        if cause is None:
            break
        if isinstance(cause, ssl.SSLError) and (said := _said_by_tls(cause)):
            return said
        if isinstance(cause, aiohttp.ClientHttpProxyError):
            return f"the proxy says {cause.status}: {cause.message}"
        is_plain = not isinstance(cause, TimeoutError | ssl.SSLError)
        if isinstance(cause, OSError) and cause.errno is not None and is_plain:
            return os.strerror(cause.errno).lower() if cause.errno > 0 else str(cause.strerror or cause)
        cause = cause.__cause__ or getattr(cause, "os_error", None)
    return str(error.__cause__ or error) or type(error).__name__


def _said_by_tls(error: ssl.SSLError) -> str:
    """What TLS says; empty of an error that only wraps one, as aiohttp's do, and has none of its attributes."""
    if untrusted := getattr(error, "verify_message", ""):
        ignored = unread()
        hint = "SSL_CERT_FILE names those to trust" + (f", {ignored} is not read" if ignored else "")
        return f"the certificate is not trusted ({untrusted}); {hint}"
    reason = getattr(error, "reason", None)
    return f"no encrypted connection ({reason.replace('_', ' ').lower()})" if reason else ""

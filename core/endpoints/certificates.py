"""The certificates with which servers prove who they are, as the environment names them."""

from __future__ import annotations

import os
import ssl
from typing import Final
from urllib.parse import urlsplit

from core.errors import EndpointError

_UNREAD: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def ssl_context(url: str) -> ssl.SSLContext:
    """What is trusted where ``url`` is asked: SSL_CERT_FILE, else SSL_CERT_DIR, else what came with the system.

    Raises:
        EndpointError: if the variable names nothing that can be read, and ``url`` is one that needs it.
    """
    import httpx2

    reason = why_unusable()
    if reason is None:
        return httpx2.create_ssl_context()
    if urlsplit(url).scheme == "https":
        raise EndpointError(f"{named_by()} names no certificates ({reason}); mend the variable, or unset it.")
    return httpx2.create_ssl_context(trust_env=False)


def named_by() -> str | None:
    """The variable that says what is trusted; None where none is set."""
    return next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)), None)


def why_unusable() -> str | None:
    """What is wrong with the certificates that the environment names; None where nothing is."""
    variable = named_by()
    if variable is None:
        return None
    path = os.environ[variable]
    try:
        if variable == "SSL_CERT_DIR":
            # OpenSSL takes several, and looks into none that is not there.
            if not any(os.path.isdir(folder) for folder in path.split(os.pathsep)):
                return f"there is no folder {path}"
        else:
            ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        return f"there is no certificate in {path}"
    except OSError as error:
        return f"{path}: {(error.strerror or 'it cannot be read').lower()}"
    return None


def unread() -> str | None:
    """A variable that other programs take certificates from, and this one does not, where it is the only one set."""
    return None if named_by() else next((name for name in _UNREAD if os.environ.get(name)), None)

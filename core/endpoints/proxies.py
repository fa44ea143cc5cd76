"""The proxies that the environment names: which one stands before a server, and whether it can be used at all."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.errors import EndpointError

if TYPE_CHECKING:
    import httpx2

_SCHEMES: Final = ("http", "https", "all")
_LAST_PORT: Final = 65535


@dataclass(frozen=True)
class Proxy:
    """A proxy: the variable that names it, its address without user and password, and how to go past it."""

    variable: str
    address: str
    host: str

    def __str__(self) -> str:
        return f"the proxy {self.address} that {self.variable} names; NO_PROXY={self.host} goes past it"


def proxy_before(url: str) -> Proxy | None:
    """The proxy that requests to ``url`` go through, as the client decides it: by NO_PROXY's names, not addresses."""
    import httpx2
    from httpx2._utils import URLPattern

    to = httpx2.URL(url)
    found = sorted((URLPattern(pattern), pattern, address) for pattern, address in _named().items())
    for parsed, pattern, address in found:
        if parsed.matches(to):
            return None if address is None else _proxy(pattern, address, to)
    return None


def variables() -> dict[str, str]:
    """The variables that name proxies, or what goes past them, as they are but for user and password."""
    names = [spelled for scheme in (*_SCHEMES, "no") for spelled in (f"{scheme}_proxy", f"{scheme}_proxy".upper())]
    return {name: without_login(value) for name in names if (value := os.environ.get(name))}


def check_proxies(url: str) -> None:
    """Refuse proxies with which no client can be opened, or none that reaches ``url``.

    Raises:
        EndpointError: naming the variable; a proxy's address may hold a password and is not shown.
    """
    import httpx2

    for pattern, address in _named().items():
        if address is None:
            continue
        try:
            port = httpx2.Proxy(address).url.port or 0
        except (ValueError, httpx2.InvalidURL):
            port = -1
        if not 0 <= port <= _LAST_PORT:
            variable = _variable(pattern)
            raise EndpointError(
                f"the variable {variable} holds no address of a proxy; write http://HOST:PORT, or unset it."
            )
    proxy = proxy_before(url)
    if proxy is not None and proxy.address.startswith("socks"):
        raise EndpointError(
            f"the variable {proxy.variable} names a SOCKS proxy, which cannot be used here; name an HTTP proxy, or set"
            f" NO_PROXY={proxy.host} if {url} is reached without."
        )


def _named() -> dict[str, str | None]:
    from httpx2._utils import get_environment_proxies

    return get_environment_proxies()


def _proxy(pattern: str, address: str, to: httpx2.URL) -> Proxy:
    return Proxy(_variable(pattern), without_login(address), to.host)


def without_login(address: str) -> str:
    """An address without user and password, whatever stands in these."""
    begin = address.find("://") + 3 if "://" in address else 0
    return address[:begin] + address[begin:].rpartition("@")[2]


def _variable(pattern: str) -> str:
    """The variable that is read for a scheme; of both spellings, the lower case one wins."""
    name = f"{pattern.partition(':')[0]}_proxy"
    if name.partition("_")[0] not in _SCHEMES:
        return "NO_PROXY"
    spelled = next((one for one in (name, name.upper()) if os.environ.get(one)), None)
    return spelled or f"the system ({name.upper()} would go before)"

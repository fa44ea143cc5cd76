"""What an endpoint is: a named server and model, how text is continued there, and what it may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.endpoints.settings import SamplingSettings
from core.endpoints.template import read_template
from core.errors import ConfigError

SIMULATOR_URL = "simulator:"
SIMULATOR_NAME = "simulator"
SIMULATOR_MODEL = "synthetic-reasoner"
DEFAULT_KEY_ENV = "OPENAI_API_KEY"

MODE_NAMES = ("chat-prefill", "chat-continue", "chat-prefix", "completions")

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Endpoint:
    """A server, a model on it, and how turnpoint samples there.

    ``base_url`` is an http(s) URL, or `SIMULATOR_URL` for the synthetic reasoner in this process; ``replicas`` are
    the addresses of all servers that run the model, ``base_url`` first (left out: that one alone). ``mode`` is one of
    `MODE_NAMES`; ``template`` is a tokenizer folder whose chat template, rendered with ``template_args``, makes the
    prompt in mode ``completions``. Timeouts are in seconds: ``timeout`` for a whole request, ``connect_timeout`` and
    ``read_timeout`` (None: as ``timeout``) within it. Prices are US dollars per million tokens, rates of requests and
    tokens are per minute (None: unknown). ``preset`` names what filled in the rest. The key itself is never here,
    only the name of the environment variable that holds it.
    """

    name: str
    base_url: str
    model: str
    mode: str = "chat-prefill"
    api_key_env: str = DEFAULT_KEY_ENV
    temperature: float = 0.6
    top_p: float | None = 1.0
    max_tokens: int = 4096
    seed: int | None = 0
    n_per_request: int = 8
    concurrency: int = 16
    timeout: float = 600.0
    price_prompt: float | None = None
    price_completion: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)
    price_cached: float | None = None
    connect_timeout: float = 10.0
    read_timeout: float | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    template: Path | None = None
    template_args: Mapping[str, Any] = field(default_factory=dict, hash=False)
    preset: str | None = None
    replicas: tuple[str, ...] = ()
    served_at: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        # A copy with another base_url is another server, and not a replica of the ones before.
        if self.base_url not in self.replicas[:1]:
            object.__setattr__(self, "replicas", (self.base_url,))

    @cached_property
    def settings(self) -> SamplingSettings:
        """The part of the endpoint that a rollout's distribution depends on.

        Raises:
            ConfigError: if there is a template that cannot be read.
        """
        return SamplingSettings(
            endpoint=self.name,
            base_url=self.base_url,
            model=self.model,
            mode=self.mode,
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.max_tokens,
            seed=self.seed,
            extra=self.extra,
            template=None if self.template is None else read_template(self.template, self.template_args),
        )

    @property
    def is_synthetic(self) -> bool:
        """Whether the answers come from the simulator, in this process or served over HTTP."""
        return self.base_url == SIMULATOR_URL or self.model == SIMULATOR_MODEL

    @property
    def label(self) -> str:
        """The name as it is shown: one that is synthetic says so."""
        return f"{self.name} (synthetic)" if self.is_synthetic else self.name

    @property
    def is_local(self) -> bool:
        """Whether all servers run on this machine, where an API key is not expected."""
        served = self.served_at is not None
        return served or all(
            url == SIMULATOR_URL or (urlsplit(url).hostname or "") in _LOOPBACK for url in self.replicas
        )

    @property
    def has_prices(self) -> bool:
        """Whether a spend can be computed."""
        return self.price_prompt is not None and self.price_completion is not None

    def cost(self, prompt_tokens: int, completion_tokens: int, cached_tokens: int | None = None) -> float | None:
        """US dollars for that many tokens, or None where no price is known.

        ``cached_tokens`` of the prompt's come at the price of cached ones, if there is such a price.
        """
        if self.price_prompt is None or self.price_completion is None:
            return None
        cached = 0 if cached_tokens is None or self.price_cached is None else cached_tokens
        read = (prompt_tokens - cached) * self.price_prompt + cached * (self.price_cached or 0.0)
        return (read + completion_tokens * self.price_completion) / 1e6


def simulator_endpoint() -> Endpoint:
    """The endpoint of a fresh machine: the synthetic reasoner, in this process, for nothing."""
    return Endpoint(
        name=SIMULATOR_NAME,
        base_url=SIMULATOR_URL,
        model=SIMULATOR_MODEL,
        max_tokens=2048,
        # It computes in this process, where more requests at once only hold up whoever shares the event loop.
        concurrency=2,
        price_prompt=0.0,
        price_completion=0.0,
    )


def checked_base_url(base_url: str, where: str) -> str:
    """Return the URL without a trailing slash; ``where`` says what to mend (a file and key, or a flag).

    Raises:
        ConfigError: if it is no http(s) URL, or carries a password or a query, which would end up in the database.
    """
    if base_url == SIMULATOR_URL:
        return base_url
    try:
        parts = urlsplit(base_url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or not base_url.isprintable() or " " in base_url:
        raise ConfigError(f"{where} is no URL of a server; give one such as http://127.0.0.1:8000/v1.")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(
            f"{where} carries a user name or password; take it out and put the key into an environment variable."
        )
    if parts.query or parts.fragment:
        raise ConfigError(f"{where} carries a query; give the plain address, and keys in an environment variable.")
    return base_url.rstrip("/")

"""What a call says of the database, the annotator, and where to sample, wherever on the line it says so."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.annotation.codebook import Codebook, load_codebook
from core.annotation.gold import is_gold
from core.errors import ConfigError
from core.store.database import DEFAULT_PATH, Store

if TYPE_CHECKING:
    from core.endpoints.config import Config
    from core.endpoints.endpoint import Endpoint


def default_database() -> Path:
    """The database where the call names none: that of TURNPOINT_DB, or the usual one."""
    return Path(os.environ.get("TURNPOINT_DB") or DEFAULT_PATH)


@dataclass(frozen=True)
class Options:
    """What a call says before the command or after it; what it does not say has its default."""

    db: Path = field(default_factory=default_database)
    annotator: str | None = None
    endpoint: str | None = None
    base_url: str | None = None
    model: str | None = None
    mouse: bool = False
    codebook_path: Path | None = None
    blind: bool = False

    @property
    def names_endpoint(self) -> bool:
        """Whether a flag says where to sample."""
        return any((self.endpoint, self.base_url, self.model))

    def open_store(self, *, create: bool = False) -> Store:
        """Open the database that was named."""
        return Store.open(self.db, create=create)

    def config(self) -> Config:
        """Read the settings files."""
        from core.endpoints.config import load_config

        return load_config()

    def resolve(self, config: Config) -> Endpoint:
        """The endpoint that flags, settings and environment mean."""
        from core.endpoints.choice import resolve_endpoint

        return resolve_endpoint(config, self.endpoint, self.base_url, self.model)

    def codebook(self, config: Config) -> Codebook:
        """The categories to label with: those of the flag, of the settings file, or the default ones."""
        path = self.codebook_path or config.annotation.codebook
        return load_codebook() if path is None else load_codebook(path)

    def annotator_name(self, config: Config) -> str:
        """Who labels: the flag, the settings file, or the login name.

        Raises:
            ConfigError: if that is a name under which adjudicated labels stand.
        """
        name = (self.annotator or config.annotator or login_name()).strip()
        if not name or is_gold(name):
            raise ConfigError(f"nobody can label as {name!r}; name an annotator with --annotator.")
        return name


def login_name() -> str:
    """The login name, or ``annotator`` where the system knows none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "annotator"

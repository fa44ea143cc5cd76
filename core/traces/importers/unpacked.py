"""Files that cannot be read as they are: compressed ones, and pipes, which can be read but once."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, Final, cast

from core.errors import ImportRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES: Final = 4 << 30
"""What a file may unpack to, or a pipe hold; a file that is larger is imported as it is, without a copy."""

SUFFIXES: Final = (".gz", ".zst", ".bz2", ".xz")
"""Names of compressed files end in one of these, after the suffix of what is in them."""

_CHUNK: Final = 1 << 20


def _zstd(file: IO[bytes]) -> IO[bytes]:
    import zstandard

    return cast("IO[bytes]", zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True))


_UNPACKERS: Final[Mapping[bytes, Callable[[Any], Any]]] = {
    b"\x1f\x8b": gzip.open,
    b"\x28\xb5\x2f\xfd": _zstd,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
"""By the first bytes of a file."""


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A file of the same contents that can be read again and again: ``path`` itself, where it is one.

    Otherwise it is a copy that lasts as long as the context, in folders that are called like those of ``path``.

    Raises:
        ImportRefusedError: if it is broken, or holds more than ``MOST_BYTES``.
        OSError: if it cannot be read.
    """
    is_pipe = _is_pipe(path)
    if path.is_dir() or not (is_pipe or _unpacker(path)):
        yield path
        return
    with TemporaryDirectory(prefix="turnpoint-") as folder:
        copy = Path(folder, *path.absolute().parent.parts[-3:], path.name).resolve()
        copy.parent.mkdir(parents=True, exist_ok=True)
        if is_pipe:
            with path.open("rb") as file:
                _copy(path, file, copy)
        while unpack := _unpacker(copy if copy.exists() else path):
            source = copy.rename(copy.with_name(f"{copy.name}.packed")) if copy.exists() else path
            if copy.suffix.lower() in SUFFIXES:
                copy = copy.with_suffix("")
            with source.open("rb") as packed:
                _copy(path, unpack(packed), copy)
        yield copy


def _is_pipe(path: Path) -> bool:
    """Whether a path is a pipe, or standard input, whose place in the file is where others left it."""
    return path.exists() and not path.is_dir() and (not path.is_file() or path.parts[:2] == ("/", "dev"))


def _unpacker(path: Path) -> Callable[[Any], Any] | None:
    try:
        with path.open("rb") as file:
            first = file.read(8)
    except OSError:
        # Refused, with its reason, by the format that reads it.
        return None
    return next((unpack for magic, unpack in _UNPACKERS.items() if first.startswith(magic)), None)


def _copy(path: Path, file: IO[bytes], copy: Path) -> None:
    n_bytes = 0
    try:
        with copy.open("wb") as written:
            while chunk := file.read(_CHUNK):
                n_bytes += len(chunk)
                if n_bytes > MOST_BYTES:
                    raise ImportRefusedError(
                        path, f"it holds more than {MOST_BYTES >> 20:,} MiB; unpack it to a file, and import that."
                    )
                written.write(chunk)
    except (EOFError, lzma.LZMAError, ValueError) as error:
        raise _broken(path, error) from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise _broken(path, error) from error
    except Exception as error:
        # zstandard's own error and zlib's have no common parent.
        if type(error).__name__ not in {"ZstdError", "error"}:
            raise
        raise _broken(path, error) from error


def _broken(path: Path, error: Exception) -> ImportRefusedError:
    return ImportRefusedError(path, f"the compressed file is broken ({str(error)[:100]!a}); copy it again.")

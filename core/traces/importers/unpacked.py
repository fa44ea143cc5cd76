"""Files that cannot be read as they are: compressed ones, and pipes, which can be read but once."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Final

from core.errors import ImportRefusedError
from core.packages import file_sha256

MOST_BYTES: Final = 4 << 30
"""What a file may unpack to, or a pipe hold; a file that is larger is imported as it is, without a copy."""

SUFFIXES: Final = (".gz", ".zst", ".bz2", ".xz")
"""Names of compressed files end in one of these, after the suffix of what is in them."""

_CHUNK: Final = 1 << 20
_PACKED_CHUNK: Final = 1 << 11


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _opened(opener: Callable[[IO[bytes]], Any], file: IO[bytes]) -> Iterator[bytes]:
    with opener(file) as inside:
        yield from _chunks(inside)


def _zstd(file: IO[bytes]) -> Iterator[bytes]:
    """The contents of a zstd file's frames; zstandard's own reader takes a file that was cut off for a whole one."""
    import zstandard

    frame = zstandard.ZstdDecompressor().decompressobj()
    is_begun = False
    # Little at a time: a block of many zeros unpacks to many thousand times as much.
    while packed := file.read(_PACKED_CHUNK):
        while packed:
            is_begun = True
            yield frame.decompress(packed)
            packed = frame.unused_data if frame.eof else b""
            if frame.eof:
                frame, is_begun = zstandard.ZstdDecompressor().decompressobj(), False
    if is_begun:
        raise EOFError("it ends too early")


_UNPACKERS: Final[Mapping[bytes, Callable[[IO[bytes]], Iterator[bytes]]]] = {
    b"\x1f\x8b": partial(_opened, gzip.open),
    b"\x28\xb5\x2f\xfd": _zstd,
    b"BZh": partial(_opened, bz2.open),
    b"\xfd7zXZ\x00": partial(_opened, lzma.open),
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
        source = path
        if is_pipe:
            source = Path(folder, "read")
            with path.open("rb") as file:
                _copy(path, _chunks(file), source)
        unpack = _unpacker(source)
        # What was read from a pipe is called after its contents, so that two pipes are two and one is always one.
        name = f"stdin-{file_sha256(source)[:8]}" if _is_descriptor(path) else path.name
        name = Path(name).stem if unpack and path.suffix.lower() in SUFFIXES else name
        # Below the temporary folder whatever the path: an absolute part would lead out of it.
        copy = Path(folder, "files", *path.absolute().parent.parts[1:][-3:], name)
        copy.parent.mkdir(parents=True)
        if unpack is None:
            source.rename(copy)
        else:
            with source.open("rb") as packed:
                _copy(path, unpack(packed), copy)
        yield copy


def _is_pipe(path: Path) -> bool:
    """Whether a path is a pipe, or standard input, whose place in the file is where others left it."""
    return path.exists() and not path.is_dir() and (not path.is_file() or _is_descriptor(path))


def _is_descriptor(path: Path) -> bool:
    return path == Path("/dev/stdin") or path.parent in (Path("/dev/fd"), Path("/proc/self/fd"))


def _unpacker(path: Path) -> Callable[[IO[bytes]], Iterator[bytes]] | None:
    try:
        with path.open("rb") as file:
            first = file.read(8)
    except OSError:
        # Refused, with its reason, by the format that reads it.
        return None
    return next((unpack for magic, unpack in _UNPACKERS.items() if first.startswith(magic)), None)


def _copy(path: Path, chunks: Iterator[bytes], copy: Path) -> None:
    n_bytes = 0
    try:
        with copy.open("xb") as written:
            for chunk in chunks:
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

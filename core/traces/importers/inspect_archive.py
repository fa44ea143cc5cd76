"""The members of an Inspect log, a zip archive, read one by one and never past a limit.

Inspect compresses with Zstandard, which the zipfile module of Python knows from 3.14 on only; so these members are
found by zipfile and unpacked here.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from core.errors import ImportRefusedError
from core.traces.strict_json import StrictJSONError, parse_pythons_value, skip_space

LARGEST: Final = 256 * 2**20
"""Bytes that one member may unpack to."""

LARGEST_TOTAL: Final = 16 * 2**30
"""Bytes that all members together may say they unpack to: an archive whose members overlap could say anything."""

_ZSTANDARD: Final = 93
_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")
_LARGEST_WINDOW: Final = 2**27


class MemberError(ValueError):
    """A member that cannot be used; it says why and what to do."""


class Archive:
    """An open log; use it as a context manager.

    Raises:
        ImportRefusedError: if the file is no zip archive, or one that says it holds more than the limit.
        OSError: if it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("rb")
        try:
            self._zip = zipfile.ZipFile(self._file)
            self.names = tuple(info.filename for info in self._zip.infolist() if not info.is_dir())
            total = sum(info.file_size for info in self._zip.infolist())
        except _BROKEN as error:
            self._file.close()
            raise ImportRefusedError(path, "this is no Inspect log, or half of one; copy the file again.") from error
        except BaseException:
            self._file.close()
            raise
        if total > LARGEST_TOTAL:
            self.close()
            raise ImportRefusedError(path, f"the log says it holds {total} bytes; import it in parts.")

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def samples(self) -> Iterator[str]:
        """Names of the members that hold a sample each, in the archive's order."""
        return (name for name in self.names if name.startswith("samples/") and name.endswith(".json"))

    def check_size(self, folder: str) -> None:
        """Refuse a folder whose members together unpack to more than one member may.

        Raises:
            MemberError: if they do.
        """
        if sum(info.file_size for info in self._zip.infolist() if info.filename.startswith(folder)) > LARGEST:
            raise _too_large()

    def read(self, name: str) -> Any:
        """The JSON value of a member; NaN is None.

        Raises:
            MemberError: if it is too large, damaged, encrypted, or not JSON.
            OSError: if the file cannot be read.
        """
        try:
            data = self._unpacked(self._zip.getinfo(name))
        except MemberError:
            raise
        except _BROKEN as error:
            raise MemberError("the archive is damaged here; copy the file again.") from error
        try:
            text = data.decode("utf-8")
            value, end = parse_pythons_value(text, skip_space(text, 0))
        except UnicodeDecodeError as error:
            raise MemberError(f"byte {error.start} (0x{data[error.start]:02x}) is not UTF-8; mend it.") from error
        except StrictJSONError as error:
            raise MemberError(f"not valid JSON ({error}); mend it.") from error
        if skip_space(text, end) < len(text):
            raise MemberError("more text after the end of the JSON; mend it.")
        return value

    def _unpacked(self, info: zipfile.ZipInfo) -> bytes:
        if info.flag_bits & 1:
            raise MemberError("it is encrypted; give the log without a password.")
        if info.file_size > LARGEST or info.compress_size > LARGEST:
            raise _too_large()
        if info.compress_type == _ZSTANDARD:
            data = self._unpacked_zstandard(info)
        else:
            with self._zip.open(info) as member:
                data = member.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise _too_large()
        return data

    def _unpacked_zstandard(self, info: zipfile.ZipInfo) -> bytes:
        import zstandard

        self._file.seek(info.header_offset)
        magic, n_name, n_extra = _LOCAL_HEADER.unpack(self._file.read(_LOCAL_HEADER.size))
        if magic != b"PK\x03\x04":
            raise zipfile.BadZipFile("no local header")
        self._file.seek(n_name + n_extra, io.SEEK_CUR)
        packed = io.BytesIO(self._file.read(info.compress_size))
        try:
            unpacker = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
            with unpacker.stream_reader(packed, read_across_frames=True) as reader:
                data = reader.read(min(info.file_size, LARGEST) + 1)
        except zstandard.ZstdError as error:
            raise zipfile.BadZipFile(str(error)) from error
        if len(data) != info.file_size or zlib.crc32(data) != info.CRC:
            raise zipfile.BadZipFile("not what was packed")
        return data


# What zipfile raises on bytes that someone made up.
_BROKEN: Final = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, KeyError, OverflowError, ValueError, struct.error,
    zlib.error,
)  # fmt: skip


def _too_large() -> MemberError:
    return MemberError(f"it unpacks to more than {LARGEST} bytes; take it out of the log.")

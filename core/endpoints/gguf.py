"""What the header of a GGUF file says of its model: the chat template, and how its tokenizer begins a text.

The header is read here because the ``gguf`` package makes an array of every entry of the vocabulary first: 5.6 s for
49,152 tokens, where these few fields take 0.1 s, and a settings file is read whenever the program starts. The format
is described in ggml's docs/gguf.md.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from core.errors import ConfigError

SUFFIX: Final = ".gguf"

_MAGIC: Final = b"GGUF"
_VERSIONS: Final = (2, 3)
_MOST_FIELDS: Final = 100_000
_LONGEST_TEXT: Final = 64_000_000
_STRING: Final = 8
_ARRAY: Final = 9
_NUMBERS: Final = {
    number: struct.Struct("<" + code)
    for number, code in {
        0: "B",
        1: "b",
        2: "H",
        3: "h",
        4: "I",
        5: "i",
        6: "f",
        7: "?",
        10: "Q",
        11: "q",
        12: "d",
    }.items()
}
_LENGTH: Final = struct.Struct("<Q")
_KIND: Final = struct.Struct("<I")

_TOKENIZER: Final = "tokenizer.ggml."
_TOKENS: Final = _TOKENIZER + "tokens"
# Where a file does not say whether a text begins with the beginning token, llama.cpp goes by the vocabulary.
_BEGIN_BY_THEMSELVES: Final = {("llama", ""), ("gpt2", "llama-bpe"), ("gpt2", "llama3"), ("gpt2", "llama-v3")}


@dataclass(frozen=True)
class ModelFile:
    """A model's file, as its header describes it.

    ``context`` is how many tokens it was trained to see (None: not said). ``tokens`` are special tokens by the names
    that chat templates use; ``begins_itself`` says that the tokenizer writes the beginning token before every text.
    """

    path: Path
    name: str
    context: int | None
    template: str | None
    tokens: dict[str, str]
    begins_itself: bool


def is_model_file(path: Path) -> bool:
    """Whether the path has the ending of a GGUF file."""
    return path.suffix.lower() == SUFFIX


def read_model_file(path: Path) -> ModelFile:
    """Read the header of a GGUF file.

    Raises:
        ConfigError: if the file cannot be read, or is not what its ending says.
    """
    try:
        with path.open("rb") as file:
            fields, texts = _fields(file)
    except OSError as error:
        raise ConfigError(f"{path}: the model's file cannot be read ({error.strerror}); mend the path.") from None
    except (ValueError, struct.error, OverflowError):
        raise ConfigError(f"{path}: this is no GGUF file, or a part of one; download it anew.") from None
    architecture = fields.get("general.architecture")
    context = fields.get(f"{architecture}.context_length")
    template = fields.get("tokenizer.chat_template")
    return ModelFile(
        path=path,
        name=path.stem,
        context=context if isinstance(context, int) and context > 0 else None,
        template=template if isinstance(template, str) and template.strip() else None,
        tokens=texts,
        begins_itself=_begins_itself(fields),
    )


def _begins_itself(fields: dict[str, Any]) -> bool:
    said = fields.get(_TOKENIZER + "add_bos_token")
    if isinstance(said, bool):
        return said
    model, pre = str(fields.get(_TOKENIZER + "model", "")), str(fields.get(_TOKENIZER + "pre", ""))
    return (model, pre if model == "gpt2" else "") in _BEGIN_BY_THEMSELVES


def _fields(file: BinaryIO) -> tuple[dict[str, Any], dict[str, str]]:
    """All fields but the arrays, and the texts of the special tokens.

    Raises:
        ValueError: if the file is something else, or ends too soon.
    """
    if file.read(4) != _MAGIC or _number(file, _KIND) not in _VERSIONS:
        raise ValueError("not GGUF")
    file.seek(_LENGTH.size, 1)  # how many tensors
    count = _number(file, _LENGTH)
    if count > _MOST_FIELDS:
        raise ValueError("too many fields")
    fields: dict[str, Any] = {}
    tokens_at: int | None = None
    for _ in range(count):
        name = _text(file)
        kind = _number(file, _KIND)
        if kind == _STRING:
            fields[name] = _text(file)
        elif kind == _ARRAY:
            if name == _TOKENS:
                tokens_at = file.tell()
            _skip_array(file)
        else:
            fields[name] = _number(file, _format(kind))
    return fields, {} if tokens_at is None else _special_tokens(file, tokens_at, fields)


def _special_tokens(file: BinaryIO, at: int, fields: dict[str, Any]) -> dict[str, str]:
    """The texts of the beginning and ending token, from the vocabulary that begins at byte ``at``."""
    found: dict[str, str] = {}
    for name in ("bos", "eos"):
        index = fields.get(_TOKENIZER + f"{name}_token_id")
        if isinstance(index, int):
            found[f"{name}_token"] = _entry(file, at, index)
    return found


def _entry(file: BinaryIO, at: int, index: int) -> str:
    file.seek(at)
    kind, n = _number(file, _KIND), _number(file, _LENGTH)
    if kind != _STRING or not 0 <= index < n:
        raise ValueError("no such token")
    for _ in range(index):
        _skip(file, _number(file, _LENGTH))
    return _text(file)


def _skip_array(file: BinaryIO) -> None:
    kind, n = _number(file, _KIND), _number(file, _LENGTH)
    if kind == _ARRAY:
        raise ValueError("an array of arrays")
    if kind == _STRING:
        for _ in range(n):
            _skip(file, _number(file, _LENGTH))
    else:
        _skip(file, n * _format(kind).size)


def _format(kind: int) -> struct.Struct:
    if kind not in _NUMBERS:
        raise ValueError("an unknown kind of field")
    return _NUMBERS[kind]


def _skip(file: BinaryIO, size: int) -> None:
    # Seeking past the end is no error: the next read notices it.
    file.seek(size, 1)


def _number(file: BinaryIO, layout: struct.Struct) -> Any:
    (value,) = layout.unpack(file.read(layout.size))
    return value


def _text(file: BinaryIO) -> str:
    size = _number(file, _LENGTH)
    if size > _LONGEST_TEXT:
        raise ValueError("too long a text")
    raw = file.read(size)
    if len(raw) < size:
        raise ValueError("cut off")
    return raw.decode("utf-8", "replace")

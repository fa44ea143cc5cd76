"""A model's chat template, of its tokenizer folder or GGUF file, rendered up to where the assistant begins to speak.

The prefix of a rollout never passes through the template. Templates strip what an assistant said, or delete its
``<think>``; here they render the messages of the prompt alone, and the prefix follows untouched.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.canonical import canonical_json, short_hash
from core.endpoints.gguf import is_model_file, read_model_file
from core.errors import ConfigError
from core.sanitize import visible_line

if TYPE_CHECKING:
    from core.traces.model import Message

TEMPLATE_FILE = "chat_template.jinja"
CONFIG_FILE = "tokenizer_config.json"
OLD_TOKENS_FILE = "special_tokens_map.json"

_LARGEST = 64_000_000
# A tag that opens the reasoning, where a template ends in one: <think>, [THINK].
_OPENING = re.compile(r"(?:<[^<>\s]+>|\[[^\[\]\s]+\])\s*\Z")


@dataclass(frozen=True)
class ChatTemplate:
    """A Jinja template, the variables it is rendered with (special tokens, arguments), and the file it is from."""

    text: str
    variables: Mapping[str, Any] = field(hash=False)
    path: Path = field(compare=False)

    @cached_property
    def id(self) -> str:
        """Short hash of text and variables; where the file lies is no part of it."""
        return short_hash(canonical_json([self.text, self._variables]))

    @cached_property
    def _variables(self) -> str:
        return canonical_json(dict(self.variables))

    def prompt(self, messages: Sequence[Message], prefix: str) -> str:
        """The text that a server is to continue: the messages in the template's words, then ``prefix`` as it is.

        Where the template ends by opening the reasoning and the prefix begins with the same tag, the tag is there once.

        Raises:
            ConfigError: if the template cannot be rendered with these messages.
        """
        # A trace may have no prompt; its prefix 0 is then a question about nothing, as in the chat modes.
        turns = tuple((turn.role, turn.content) for turn in messages) or (("user", ""),)
        try:
            asked, opening = _rendered(self.text, self._variables, turns)
        except Exception as error:  # a template is a program of somebody else's and fails as it likes
            raise ConfigError(
                f"{self.path}: the chat template cannot be rendered for this prompt ({_reason(error)}); check that"
                " the template takes these roles, or set template_args."
            ) from None
        if opening and prefix.startswith(opening.rstrip()):
            opening = ""
        return asked + opening + prefix


def read_template(path: Path, arguments: Mapping[str, Any]) -> ChatTemplate:
    """Read the chat template of a tokenizer folder, of a GGUF file, or a file beside the tokenizer's other files.

    ``arguments`` are added to the special tokens of the tokenizer, and override them.

    Raises:
        ConfigError: if there is no template, or a file is not what it should be.
    """
    # Not Path.exists, which raises where a folder on the way may not be entered.
    if not os.path.exists(path):
        raise ConfigError(f"{path}: there is no such tokenizer folder; mend the endpoint's template.")
    if is_model_file(path):
        return _template_of(path, arguments)
    is_folder = path.is_dir()
    folder = path if is_folder else path.parent
    config = _json(folder / CONFIG_FILE)
    file = folder / TEMPLATE_FILE if is_folder else path
    text = _text(file)
    if text is None:
        file, text = folder / CONFIG_FILE, _template_in(config.get("chat_template"))
    if not text:
        raise ConfigError(
            f"{folder}: the tokenizer has no chat template (neither {TEMPLATE_FILE} nor one in {CONFIG_FILE});"
            " leave template out to send plain text, or name the template's file."
        )
    tokens = _tokens(_json(folder / OLD_TOKENS_FILE)) | _tokens(config)
    return ChatTemplate(text, {**tokens, **arguments}, file)


def _template_of(path: Path, arguments: Mapping[str, Any]) -> ChatTemplate:
    """The template that a GGUF file carries; a beginning token that its tokenizer writes by itself is left to it."""
    model = read_model_file(path)
    if model.template is None:
        raise ConfigError(
            f"{path}: this model has no chat template; leave template out to send plain text, or name the template's"
            " file."
        )
    begun = {"bos_token": ""} if model.begins_itself else {}
    return ChatTemplate(model.template, {**model.tokens, **begun, **arguments}, path)


def _template_in(found: object) -> str | None:
    """The template itself, or the one named ``default`` of several."""
    if isinstance(found, list):
        named = [entry for entry in found if isinstance(entry, dict) and entry.get("name") == "default"]
        found = named[0].get("template") if named else None
    return found if isinstance(found, str) else None


def _tokens(config: Mapping[str, Any]) -> dict[str, str]:
    """Special tokens by name, such as ``bos_token``; each is a text, or a table that holds it as ``content``."""
    found = {}
    for name, value in config.items():
        content = value.get("content") if isinstance(value, dict) else value
        if name.endswith("_token") and isinstance(content, str):
            found[name] = content
    return found


def _json(file: Path) -> dict[str, Any]:
    text = _text(file)
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ConfigError(f"{file}: this is no JSON object; copy the tokenizer folder anew.")
    return found


def _text(file: Path) -> str | None:
    try:
        if file.stat().st_size > _LARGEST:
            raise ConfigError(f"{file}: this is too large for a tokenizer's file; name the right folder.")
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{file}: the file cannot be read ({error.strerror}); mend its rights.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: this is no UTF-8 text; copy the tokenizer folder anew.") from None


@lru_cache(maxsize=256)
def _rendered(text: str, variables: str, turns: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """What the template makes of the turns, and apart from it a tag at its end that opens the reasoning."""
    from core.endpoints.jinja import compiled

    messages = [{"role": role, "content": content} for role, content in turns]
    rendered = compiled(text).render(
        {
            "tools": None,
            "documents": None,
            **json.loads(variables),
            "messages": messages,
            "add_generation_prompt": True,
        }
    )
    opening = _OPENING.search(rendered)
    end = len(rendered) if opening is None else opening.start()
    return rendered[:end], rendered[end:]


def _reason(error: Exception) -> str:
    words = visible_line(str(error)) or type(error).__name__
    return words if len(words) <= 200 else words[:200] + "..."

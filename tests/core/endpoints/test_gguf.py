"""What the header of a GGUF file says, and that a file which is none is refused in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gguf import GGUFWriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.endpoints.gguf import read_model_file
from core.endpoints.template import read_template
from core.errors import ConfigError
from core.traces.model import Message

TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}[{{ message.role }}]{{ message.content }}{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)
VOCABULARY = ["<unk>", "<s>", "</s>", "kettle", "\N{EURO SIGN}"]


def model_file(path: Path, template: str | None = TEMPLATE, **fields: Any) -> Path:
    """A GGUF file without tensors, written by the format's own library."""
    writer = GGUFWriter(str(path), "llama")
    writer.add_context_length(fields.get("context", 2048))
    writer.add_tokenizer_model(fields.get("model", "gpt2"))
    writer.add_tokenizer_pre(fields.get("pre", "smollm"))
    writer.add_token_list(VOCABULARY)
    writer.add_token_scores([0.5] * len(VOCABULARY))
    writer.add_bos_token_id(fields.get("bos", 1))
    writer.add_eos_token_id(2)
    if "begins" in fields:
        writer.add_add_bos_token(fields["begins"])
    if template is not None:
        writer.add_chat_template(template)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return path


def test_the_header_says_name_context_template_and_special_tokens(tmp_path: Path) -> None:
    read = read_model_file(model_file(tmp_path / "kettle-7b.Q4.gguf", begins=False))
    assert (read.name, read.context, read.template) == ("kettle-7b.Q4", 2048, TEMPLATE)
    assert read.tokens == {"bos_token": "<s>", "eos_token": "</s>"}
    assert not read.begins_itself


@pytest.mark.parametrize(
    ("model", "pre", "begins"),
    [("llama", "default", True), ("gpt2", "llama-bpe", True), ("gpt2", "qwen2", False), ("bert", "x", False)],
)
def test_a_file_that_does_not_say_who_begins_goes_by_its_vocabulary(
    tmp_path: Path, model: str, pre: str, begins: bool
) -> None:
    assert read_model_file(model_file(tmp_path / "a.gguf", model=model, pre=pre)).begins_itself is begins


@pytest.mark.parametrize(("begins", "beginning"), [(True, ""), (False, "<s>")])
def test_the_template_writes_the_beginning_token_where_the_tokenizer_does_not(
    tmp_path: Path, begins: bool, beginning: str
) -> None:
    template = read_template(model_file(tmp_path / "a.gguf", begins=begins), {})
    asked = template.prompt((Message("user", "Which kettle?"),), "The first")
    assert asked == f"{beginning}[user]Which kettle?[assistant]The first"


def test_arguments_go_before_what_the_file_says(tmp_path: Path) -> None:
    template = read_template(model_file(tmp_path / "a.gguf", begins=True), {"bos_token": "<begin>"})
    assert template.prompt((Message("user", "?"),), "").startswith("<begin>")


def test_a_model_without_a_chat_template_is_named(tmp_path: Path) -> None:
    path = model_file(tmp_path / "base.gguf", template=None)
    with pytest.raises(ConfigError, match="no chat template") as refusal:
        read_template(path, {})
    assert str(path) in str(refusal.value)


def test_a_token_that_the_vocabulary_has_not_is_a_damaged_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no GGUF file"):
        read_model_file(model_file(tmp_path / "a.gguf", bos=99))


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGML" + b"\0" * 40, b"GGUF\x01\0\0\0" + b"\0" * 40, b"\xff" * 64])
def test_another_file_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="no GGUF file") as refusal:
        read_model_file(path)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_model_file(tmp_path / "none.gguf")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_damaged_header_is_read_or_refused_and_nothing_else(tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(model_file(tmp_path / "whole.gguf").read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] = data.draw(st.integers(0, 255))
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(raw[: data.draw(st.integers(0, len(raw)))])
    try:
        read_model_file(damaged)
    except ConfigError as refusal:
        assert str(damaged) in str(refusal)

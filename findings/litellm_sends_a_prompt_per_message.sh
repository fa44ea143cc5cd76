#!/usr/bin/env bash
# Guess: a chat request to a model that takes plain prompts becomes one prompt, its messages one after another.
# Seen: LiteLLM's provider text-completion-openai sends a list with the text of each message, without roles, as if they
#   were so many questions. Such a server answers each by itself, and all answers come back as choices of one chat: the
#   first continues the system message alone. With n = 2 three messages give six choices.
# With: litellm 1.108.7 in front of a server of plain completions that notes what it gets.
# Output:
#   prompt sent: ['Think first.', 'Which one?', 'So it is'], n 2
#   choices: 6; the first: 'to go on after "Think first."'
# Matters: to a resampler that continues an assistant's last words, the first choices look like answers, and are texts
#   without the question and without the prefix. More choices than were asked for is all that tells.
set -euo pipefail
dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check litellm==1.108.7 openai==3.57.0
cd "$dir"
LITELLM_LOCAL_MODEL_COST_MAP=True "$dir/venv/bin/python" - <<'PYTHON'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

import litellm

MESSAGES = [
    {"role": "system", "content": "Think first."},
    {"role": "user", "content": "Which one?"},
    {"role": "assistant", "content": "So it is"},
]
received = []


class Server(BaseHTTPRequestHandler):
    """Completes every prompt of a list n times, as the servers of this protocol do."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        received.append((self.path, asked))
        prompts = asked["prompt"] if isinstance(asked["prompt"], list) else [asked["prompt"]]
        texts = [f'to go on after "{prompt}"' for prompt in prompts for _ in range(asked["n"])]
        choices = [{"index": index, "text": text, "finish_reason": "stop"} for index, text in enumerate(texts)]
        reply = {"id": "1", "object": "text_completion", "created": 1, "model": "m", "choices": choices}
        body = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}/v1"
reply = litellm.completion(
    model="text-completion-openai/m", messages=MESSAGES, n=2, max_tokens=9, api_base=address, api_key="none"
)
texts = [choice.message.content for choice in reply.choices]
path, asked = received[-1]
print(f"litellm {version('litellm')}")
print(f"prompt sent: {asked['prompt']}, n {asked['n']}")
print(f"choices: {len(texts)}; the first: {texts[0]!r}")
if len(received) != 1 or path != "/v1/completions" or asked["prompt"] != [one["content"] for one in MESSAGES]:
    sys.exit("The behavior differs: the prompt is no longer a list with the text of each message.")
if len(texts) != 6 or "Think first." not in texts[0]:
    sys.exit("The behavior differs: the choices are no longer those of all messages, the system's first.")
PYTHON

#!/usr/bin/env bash
# Guess: a router passes the body of a request on, or refuses what it does not know.
# Seen: sglang-router reads a chat request into fields of its own and writes a new one. Of what makes a server continue
#   the last message, "prefix": true and add_generation_prompt are dropped and continue_final_message is kept;
#   reasoning_content stays and reasoning goes; max_tokens becomes max_completion_tokens; nobody asked for
#   separate_reasoning. The same fields in a plain completion arrive as they were sent.
# With: sglang-router 0.3.2 in front of a worker that notes what it gets.
# Output:
#   chat, lost: add_generation_prompt, include_stop_str_in_output, max_tokens, repeat_penalty
#   chat, added and true: separate_reasoning, skip_special_tokens, stream_reasoning
#   chat, lost from the last message: prefix, reasoning
#   completions, lost: nothing
# Matters: behind this router a server that continues with "prefix" opens a new turn, and vLLM, which wants both flags,
#   gets half of the pair. A server that was tried by itself must be tried again behind the router.
set -euo pipefail
dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check sglang-router==0.3.2
cd "$dir"
"$dir/venv/bin/python" - <<'PYTHON'
import json
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from urllib.error import HTTPError
from urllib.request import Request, urlopen

FIELDS = {
    "model": "m", "max_tokens": 5, "temperature": 1.0, "top_p": 1.0, "n": 3, "seed": 7, "stop": ["x"],
    "add_generation_prompt": False, "continue_final_message": True, "include_stop_str_in_output": True,
    "repeat_penalty": 1.1,
}  # fmt: skip
LAST = {"role": "assistant", "content": "So it", "prefix": True, "reasoning": "a", "reasoning_content": "b"}
MESSAGES = [{"role": "user", "content": "Which one?"}, LAST]
received = {}


class Worker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, reply):
        body = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer({"object": "list", "data": [{"id": "m"}], "model_path": "m"})

    def do_POST(self):
        received[self.path] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        message = {"role": "assistant", "content": " is"}
        choice = {"index": 0, "finish_reason": "stop", "text": " is", "message": message}
        self.answer({"id": "1", "object": "x", "created": 1, "model": "m", "choices": [choice]})


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def post(path, body):
    request = Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    for _ in range(600):
        try:
            urlopen(request, timeout=60).read()
            return
        except HTTPError as error:
            # There is no worker yet.
            if error.code != 503:
                sys.exit(f"The behavior differs: the router answers {error.code}.")
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("The router did not begin to serve.")


worker = ThreadingHTTPServer(("127.0.0.1", 0), Worker)
threading.Thread(target=worker.serve_forever, daemon=True).start()
port = free_port()
command = [sys.executable, "-m", "sglang_router.launch_router", "--host", "127.0.0.1", "--port", str(port)]
command += ["--prometheus-port", str(free_port()), "--worker-urls", f"http://127.0.0.1:{worker.server_port}"]
with open("router.log", "w") as log:
    router = subprocess.Popen(command, stdout=log, stderr=log)
try:
    post("/v1/chat/completions", {**FIELDS, "messages": MESSAGES})
    post("/v1/completions", {**FIELDS, "prompt": "So it"})
finally:
    router.terminate()
    router.wait()

chat, plain = received["/v1/chat/completions"], received["/v1/completions"]
lost = sorted(set(FIELDS) - set(chat))
added = sorted(name for name in set(chat) - set(FIELDS) if chat[name] is True)
lost_of_last = sorted(set(LAST) - set(chat["messages"][-1]))
plain_lost = sorted(name for name in FIELDS if plain.get(name) != FIELDS[name])
print(f"sglang-router {version('sglang-router')}")
print("chat, lost:", ", ".join(lost))
print("chat, added and true:", ", ".join(added))
print("chat, lost from the last message:", ", ".join(lost_of_last))
print("completions, lost:", ", ".join(plain_lost) or "nothing")
if lost != ["add_generation_prompt", "include_stop_str_in_output", "max_tokens", "repeat_penalty"]:
    sys.exit("The behavior differs: other fields of a chat request are dropped.")
if added != ["separate_reasoning", "skip_special_tokens", "stream_reasoning"] or chat.get("max_completion_tokens") != 5:
    sys.exit("The behavior differs: other fields of a chat request are added.")
if lost_of_last != ["prefix", "reasoning"]:
    sys.exit("The behavior differs: the last message loses other fields.")
if plain_lost:
    sys.exit("The behavior differs: a plain completion is no longer passed on as it is.")
PYTHON

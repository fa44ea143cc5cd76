#!/usr/bin/env bash
# Guess: the messages of an Inspect log hold what the model wrote, and the next turn is given what it wrote.
# Seen: where the text holds <think>, Inspect takes the thought out, strips white space at both of its ends and puts
#   what stood before it behind it. The next request sends this order, the thought inside <think internal="...">. What
#   the model wrote stands in the model event's call.response alone.
# With: inspect_ai 0.3.285, provider openai-api, in front of a server that always answers the same.
# Output:
#   written:   'Let me see.\n<think>\n  Ten balls.\n\nSix are red.  \n</think>\n\nSix in ten.'
#   reasoning: 'Ten balls.\n\nSix are red.'
#   text:      'Let me see.\n\n\nSix in ten.'
#   sent next: '\n<think internal="InRoaW5rIg==">\nTen balls.\n\nSix are red.\n</think>\n\nLet me see.\n\n\nSix in ten.'
# Matters: a prefix cut out of such a log is text that the model never wrote in this order, and its later turns followed
#   yet another one. By default only the first calls of a model keep call.response: log with --log-model-api.
set -euo pipefail
dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check inspect_ai==0.3.285 openai==3.52.0
cd "$dir"
"$dir/venv/bin/python" - <<'PYTHON'
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log
from inspect_ai.model import get_model
from inspect_ai.solver import generate, user_message

WRITTEN = "Let me see.\n<think>\n  Ten balls.\n\nSix are red.  \n</think>\n\nSix in ten."
received = []


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": WRITTEN}}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        reply = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "usage": usage}
        body = json.dumps({**reply, "choices": [choice]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}/v1"
model = get_model("openai-api/here/m", base_url=address, api_key="none")
task = Task(dataset=[Sample(input="How many?")], solver=[generate(), user_message("And then?"), generate()])
log = eval(task, model=model, log_dir="logs", display="none")[0]
sample = read_eval_log(log.location).samples[0]

reasoning, text = sample.messages[1].content
sent = received[1]["messages"][1]["content"]
raw = [event.call.response["choices"][0]["message"]["content"] for event in sample.events if event.event == "model"]
print(f"inspect_ai {version('inspect_ai')}")
print(f"written:   {WRITTEN!r}")
print(f"reasoning: {reasoning.reasoning!r}")
print(f"text:      {text.text!r}")
print(f"sent next: {sent!r}")
if raw != [WRITTEN, WRITTEN]:
    sys.exit("The behavior differs: call.response is not what the server answered.")
if reasoning.reasoning != "Ten balls.\n\nSix are red." or text.text != "Let me see.\n\n\nSix in ten.":
    sys.exit("The behavior differs: the message is split in another way.")
THOUGHT = r'\s*<think internal="[^"]+">\nTen balls\.\n\nSix are red\.\n</think>'
if not re.fullmatch(THOUGHT + r"\s+Let me see\.\s+Six in ten\.", sent):
    sys.exit("The behavior differs: the next turn is given another text.")
PYTHON

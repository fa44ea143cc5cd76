#!/usr/bin/env bash
# Guess: the messages of a sample hold every answer that the model gave in it.
# Seen: the answer that goes over token_limit is in no message and not in the output; the sample ends with the user's turn,
#   and looks as if the model had not answered. The whole answer stands in the model event alone, before sample_limit.
# With: inspect_ai 0.3.285, provider openai-api, in front of a server that always answers the same.
# Output:
#   messages: ['user']
#   choices of the output: 0
#   limit: token
#   in the model event: 'Six in ten.'
# Matters: a complete answer, paid for, is lost to whoever reads messages; of samples with a time or message limit the
#   last answer is among them.
set -euo pipefail
dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check inspect_ai==0.3.285 openai==3.52.0
cd "$dir"
"$dir/venv/bin/python" - <<'PYTHON'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log
from inspect_ai.model import get_model
from inspect_ai.solver import generate

WRITTEN = "Six in ten."


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": WRITTEN}}
        usage = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
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
task = Task(dataset=[Sample(input="How many?")], solver=generate(), token_limit=15)
log = eval(task, model=model, log_dir="logs", display="none")[0]
sample = read_eval_log(log.location).samples[0]

roles = [message.role for message in sample.messages]
answers = [event.output.completion for event in sample.events if event.event == "model"]
print(f"inspect_ai {version('inspect_ai')}")
print(f"messages: {roles}")
print(f"choices of the output: {len(sample.output.choices)}")
print(f"limit: {sample.limit.type}")
print(f"in the model event: {answers[0]!r}")
if roles != ["user"] or sample.output.choices or answers != [WRITTEN]:
    sys.exit("The behavior differs: the answer is kept elsewhere too.")
PYTHON

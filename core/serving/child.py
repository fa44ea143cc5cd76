"""The server's process: llama.cpp on one file, until whoever started it is gone.

It is run as a file of its own, and imports nothing of turnpoint's. The first argument says what to serve, as JSON;
standard output carries one line of JSON when the server answers. It ends when standard input does, which happens
however its parent ends.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any


def main() -> None:
    """Serve until standard input ends."""
    given = json.loads(sys.argv[1])
    # llama.cpp may write to standard output, which is for one line only.
    answer = os.dup(1)
    os.dup2(2, 1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from xllamacpp import CommonParams, Server

    server = Server(_filled(CommonParams(), given))
    os.write(answer, json.dumps({"address": server.listening_address}).encode() + b"\n")
    threading.Event().wait()


def _filled(params: Any, given: dict[str, Any]) -> Any:
    params.model.path = given["path"]
    params.model_alias = {given["alias"]}
    params.hostnames = [given["host"]]
    params.port = given["port"]
    params.n_parallel = given["slots"]
    params.n_ctx = given["slots"] * given["context"]
    # Shared, one context is used up by a few long requests, and all of them fail.
    params.kv_unified = False
    params.cpuparams.n_threads = given["threads"]
    params.cpuparams_batch.n_threads = given["threads"]
    params.ui = False
    # No page in a browser has anything to ask here; by default any may.
    params.cors_origins = ""
    params.offline = True
    return params


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    # At once: llama.cpp's threads would go on with what they were asked.
    os._exit(0)


if __name__ == "__main__":
    main()

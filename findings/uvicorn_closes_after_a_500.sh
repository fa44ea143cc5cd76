#!/usr/bin/env bash
# Guess: a complete answer of HTTP/1.1 that does not say "Connection: close" leaves the connection open.
# Seen: where an application of Starlette (FastAPI builds on it) fails, the client gets a complete 500, with its length
#   and without a word of closing; then uvicorn closes the connection, since Starlette passes the exception on. A client
#   that pools connections sends its next request into that: aiohttp repeats a GET in silence, and gives up a POST.
# With: uvicorn 0.54.0, starlette 1.10.0, aiohttp 3.14.5.
# Output:
#   after the 200: Content-Length, no Connection header, the connection stays open
#   after the 500: Content-Length, no Connection header, the connection is closed
#   of 20 requests that follow a 500 on the same client: 0 GET lost, 20 POST lost
# Matters: one request that a model server fails takes an innocent one with it, which looks like a broken network.
#   Sampling is POST throughout.
set -euo pipefail
dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check uvicorn==0.54.0 starlette==1.10.0 aiohttp==3.14.5
"$dir/venv/bin/python" - <<'PYTHON'
import asyncio
import socket
import sys
from importlib.metadata import version

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def works(_request):
    return PlainTextResponse("fine")


async def fails(_request):
    raise RuntimeError("the engine has ended")


METHODS = ["GET", "POST"]
APP = Starlette(routes=[Route("/works", works, methods=METHODS), Route("/fails", fails, methods=METHODS)])


async def asked(reader, writer, path):
    """The status and the names of the headers of one answer, which is read to its end."""
    writer.write(f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:] if line)
    await reader.readexactly(int(headers["content-length"]))
    return int(head[0].split()[1]), set(headers)


async def lost(url, method):
    """How many of 20 good requests go wrong when each follows a failed one."""
    count = 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
        for _ in range(20):
            async with session.request(method, f"{url}/fails") as response:
                await response.read()
            try:
                async with session.request(method, f"{url}/works") as response:
                    await response.read()
            except aiohttp.ClientError:
                count += 1
    return count


async def main():
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(APP, log_level="critical", lifespan="off"))
    serving = asyncio.create_task(server.serve([listening]))
    while not server.started:
        await asyncio.sleep(0.01)

    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    good = [await asked(reader, writer, "/works") for _ in range(2)]
    bad = await asked(reader, writer, "/fails")
    try:
        after = await asyncio.wait_for(reader.read(), 60)
    except ConnectionError:
        after = b""
    except TimeoutError:
        sys.exit("The behavior differs: the connection stays open after the 500.")
    writer.close()
    gets, posts = [await lost(f"http://127.0.0.1:{port}", method) for method in METHODS]
    server.should_exit = True
    await serving

    print(f"uvicorn {version('uvicorn')}, starlette {version('starlette')}, aiohttp {version('aiohttp')}")
    if [status for status, _ in good] != [200, 200] or bad[0] != 500 or after:
        sys.exit("The behavior differs: the answers are not 200, 200 and 500, and then nothing.")
    if any("connection" in headers for _, headers in [*good, bad]):
        sys.exit("The behavior differs: an answer has a Connection header.")
    print("after the 200: Content-Length, no Connection header, the connection stays open")
    print("after the 500: Content-Length, no Connection header, the connection is closed")
    print(f"of 20 requests that follow a 500 on the same client: {gets} GET lost, {posts} POST lost")
    if gets or not posts:
        sys.exit("The behavior differs: aiohttp loses a GET, or loses no POST.")


asyncio.run(main())
PYTHON

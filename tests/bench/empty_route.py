"""The baseline of a reply: a FastAPI route that returns nothing, under the gateway's own web server."""

import asyncio
import sys

from fastapi import FastAPI
from starlette.responses import Response

from services.gateway.webserver import WebServer, listening
from shared.stopping import Stop

app = FastAPI()


@app.get("/")
async def nothing() -> Response:
    return Response(b"{}", media_type="application/json")


async def serve(port: int) -> None:
    async with listening("127.0.0.1", port) as listener:
        await WebServer(app, listener).run(Stop())


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))

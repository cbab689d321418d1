"""The baseline: the same downloads and calls in a bare asyncio loop that keeps nothing."""

import asyncio
import json
import resource
import sys
import time

import aiohttp
import grpc
from google.cloud.vision_v1 import types

_WORKERS = 100
_CALLS = 25
_AT_ONCE = 16
_METHOD = "/google.cloud.vision.v1.ImageAnnotator/BatchAnnotateImages"
_KINDS = (4, 3, 5, 2, 6, 10)  # what the provider asks for: labels, logos, text, landmarks, safe search, web


def _request(contents: list[bytes]) -> bytes:
    request = types.BatchAnnotateImagesRequest.pb()()
    for content in contents:
        one = request.requests.add()
        one.image.content = content
        for kind in _KINDS:
            one.features.add().type_ = kind
    return bytes(request.SerializeToString())


async def run(urls: list[str], address: str, key: str) -> float:
    """Images a second."""
    answer = types.BatchAnnotateImagesResponse.pb()
    todo = iter(urls)
    fetched: asyncio.Queue[bytes | None] = asyncio.Queue(2 * _WORKERS)

    async def fetch(session: aiohttp.ClientSession) -> None:
        for url in todo:
            async with session.get(url) as reply:
                await fetched.put(await reply.read())

    async def call(channel: grpc.aio.Channel) -> None:
        method = channel.unary_unary(
            _METHOD, request_serializer=_request, response_deserializer=answer.FromString
        )
        while True:
            contents: list[bytes] = []
            while len(contents) < _AT_ONCE and (content := await fetched.get()) is not None:
                contents.append(content)
            if contents:
                await method(contents, metadata=(("x-goog-api-key", key),), timeout=30)
            if len(contents) < _AT_ONCE:
                await fetched.put(None)
                return

    began = time.monotonic()
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_WORKERS)) as session,
        grpc.aio.insecure_channel(address, options=[("grpc.max_receive_message_length", -1)]) as channel,
    ):
        calls = [asyncio.create_task(call(channel)) for _ in range(_CALLS)]
        await asyncio.gather(*(fetch(session) for _ in range(_WORKERS)))
        await fetched.put(None)
        await asyncio.gather(*calls)
    return len(urls) / (time.monotonic() - began)


def main() -> None:
    origin, address, count, size, key = sys.argv[1:6]
    urls = [f"{origin}/good/{n}.jpg?size={size}" for n in range(1, int(count) + 1)]
    rate = asyncio.run(run(urls, address, key))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"rate": rate, "cpu": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss / 1_024}))


if __name__ == "__main__":
    main()

"""`python -m tests.fakes.images --port 0` prints {"url": origin} when it listens and runs until SIGTERM."""

import argparse
import asyncio
import json

from tests.fakes.images.server import serve
from tests.fakes.signals import stopped


async def main() -> None:
    parser = argparse.ArgumentParser(description="An image server that can misbehave.")
    parser.add_argument("--port", type=int, default=0)
    async with serve(parser.parse_args().port) as images:
        print(json.dumps({"url": images.url}), flush=True)
        await stopped()


if __name__ == "__main__":
    asyncio.run(main())

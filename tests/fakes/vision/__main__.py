"""`python -m tests.fakes.vision --port 0 --control-port 0 --log FILE --behaviour '{"delay": 0.3}'`

Prints one JSON line when it listens, {"address": "host:port", "control": "http://…"}; runs until SIGTERM."""

import argparse
import asyncio
import json
from pathlib import Path

from tests.fakes.signals import stopped
from tests.fakes.vision.behaviour import Behaviour, change
from tests.fakes.vision.control import serve_control
from tests.fakes.vision.server import serve


async def main() -> None:
    parser = argparse.ArgumentParser(description="A fake Vision API.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--behaviour", default="{}", help="JSON object, the fields of Behaviour")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    behaviour = change(Behaviour(), options.behaviour.encode())
    async with (
        serve(behaviour, log=options.log, port=options.port, seed=options.seed) as fake,
        serve_control(fake, options.control_port) as control,
    ):
        print(json.dumps({"address": fake.address, "control": control}), flush=True)
        await stopped()


if __name__ == "__main__":
    asyncio.run(main())

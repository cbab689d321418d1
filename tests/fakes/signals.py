"""The end of a fake that runs as a process of its own."""

import asyncio
import signal


async def stopped() -> None:
    """Returns at SIGTERM or SIGINT."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await stop.wait()

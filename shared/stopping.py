"""The one way that a process is asked to end."""

import asyncio
import signal


class Stop:
    """Set by SIGTERM or SIGINT; every loop looks at it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    @property
    def asked(self) -> bool:
        return self._event.is_set()

    def ask(self) -> None:
        self._event.set()

    async def wait(self, seconds: float | None = None) -> bool:
        """Waits to be asked, at most `seconds`; True when asked."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        return True

    def on_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ask)

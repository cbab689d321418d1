"""From the first signal to the last process: what a supervising command does around its own work."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from dev.problems import StartProblem
from dev.supervisor import Supervisor

SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def until_stopped(supervisor: Supervisor, work: Coroutine[Any, Any, None]) -> int:
    """Do the work, stay until a signal comes, end everything in order; the exit status.

    0 after a signal, whenever it came; 1, with one sentence on standard error, for a StartProblem.
    """
    # The clients of readiness checks complain about each server that is not up yet.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    stopped = asyncio.Event()
    closed = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)  # nohup
    for number in (*SIGNALS, *closed):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    logs = asyncio.create_task(supervisor.keep_logs_bounded())
    working = asyncio.create_task(work)
    waiting = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
            await waiting
        return 0
    except StartProblem as problem:
        print(problem, file=sys.stderr, flush=True)
        return 1
    finally:
        for task in (logs, working, waiting):
            task.cancel()
            with suppress(asyncio.CancelledError, StartProblem):
                await task
        await supervisor.stop()

"""Work in the background: tasks that somebody holds on to, and that do not fail in silence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine


class Background:
    """The tasks of one owner."""

    def __init__(self, logger: logging.Logger) -> None:
        """Log to `logger` what a task fails with."""
        self._logger = logger
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Begin to do something."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def close(self) -> None:
        """Stop everything that is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._logger.error("in the background", exc_info=task.exception())

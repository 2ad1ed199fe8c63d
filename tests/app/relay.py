"""A server that goes away, or falls silent, and comes back."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Relay:
    """A port that leads to another, and can be shut or fall silent.

    Attributes:
        target: where connections are led from now on.
    """

    def __init__(self, host: str, port: int, listen: str = "127.0.0.1") -> None:
        self.target = (host, port)
        self._listen = listen
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.silent = False
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, self._listen, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        assert self._server
        self._server.close()
        await self.drop()
        await asyncio.sleep(0.01)  # asyncio closes sockets a moment after it was told to

    async def drop(self) -> None:
        """End the connections there are."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # asyncio would log how a connection ended, and nobody is interested in that.
        with suppress(OSError, asyncio.CancelledError):
            await self._connect(reader, writer)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to_reader, to_writer = await asyncio.open_connection(*self.target)
        except BaseException:
            writer.transport.abort()
            raise
        pipes = [
            asyncio.create_task(self._pipe(reader, to_writer)),
            asyncio.create_task(self._pipe(to_reader, writer)),
        ]
        try:
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Before anything is waited for, where `shut` may cancel this once more. Not `close`, which waits until the
            # other side has taken what is left, and silent ones don't.
            writer.transport.abort()
            to_writer.transport.abort()
            for pipe in pipes:
                pipe.cancel()
            await asyncio.gather(*pipes, return_exceptions=True)

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if not self.silent:
                writer.write(data)
                await writer.drain()

"""The HTTP API, as far as load needs it: accounts, sessions and logins."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tests.load.client import ANSWER_SECONDS, Address

PASSWORD = "pass of everybody in the load test"

# Below what the server lets wait for a hash (`chat.passwords.MAX_WAITING`).
REGISTERING_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    id: str
    username: str
    token: str


async def post(server: Address, path: str, body: object) -> tuple[int, Any]:
    """Send one request on a connection of its own; return status and decoded answer.

    Raises:
        ConnectionError: there was no answer.
    """
    content = msgspec.json.encode(body)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {server.host}:{server.port}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    async with asyncio.timeout(ANSWER_SECONDS):
        reader, writer = await asyncio.open_connection(server.host, server.port)
        try:
            writer.write(head.encode() + content)
            answer = await reader.read()
        finally:
            writer.close()
    if not answer:
        raise ConnectionError(f"no answer to POST {path}")
    status, _, rest = answer.partition(b"\r\n")
    content = rest.partition(b"\r\n\r\n")[2]
    return int(status.split()[1]), msgspec.json.decode(content) if content else None


async def register(server: Address, usernames: Sequence[str]) -> list[Person]:
    """Make an account for each of these names; all are signed in.

    Raises:
        RuntimeError: the server refused one.
    """
    free = asyncio.Semaphore(REGISTERING_AT_ONCE)

    async def one(username: str) -> Person:
        async with free:
            body = {"username": username, "password": PASSWORD}
            status, answer = await post(server, "/api/v1/register", body)
        if status != 201:
            raise RuntimeError(f"registering {username}: {status} {answer}")
        return Person(answer["user"]["id"], username, answer["token"])

    return list(await asyncio.gather(*map(one, usernames)))

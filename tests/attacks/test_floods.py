"""Connections that send without end: each has its limit, and nobody else notices."""

import asyncio

import pytest

from tests.acceptance.client import PING, PONG, TEXT, Connection, World, encode_frame

LIMITED = [("--message-rate", "3")]


async def flood(connection: Connection, data: bytes) -> None:
    """Send until the server has had enough."""
    while connection.is_open:
        connection.write_bytes(data)
        try:
            await connection.drain()
        except (ConnectionError, TimeoutError):
            break
        await asyncio.sleep(0)


async def chat(ann: Connection, bob: Connection, conversation: str) -> None:
    for number in range(10):
        await bob.send(conversation, f"meanwhile {number}")
        assert (await ann.event("message"))["message"]["text"] == f"meanwhile {number}"


@pytest.mark.parametrize("server", LIMITED, indirect=True)
@pytest.mark.parametrize(
    "frame",
    [
        encode_frame(PING, b"x" * 125),
        encode_frame(TEXT, b"x" * 125),
        encode_frame(TEXT, b"[" * 100_000),
    ],
    ids=["pings", "nonsense", "large nonsense"],
)
async def test_a_flood_ends_with_4429_and_nobody_else_notices(world: World, frame: bytes) -> None:
    # 36, 38
    ann, bob, conversation = await world.couple()
    eve = await (await world.person("eve")).connect()

    flooding = asyncio.create_task(flood(eve, frame * 20))
    await chat(ann, bob, conversation)

    assert (await eve.closed()).code == 4429
    await flooding


async def test_frames_that_say_nothing_are_read_slowly(world: World) -> None:
    # 36
    ann, bob, conversation = await world.couple()
    eve = await (await world.person("eve")).connect()

    eve.write_bytes(encode_frame(PONG, b"x" * 125) * 200_000)  # more than all buffers hold
    await chat(ann, bob, conversation)

    assert eve._writer.transport.get_write_buffer_size() > 0
    eve._writer.transport.abort()

"""An upgrade: versions side by side of which the one says more than the other knows."""

from __future__ import annotations

import asyncio
import random
import sqlite3

from tests.acceptance.process import ServerProcess
from tests.faults.cluster import MONGODB, SQLITE, Cluster
from tests.faults.nemesis.fault import fault
from tests.faults.patches import copy
from tests.mongo_server import Mongod

# A later version, in which people have moods: there are new fields in all envelopes, new
# kinds of them, and in the store a new column, a new table, and a new number of its version.
_MOOD = '    mood: str = "later"\n'
LATER = (
    ("chat/envelopes.py", "    is_repeat: bool = False\n", f"    is_repeat: bool = False\n{_MOOD}"),
    ("chat/envelopes.py", "    skip: str\n", f"    skip: str\n{_MOOD}"),
    ("chat/envelopes.py", '    skip: str = ""\n', f'    skip: str = ""\n{_MOOD}'),
    (
        "chat/envelopes.py",
        "    is_for_all: bool = True\n",
        f"    is_for_all: bool = True\n{_MOOD}",
    ),
    ("chat/envelopes.py", "    reason: str\n", f"    reason: str\n{_MOOD}"),
    (
        "chat/envelopes.py",
        "Envelope = Numbered | Marked | Event | Seen | Ended\n",
        (
            f'class Mood(_Sealable, tag="mood"):\n{_MOOD}\n\n'
            "Envelope = Numbered | Marked | Event | Seen | Ended | Mood\n"
        ),
    ),
    (
        "chat/hub.py",
        "import Ended, Envelope, Event, Kind, Marked,",
        "import Ended, Envelope, Event, Kind, Marked, Mood,",
    ),
    (
        "chat/hub.py",
        "        self._broker.publish(room.topics, numbered)\n",
        (
            "        self._broker.publish(room.topics, numbered)\n"
            "        self._broker.publish(room.topics, Mood())\n"
        ),
    ),
    (
        "chat/hub.py",
        "        else:\n            for connection in list(self.connections(envelope.user)):\n",
        (
            "        elif isinstance(envelope, Ended):\n"
            "            for connection in list(self.connections(envelope.user)):\n"
        ),
    ),
    ("brokers/redis_wire.py", "    payload: bytes\n", f"    payload: bytes\n{_MOOD}"),
    (
        "brokers/redis_wire.py",
        "encode = msgspec",
        (
            f'class Mood(Struct, array_like=True, tag="m"):\n    node: str\n{_MOOD}\n\n'
            "encode = msgspec"
        ),
    ),
    ("brokers/redis_wire.py", "| Departed)\n\n", "| Departed | Mood)\n\n"),
    ("brokers/redis.py", "Envelope, Heartbeat, decode", "Envelope, Heartbeat, Mood, decode"),
    (
        "brokers/redis.py",
        "            self._enqueue(self._channels.control, encode(Heartbeat(self._node)))\n",
        (
            "            self._enqueue(self._channels.control, encode(Heartbeat(self._node)))\n"
            "            self._enqueue(self._channels.control, encode(Mood(self._node)))\n"
        ),
    ),
    (
        "chat/stores/sqlite_schema.py",
        "\n)\n\nTABLES = (",
        (
            "\n    (\n"
            "        \"ALTER TABLE messages ADD COLUMN mood TEXT NOT NULL DEFAULT 'later'\",\n"
            '        "CREATE TABLE moods (user INTEGER NOT NULL REFERENCES users)",\n'
            "    ),\n)\n\nTABLES = ("
        ),
    ),
    ("chat/stores/mongo_schema.py", "\nVERSION = 1\n", "\nVERSION = 2\n"),
    (
        "chat/stores/mongo_adding.py",
        '            "text": new.text,\n',
        '            "text": new.text,\n            "mood": "later",\n',
    ),
    (
        "chat/stores/mongo_accounts.py",
        '                "agent": new.agent,\n',
        '                "agent": new.agent,\n                "mood": "later",\n',
    ),
)


@fault(SQLITE, MONGODB)
async def upgrade(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """one server after the other is replaced by a later version, and by the present one again"""
    later = cluster.folder / "later"
    if not later.exists():
        later.mkdir()
        await asyncio.to_thread(copy, LATER, later)
    servers = chance.sample(cluster.servers, len(cluster.servers))
    settings = servers[0].settings
    try:
        for server in servers:
            await _replace(cluster, server, settings | {"PYTHONPATH": str(later)})
            await asyncio.sleep(chance.uniform(0.3, seconds / 2))
    finally:
        # An older version refuses the store: people have no way back but their backup.
        if cluster.kind == MONGODB:
            await asyncio.to_thread(_call_mongodb_older, await cluster.primary())
        else:
            await asyncio.to_thread(_call_sqlite_older, cluster)
        for server in servers:
            await _replace(cluster, server, settings)
            await asyncio.sleep(chance.uniform(0, seconds / 4))


async def _replace(cluster: Cluster, server: ServerProcess, settings: dict[str, str]) -> None:
    await cluster.stop(server)
    server.settings = settings
    await cluster.restart(server)


def _call_sqlite_older(cluster: Cluster) -> None:
    db = sqlite3.connect(cluster.database, isolation_level=None, timeout=30)
    try:
        db.execute("BEGIN IMMEDIATE")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        db.execute("DROP TABLE moods")
        db.execute("ALTER TABLE messages DROP COLUMN mood")
        db.execute(f"PRAGMA user_version = {version - 1}")
        db.execute("COMMIT")
    finally:
        db.close()


def _call_mongodb_older(primary: Mongod) -> None:
    with primary.client() as client:
        client["parley"]["meta"].update_one({"_id": "schema"}, {"$inc": {"version": -1}})

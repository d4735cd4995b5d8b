"""What must hold on every connection, whatever a test is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.acceptance.client.shapes import Frame, check_frame

if TYPE_CHECKING:
    from tests.acceptance.client.connection import Connection


class Ledger:
    """What must hold on every connection in every test.

    Conversations become known through the objects in which the server itself lists their
    members; whatever else names a conversation must name one that the listener is in.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.members: dict[str, set[str]] = {}
        self.seen: list[tuple[str, str, str]] = []
        self.spoken: set[str] = set()
        self.presences: list[tuple[str, str]] = []

    def check(self, connection: Connection, frame: Frame) -> None:
        """Looks at a frame in the moment of its arrival."""
        try:
            check_frame(frame)
        except (AssertionError, KeyError, TypeError) as exc:
            self.problems.append(f"not as documented: {exc!r} in {frame.raw[:300]}")
            return
        first = len(connection.frames) == 1
        if first != (frame["type"] == "hello"):
            self.problems.append(f"hello is the first frame and no other: {frame.raw[:100]}")
        if frame["type"] == "hello":
            connection.hello, connection.user_id = frame, frame["user"]["id"]
        if frame["type"] == "presence":
            self.presences.append((connection.user_id, frame["user"]))
        for conversation in _conversations_in(frame):
            self.members.setdefault(conversation["id"], set()).update(
                each["user"]["id"] for each in conversation["members"]
            )
            self.seen.append((connection.user_id, conversation["id"], frame.raw[:200]))
        if frame["type"] in {"message", "sent"}:
            self.spoken.add(frame["conversation"])
        if frame["type"] == "message" and frame["message"]["seq"] == 1:
            before = connection.frames[-2]
            if before["type"] != "conversation" or "re" in before:
                self.problems.append(f"no conversation just before {frame.raw[:200]}")
        if isinstance(frame.get("conversation"), str):
            self.seen.append((connection.user_id, frame["conversation"], frame.raw[:200]))
        self._check_order(connection, frame)

    def _check_order(self, connection: Connection, frame: Frame) -> None:
        if frame["type"] == "resync":
            connection.arrivals.clear()
        seq = None
        if frame["type"] == "message":
            seq = frame["message"]["seq"]
        elif frame["type"] == "sent" and not frame["duplicate"]:
            seq = frame["seq"]
        if seq is not None:
            last = connection.arrivals.get(frame["conversation"])
            if last is not None and seq != last + 1:
                self.problems.append(f"seq {seq} arrived after {last}: {frame.raw[:200]}")
            connection.arrivals[frame["conversation"]] = seq
        if frame["type"] in {"change", "changed"}:
            rev = frame["message"]["rev"]
            last_rev = connection.revs.get(frame["conversation"], 0)
            if frame["type"] == "change" and rev <= last_rev:
                self.problems.append(f"rev {rev} arrived after {last_rev}: {frame.raw[:200]}")
            connection.revs[frame["conversation"]] = max(rev, last_rev)

    def close(self) -> None:
        """The last look, when it is known who is in what.

        Raises:
            AssertionError: a promise was broken on some connection.
        """
        for user, conversation, text in self.seen:
            if user not in self.members.get(conversation, ()):
                self.problems.append(f"{user} is not in {conversation} but got {text}")
        for listener, user in self.presences:
            shared = [
                each for each in self.spoken if {listener, user} <= self.members.get(each, set())
            ]
            if not shared:
                self.problems.append(f"{listener} heard of the presence of the stranger {user}")
            if listener == user:
                self.problems.append(f"{user} was told the own presence")
        assert not self.problems, "\n".join(self.problems[:20])


def _conversations_in(frame: Frame) -> list[dict[str, Any]]:
    if frame["type"] == "conversation":
        return [frame["conversation"]]
    return list(frame["conversations"]) if frame["type"] == "synced" else []

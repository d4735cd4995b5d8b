"""The roster: whom the connections of this process take to be online.

It is what they were told, which is not always true: events are lost, or overtake each other,
and an answer may be older than the event before it. `chat.presence` compares it with the truth.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from chat.models import UserId


class Roster:
    """Who is online, as far as people here were told.

    All connections that may know of somebody take them for what stands here, but for those of
    whom this is in doubt.
    """

    def __init__(self) -> None:
        """Begin with nobody online: nobody was told anything."""
        self.online: set[UserId] = set()
        self._doubted: set[UserId] = set()
        self._differing: set[UserId] = set()

    def begin(self, online: Iterable[UserId]) -> None:
        """Begin with who is online in truth, while nobody is here to be told."""
        self.online = set(online)
        self._doubted.clear()
        self._differing.clear()

    def told(self, user: UserId, *, online: bool) -> None:
        """Note that everybody here who may know is told."""
        self._doubted.discard(user)
        if online:
            self.online.add(user)
        else:
            self.online.discard(user)

    def showed(self, user: UserId, *, online: bool) -> None:
        """Note that some are told: who asked, for one."""
        if online != (user in self.online):
            self._doubted.add(user)

    def doubt(self, users: Iterable[UserId]) -> None:
        """Note that some may be told what is true of these no more."""
        self._doubted.update(users)

    def is_known(self, user: UserId, *, online: bool) -> bool:
        """Return whether everybody here takes a user to be just that."""
        return user not in self._doubted and online == (user in self.online)

    def compare(self, online: AbstractSet[UserId], *, is_all: bool) -> set[UserId]:
        """Return of whom people here are to be told anew, by who is online in truth.

        What differs for the first time may be on its way.

        Args:
            is_all: nobody else is online, as far as the broker knows.
        """
        differing = self.online ^ online if is_all else set(online - self.online)
        wrong = (differing & self._differing) | self._doubted
        self._differing = differing
        return wrong

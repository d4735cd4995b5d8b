"""What Parley needs of a database: durable, ordered, exactly once.

The store is the truth. A call that returns has committed: in SQLite on the disk, in
MongoDB by a majority and journalled. Calls that take a batch commit it as a whole and
answer each item in its order, so that callers can gather what comes in while the last
commit is still under way (group commit, `chat.commit`).

Every method may raise `Unavailable`: the outcome is then not known, and asking again with
the same values is safe. Cancelling a call does not take back what it may have written.

Rules about *who may do what* are not decided here but in the services, with one
exception: whatever must be true at the moment of the commit (is the sender still a
member? is the message still there?) is checked in the same transaction.
"""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence

from chat.errors import ParleyError
from chat.models import (
    Account,
    Added,
    Changed,
    Conversation,
    ConversationId,
    Mark,
    Marks,
    Message,
    NewMessage,
    Page,
    Session,
    SessionId,
    Summary,
    User,
    UserId,
)


class Store(ABC):
    """A database that keeps accounts, sessions, conversations and messages."""

    # Life

    @abstractmethod
    async def open(self) -> None:
        """Connect, and create or migrate what is missing.

        Raises:
            StoreError: it can never work as it stands (corrupt, of a newer version, not
                writable); the text names the place and what to do.
        """

    @abstractmethod
    async def close(self) -> None:
        """Finish what was begun and let go of everything. May be called twice."""

    async def claim(self) -> None:
        """Keep other servers away: this one's broker does not reach them.

        A store that cannot know lets it be. What an operator's command writes beside a
        server is no harm (`have_sessions_ended`).

        Raises:
            StoreError: another server has claimed it.
        """
        return

    async def share(self) -> None:
        """Get on with other servers that write, too: this one's broker reaches them.

        Raises:
            StoreError: one has claimed it, which no broker reaches.
        """
        return

    @abstractmethod
    async def ping(self) -> None:
        """Return if the store can read and write now.

        Raises:
            Unavailable: it cannot.
        """

    async def time(self) -> int | None:
        """Return the time of the database, in milliseconds since 1970.

        None if it has none of its own: then the machine's is that of all who share it.

        Raises:
            Unavailable: it cannot be asked now.
        """
        return None

    @abstractmethod
    async def have_sessions_ended(self) -> bool:
        """Whether sessions may have ended, by whatever process, since this was last asked.

        Cheap, since it is asked all the time; those past their age do not count.
        """

    # Accounts

    @abstractmethod
    async def add_user(self, account: Account) -> None:
        """Keep a new account.

        Raises:
            Conflict: the username is taken (field ``username``).
        """

    @abstractmethod
    async def account(self, user: UserId) -> Account | None:
        """Return the account with this id."""

    @abstractmethod
    async def account_named(self, username: str) -> Account | None:
        """Return the account with this (lower-case) username."""

    @abstractmethod
    async def accounts(self, after: str, limit: int) -> list[Account]:
        """Return at most `limit` accounts by username, those after `after` (``""``: all)."""

    @abstractmethod
    async def users(self, ids: Collection[UserId]) -> dict[UserId, User]:
        """Return the users that exist among `ids`."""

    @abstractmethod
    async def find_users(self, prefix: str, limit: int, excluding: UserId) -> list[User]:
        """Return users whose search words (`search_words`) begin with `prefix`.

        `prefix` must have been through `search_key`. Every character has its literal
        meaning. Ordered by username; a disabled account and `excluding` are left out.
        """

    @abstractmethod
    async def set_name(self, user: UserId, name: str) -> None:
        """Replace the name, and what the user is found by. No-op for an unknown user."""

    @abstractmethod
    async def set_password(
        self, user: UserId, password_hash: str, keep: SessionId | None
    ) -> list[SessionId]:
        """Replace the password and in the same commit end all sessions but `keep`.

        Returns:
            The ids of the sessions that ended.
        """

    @abstractmethod
    async def replace_hash(self, user: UserId, old_hash: str, new_hash: str) -> None:
        """Replace a hash by one of the same password. No-op if it is `old_hash` no more."""

    @abstractmethod
    async def set_disabled(self, user: UserId, disabled: bool) -> list[SessionId]:
        """Switch an account off or on; off ends its sessions, whose ids are returned."""

    @abstractmethod
    async def highest_password_cost(self) -> int:
        """Return the highest bcrypt cost among the stored hashes, 0 if there is none."""

    @abstractmethod
    async def touch(self, users: Mapping[UserId, int], sessions: Mapping[SessionId, int]) -> None:
        """Move last-seen times (ms) of users and sessions; they never move back.

        Unknown ids are passed over.
        """

    # Sessions

    @abstractmethod
    async def add_session(self, session: Session, token_hash: bytes, limit: int) -> list[SessionId]:
        """Keep a session under the SHA-256 of its token.

        A user keeps the `limit` sessions last used; the ids of those that had to end for
        this one are returned.

        Raises:
            Unauthorized: the account is disabled or gone by now.
        """

    @abstractmethod
    async def session(self, token_hash: bytes) -> tuple[Session, User] | None:
        """Return the session of this token and its user; None if it ended or never was.

        Ages are not looked at: see `chat.sessions`.
        """

    @abstractmethod
    async def sessions(self, user: UserId) -> list[Session]:
        """Return the user's sessions, the last used first."""

    @abstractmethod
    async def end_sessions(self, user: UserId, ids: Collection[SessionId]) -> list[SessionId]:
        """End those of the user's sessions; return the ids that had been alive."""

    @abstractmethod
    async def live_sessions(
        self, ids: Collection[SessionId], created_after: int, used_after: int
    ) -> set[SessionId]:
        """Return those of `ids` that have neither ended nor passed these ages (ms)."""

    @abstractmethod
    async def expire_sessions(self, created_before: int, used_before: int) -> int:
        """Delete sessions past these ages (ms); return how many."""

    # Attempts (login and registration limits)

    @abstractmethod
    async def count_attempt(self, keys: Sequence[str], limit: int, window_ms: int, now: int) -> int:
        """Count one attempt under each key, if none of them has reached `limit`.

        A key's count starts with its first attempt and is forgotten `window_ms` later.

        Returns:
            0 if it was counted; else the milliseconds until all keys are free again, and
            nothing was counted.
        """

    @abstractmethod
    async def attempts_wait(self, keys: Sequence[str], limit: int, now: int) -> int:
        """Return 0 if none of the keys has reached `limit`; else the milliseconds until all
        are free again. Counts nothing."""

    @abstractmethod
    async def forget_attempts(self, keys: Sequence[str]) -> None:
        """Forget all attempts under each of these keys."""

    # Conversations

    @abstractmethod
    async def open_direct(
        self, conversation: ConversationId, one: UserId, other: UserId, now: int
    ) -> Conversation:
        """Return the direct conversation of these two; made under this id if need be.

        Two users never get two, whoever asks and however often at once. `one` and `other`
        may be the same user: a conversation with one member.

        Raises:
            NotFound: one of them does not exist (field ``user``).
        """

    @abstractmethod
    async def conversation(self, conversation: ConversationId) -> Conversation | None:
        """Return it with its members and their marks as committed."""

    @abstractmethod
    async def summary(self, conversation: ConversationId, user: UserId) -> Summary | None:
        """Return it as this member sees it; None for a stranger."""

    @abstractmethod
    async def summaries(self, user: UserId, cursor: str | None, limit: int) -> Page:
        """Return the user's conversations that hold a message, newest `updated` first.

        Members are left out (empty) for conversations of more than 50, except for the
        user himself.

        Raises:
            Invalid: a cursor that this method never returned (field ``cursor``).
        """

    @abstractmethod
    async def contacts(self, user: UserId) -> set[UserId]:
        """Return who else shares a conversation with a message in it with the user.

        Conversations of more than 50 members do not count: presence is not told there.
        """

    # Messages

    @abstractmethod
    async def add_messages(self, batch: Sequence[NewMessage]) -> list[Added | ParleyError]:
        """Commit messages, numbering each conversation's in the order given.

        Exactly once: a message whose (conversation, sender, client_id) is stored already
        is answered with what is stored, as a duplicate that is confirmed to be durable.

        Errors, one for its item, the others go on:
            NotFound: the sender is no member (field ``conversation``).
            Conflict: the key was first used with another text (field ``client_id``).
            Invalid: `reply_to` is not the number of an earlier message.
        """

    @abstractmethod
    async def messages(self, conversation: ConversationId, first: int, last: int) -> list[Message]:
        """Return the messages with ``first <= seq <= last``, ascending."""

    @abstractmethod
    async def changes(self, conversation: ConversationId, after: int, limit: int) -> list[Message]:
        """Return at most `limit` messages whose `rev` is greater, ascending `rev`."""

    @abstractmethod
    async def change_message(
        self,
        conversation: ConversationId,
        seq: int,
        change: Callable[[Message], Message],
    ) -> Changed:
        """Replace a message by ``change(message)`` in one transaction.

        The new message takes the conversation's next ``rev``; if `change` returns an equal
        message, nothing is written. `change` is pure, may be called again, may run in
        another thread, and may raise a `ParleyError`, which is passed on.

        Raises:
            NotFound: there is no such message (field ``seq``).
        """

    # Marks

    @abstractmethod
    async def move_marks(self, batch: Sequence[Mark]) -> list[Marks | ParleyError]:
        """Move marks forward, each to the larger of what is stored and what is wished.

        What has been read has been received too.

        Errors, one for its item, the others go on:
            NotFound: the user is no member (field ``conversation``).
            Invalid: beyond the conversation's head (field ``seq``).
        """


def search_key(text: str) -> str:
    """Return `text` as it is compared in a search for people: without case (Unicode
    NFKC and case folding), white space run together."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def search_words(user: User) -> list[str]:
    """Return what a prefix is compared with: the username, and the name from each of its
    words on, so that "ann l" finds "Mary Ann Lee"."""
    words = search_key(user.name).split(" ")
    starts = {" ".join(words[index:]) for index in range(len(words))}
    return sorted((starts | {user.username}) - {""})

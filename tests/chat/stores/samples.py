"""People, conversations and messages for tests of stores."""

from collections.abc import Callable

import msgspec

from chat.models import (
    Account,
    Added,
    ConversationId,
    Mark,
    Marks,
    Message,
    NewMessage,
    Session,
    SessionId,
    User,
    UserId,
    new_conversation_id,
)
from chat.stores.base import Store

# 2026-11-22T08:30:41.123Z
AT = 1_795_336_241_123

ANN, BOB, CEM, DOT = (UserId(f"_{name}") for name in ("ann", "bob", "cem", "dot"))


def account(user: UserId, name: str | None = None, password_hash: str = "") -> Account:
    """Return an account whose username is the id without its underscore."""
    username = user.removeprefix("_")
    return Account(User(user, username, name or username.title()), password_hash, AT)


async def add_people(store: Store, *users: UserId) -> None:
    for user in users or (ANN, BOB, CEM, DOT):
        await store.add_user(account(user))


async def open_pair(store: Store, one: UserId = ANN, other: UserId = BOB) -> ConversationId:
    return (await store.open_direct(new_conversation_id(), one, other, AT)).id


async def open_new_pair(store: Store) -> ConversationId:
    """Add Ann and Bob and return their conversation."""
    await add_people(store, ANN, BOB)
    return await open_pair(store)


def new(
    conversation: ConversationId,
    client_id: str = "1",
    text: str = "Hello",
    sender: UserId = ANN,
    at: int = AT,
    reply_to: int | None = None,
) -> NewMessage:
    return NewMessage(conversation, sender, client_id, text, at, reply_to)


async def add(store: Store, message: NewMessage) -> Added:
    """Add one message, or raise what became of it."""
    (outcome,) = await store.add_messages([message])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


async def add_many(
    store: Store, conversation: ConversationId, count: int, sender: UserId = ANN
) -> None:
    """Add messages of one sender whose texts are their numbers."""
    first = await head(store, conversation) + 1
    batch = [
        new(conversation, f"{sender} {seq}", str(seq), sender)
        for seq in range(first, first + count)
    ]
    assert all(isinstance(added, Added) for added in await store.add_messages(batch))


async def head(store: Store, conversation: ConversationId) -> int:
    found = await store.conversation(conversation)
    assert found is not None
    return found.head


async def unread(store: Store, conversation: ConversationId, user: UserId) -> int:
    summary = await store.summary(conversation, user)
    assert summary is not None
    return summary.unread


async def mark(
    store: Store, conversation: ConversationId, user: UserId, received: int = 0, read: int = 0
) -> Marks:
    """Move one person's marks, or raise why not."""
    (outcome,) = await store.move_marks([Mark(conversation, user, received, read)])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def edited(text: str) -> Callable[[Message], Message]:
    return lambda message: msgspec.structs.replace(message, text=text, edited=True)


def deleted(message: Message) -> Message:
    return msgspec.structs.replace(message, text=None, deleted=True, reactions={})


def reacted(emoji: str, *users: UserId) -> Callable[[Message], Message]:
    def change(message: Message) -> Message:
        others = {key: held for key, held in message.reactions.items() if key != emoji}
        return msgspec.structs.replace(
            message, reactions={**others, emoji: list(users)} if users else others
        )

    return change


def session(name: str, user: UserId = ANN, last_seen: int = AT, created: int = AT) -> Session:
    return Session(SessionId(name), user, created, last_seen, "192.0.2.1", "Firefox")


def token(name: str) -> bytes:
    """Return 32 bytes that stand for the hash of a token."""
    return name.encode().ljust(32, b"-")

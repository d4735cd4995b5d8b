"""Random sequences of calls, compared with dictionaries that do the same the simple way."""

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from chat.errors import Conflict, Invalid, NotFound, ParleyError
from chat.models import (
    Added,
    ConversationId,
    Mark,
    Message,
    NewMessage,
    UserId,
    new_conversation_id,
    rfc3339,
)
from chat.stores.base import Store
from tests.chat.stores.backends import BACKENDS, NewStore
from tests.chat.stores.samples import AT, account, deleted, edited, reacted

PEOPLE = [UserId(f"_{name}") for name in ("ann", "bob", "cem")]
STRANGER = UserId("_eve")
TEXTS = st.sampled_from(["one", "two", "🦊", "e\u0301", " "])
KEYS = st.sampled_from(["a", "b", "c", "d", "e"])
SEQS = st.integers(min_value=0, max_value=12)
CHOICE = st.integers(min_value=0, max_value=5)


@dataclass
class Talk:
    """A conversation in the model."""

    pair: frozenset[UserId]
    updated: int
    rev: int = 0
    messages: list[Message] = field(default_factory=list)
    first_texts: dict[tuple[UserId, str], tuple[int, str]] = field(default_factory=dict)
    marks: dict[UserId, tuple[int, int]] = field(default_factory=dict)

    def unread(self, user: UserId) -> int:
        read = self.marks[user][1]
        return sum(
            message.seq > read and message.sender != user and not message.deleted
            for message in self.messages
        )


class StoreMachine(RuleBasedStateMachine):
    """One store, closed and opened again now and then, beside its model."""

    backend = ""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = tempfile.TemporaryDirectory()
        self.new_store: NewStore = BACKENDS[self.backend](Path(self.directory.name))
        self.store: Store = self.new_store()
        self.runner.run(self.store.open())
        self.talks: dict[ConversationId, Talk] = {}
        self.now = AT

    def teardown(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()
        self.directory.cleanup()

    @initialize()
    def begin(self) -> None:
        for user in (*PEOPLE, STRANGER):
            self.runner.run(self.store.add_user(account(user)))
        for pair in ((0, 1), (1, 2), (0, 0)):
            self.open_direct(*pair)

    def talk(self, choice: int) -> tuple[ConversationId, Talk]:
        return list(self.talks.items())[choice % len(self.talks)]

    @rule(one=st.integers(0, 2), other=st.integers(0, 2))
    def open_direct(self, one: int, other: int) -> None:
        pair = (PEOPLE[one], PEOPLE[other])
        wished = new_conversation_id()

        found = self.runner.run(self.store.open_direct(wished, *pair, self.now))

        known = [key for key, talk in self.talks.items() if talk.pair == frozenset(pair)]
        assert found.id == (known[0] if known else wished)
        if not known:
            self.talks[wished] = Talk(frozenset(pair), self.now, marks=dict.fromkeys(pair, (0, 0)))

    @rule(
        items=st.lists(
            st.tuples(CHOICE, CHOICE, KEYS, TEXTS, st.none() | SEQS), min_size=1, max_size=8
        )
    )
    def send(self, items: list[tuple[int, int, str, str, int | None]]) -> None:
        batch = []
        for choice, sender, client_id, text, reply_to in items:
            self.now += 1
            users = [*PEOPLE, STRANGER]
            batch.append(
                NewMessage(
                    self.talk(choice)[0],
                    users[sender % 4],
                    client_id,
                    text,
                    self.now,
                    reply_to,
                )
            )

        outcomes = self.runner.run(self.store.add_messages(batch))

        assert len(outcomes) == len(batch)
        for new, outcome in zip(batch, outcomes, strict=True):
            self.check_sent(new, outcome)

    def check_sent(self, new: NewMessage, outcome: Added | ParleyError) -> None:
        talk = self.talks[new.conversation]
        key = (new.sender, new.client_id)
        if new.sender not in talk.pair:
            assert isinstance(outcome, NotFound)
        elif key in talk.first_texts:
            seq, text = talk.first_texts[key]
            if text == new.text:
                assert outcome == Added(talk.messages[seq - 1], duplicate=True)
            else:
                assert isinstance(outcome, Conflict)
        elif new.reply_to is not None and not 1 <= new.reply_to <= len(talk.messages):
            assert isinstance(outcome, Invalid)
        else:
            seq = len(talk.messages) + 1
            message = Message(
                seq, new.sender, new.client_id, new.text, rfc3339(new.at), new.reply_to
            )
            assert outcome == Added(message, duplicate=False)
            talk.messages.append(message)
            talk.first_texts[key] = (seq, new.text)
            talk.updated = new.at

    @rule(choice=CHOICE, seq=SEQS, kind=st.sampled_from("edr"), text=TEXTS, user=st.integers(0, 2))
    def change(self, choice: int, seq: int, kind: str, text: str, user: int) -> None:
        key, talk = self.talk(choice)
        change = {"e": edited(text), "d": deleted, "r": reacted(text, PEOPLE[user])}[kind]

        def unless_deleted(message: Message) -> Message:
            return message if message.deleted else change(message)

        try:
            changed = self.runner.run(self.store.change_message(key, seq, unless_deleted))
        except NotFound:
            assert not 1 <= seq <= len(talk.messages)
            return

        old = talk.messages[seq - 1]
        new = unless_deleted(old)
        if new != old:
            talk.rev += 1
            talk.messages[seq - 1] = msgspec.structs.replace(new, rev=talk.rev)
        assert changed.changed == (new != old)
        assert changed.message == talk.messages[seq - 1]

    @rule(items=st.lists(st.tuples(CHOICE, CHOICE, SEQS, SEQS), min_size=1, max_size=5))
    def move_marks(self, items: list[tuple[int, int, int, int]]) -> None:
        users = [*PEOPLE, STRANGER]
        batch = [
            Mark(self.talk(choice)[0], users[user % 4], received, read)
            for choice, user, received, read in items
        ]

        outcomes = self.runner.run(self.store.move_marks(batch))

        for mark, outcome in zip(batch, outcomes, strict=True):
            talk = self.talks[mark.conversation]
            if mark.user not in talk.marks:
                assert isinstance(outcome, NotFound)
            elif max(mark.received, mark.read) > len(talk.messages):
                assert isinstance(outcome, Invalid)
            else:
                assert not isinstance(outcome, ParleyError)
                before = talk.marks[mark.user]
                read = max(before[1], mark.read)
                talk.marks[mark.user] = (max(before[0], mark.received, read), read)
                assert (outcome.received, outcome.read) == talk.marks[mark.user]
                assert outcome.moved == (talk.marks[mark.user] != before)

    @rule()
    def reopen(self) -> None:
        self.runner.run(self.store.close())
        self.store = self.new_store()
        self.runner.run(self.store.open())

    @rule(choice=CHOICE, first=SEQS, last=SEQS, limit=st.integers(1, 4))
    def read(self, choice: int, first: int, last: int, limit: int) -> None:
        key, talk = self.talk(choice)

        messages = self.runner.run(self.store.messages(key, first, last))
        changes = self.runner.run(self.store.changes(key, first, limit))

        assert messages == [found for found in talk.messages if first <= found.seq <= last]
        changed = sorted(
            (found for found in talk.messages if found.rev > first), key=lambda found: found.rev
        )
        assert changes == changed[:limit]

    @invariant()
    def lists_agree(self) -> None:
        for user in PEOPLE:
            page = self.runner.run(self.store.summaries(user, None, 100))
            expected = [
                (key, talk)
                for key, talk in self.talks.items()
                if user in talk.pair and talk.messages
            ]
            assert {summary.conversation.id for summary in page.items} == {
                key for key, _ in expected
            }
            times = [summary.conversation.updated for summary in page.items]
            assert times == sorted(times, reverse=True)
            for summary in page.items:
                talk = self.talks[summary.conversation.id]
                assert summary.last == talk.messages[-1]
                assert summary.unread == talk.unread(user)
                found = summary.conversation
                assert (found.head, found.rev) == (len(talk.messages), talk.rev)
                assert found.updated == talk.updated
                assert [(place.user, (place.received, place.read)) for place in found.members] == (
                    sorted(talk.marks.items())
                )
            assert self.runner.run(self.store.contacts(user)) == {
                other for _, talk in expected for other in talk.pair - {user}
            }


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_store_behaves_as_its_model(backend: str) -> None:
    machine = type("Machine", (StoreMachine,), {"backend": backend})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
        ),
    )

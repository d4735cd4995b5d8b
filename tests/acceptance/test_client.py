"""The ledger is no use if it does not notice: it is shown broken promises here."""

import json
from typing import Any

import pytest

from tests.acceptance.client import Connection, Frame, Ledger

NOW = "2026-11-22T08:30:41.123Z"


class Listener(Connection):
    """A connection without a socket: frames are handed to its ledger."""

    def __init__(self, user: str, ledger: Ledger) -> None:
        self.user_id, self.ledger = user, ledger
        self.frames, self.arrivals, self.revs = [Frame(type="hello")], {}, {}

    def hear(self, **fields: Any) -> None:
        frame = Frame(fields)
        frame.raw = json.dumps(fields)
        self.frames.append(frame)
        self.ledger.check(self, frame)


def user(name: str) -> dict[str, Any]:
    return {"id": name, "username": name, "name": name, "online": False, "last_seen": None}


def message(seq: int, rev: int = 0) -> dict[str, Any]:
    return {
        "seq": seq,
        "from": "ann",
        "client_id": f"c{seq}",
        "text": "hello",
        "at": NOW,
        "reply_to": None,
        "rev": rev,
        "edited": bool(rev),
        "deleted": False,
        "reactions": {},
    }


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def ann(ledger) -> Listener:
    listener = Listener("ann", ledger)
    members = [{"user": user(name), "role": "member", "received": 0, "read": 0} for name in AB]
    listener.hear(
        type="conversation",
        conversation={
            "id": "ab",
            "kind": "direct",
            "title": None,
            "members": members,
            "member_count": 2,
            "head": 0,
            "rev": 0,
            "unread": 0,
            "last": None,
            "updated": NOW,
        },
    )
    return listener


AB = ("ann", "bob")


def test_the_ledger_is_content_with_promises_kept(ledger, ann):
    ann.hear(type="message", conversation="ab", message=message(2))
    ann.hear(type="sent", re=1, conversation="ab", client_id="c3", seq=3, at=NOW, duplicate=False)
    ann.hear(type="change", conversation="ab", message=message(1, rev=1))
    ann.hear(type="presence", user="bob", online=True, last_seen=None)

    ledger.close()


@pytest.mark.parametrize("seqs", [[2, 2], [3, 2], [2, 4]], ids=["twice", "back", "gap"])
def test_the_ledger_notices_messages_out_of_order(ledger, ann, seqs):
    for seq in seqs:
        ann.hear(type="message", conversation="ab", message=message(seq))

    with pytest.raises(AssertionError, match="arrived after"):
        ledger.close()


def test_the_ledger_notices_changes_out_of_order(ledger, ann):
    ann.hear(type="change", conversation="ab", message=message(1, rev=2))
    ann.hear(type="change", conversation="ab", message=message(2, rev=1))

    with pytest.raises(AssertionError, match="rev 1 arrived after 2"):
        ledger.close()


def test_the_ledger_notices_a_first_message_without_its_conversation(ledger, ann):
    ann.hear(type="typing", conversation="ab", user="bob", on=True)
    ann.hear(type="message", conversation="ab", message=message(1))

    with pytest.raises(AssertionError, match="no conversation just before"):
        ledger.close()


def test_the_ledger_notices_a_stranger_who_hears_something(ledger, ann):
    Listener("eve", ledger).hear(type="typing", conversation="ab", user="ann", on=True)

    with pytest.raises(AssertionError, match="eve is not in ab"):
        ledger.close()


def test_the_ledger_notices_the_presence_of_a_stranger(ledger, ann):
    Listener("eve", ledger).hear(type="presence", user="ann", online=True, last_seen=None)

    with pytest.raises(AssertionError, match="stranger ann"):
        ledger.close()


def test_the_ledger_notices_presence_before_the_first_message(ledger, ann):
    ann.hear(type="presence", user="bob", online=True, last_seen=None)

    with pytest.raises(AssertionError, match="stranger bob"):
        ledger.close()


def test_the_ledger_notices_an_undocumented_object(ledger, ann):
    ann.hear(type="message", conversation="ab", message=message(1) | {"seq": "1"})

    with pytest.raises(AssertionError, match="not as documented"):
        ledger.close()

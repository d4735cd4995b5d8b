"""The checker, on made-up histories: a good one passes, and each broken promise is seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.faults.checker import Verdict, check
from tests.faults.history import (
    CLOSED,
    Answered,
    Arrived,
    Begun,
    Changed,
    Closed,
    Complaint,
    Copy,
    Ended,
    Event,
    Healed,
    History,
    Marked,
    MarkKept,
    Opened,
    Quiet,
    Resynced,
    Shown,
    Tried,
    read,
)


def tried(key: str, at: float, connection: str = "ann.0") -> Tried:
    return Tried(
        at=at, connection=connection, user="ann", conversation="c", key=key, text=f"text {key}"
    )


def answered(key: str, at: float, seq: int = 0, code: str = "", **more: Any) -> Answered:
    return Answered(
        **{"connection": "ann.0", "user": "ann", "conversation": "c"} | more,
        at=at,
        key=key,
        seq=seq,
        code=code,
    )


def arrived(seq: int, connection: str = "bob.0") -> Arrived:
    return Arrived(at=3, connection=connection, conversation="c", seq=seq)


def message(seq: int, key: str, rev: int = 0) -> dict[str, Any]:
    return {
        "seq": seq,
        "from": "ann",
        "client_id": key,
        "text": f"text {key}",
        "at": f"2026-11-22T08:30:4{seq}.123Z",
        "rev": rev,
        "deleted": False,
    }


def copy(*keys: str, holder: str = "bob-0", at: float = 11, **more: Any) -> Copy:
    return Copy(
        **{"marks": {"ann": (0, 0), "bob": (2, 2)}, "reader": "bob"} | more,
        at=at,
        holder=holder,
        conversation="c",
        messages={seq: message(seq, key) for seq, key in enumerate(keys, 1)},
    )


def truth(*keys: str, **more: Any) -> Copy:
    return copy(*keys, holder="judge", is_truth=True, **more)


# Two messages, the answer to the second of which is lost at first.
TALK: list[Event] = [
    Opened(at=0, asked_at=0, connection="bob.0", user="bob", session="s"),
    tried("a", 1),
    answered("a", 1.1, 1),
    arrived(1),
    tried("b", 1.2),
    answered("b", 1.5, code=CLOSED),
    tried("b", 2, "ann.1"),
    Begun(at=2, fault="kill-server"),
    answered("b", 2.1, 2, connection="ann.1", is_duplicate=True),
    arrived(2),
    MarkKept(at=3, user="bob", conversation="c", seq=2),
    Healed(at=9, fault="kill-server"),
    Quiet(at=10),
]
GOOD: list[Event] = [*TALK, truth("a", "b"), copy("a", "b")]


def problem(*events: Event) -> Verdict:
    """The verdict on the good talk with more in it, which must be a bad one."""
    verdict = check([*TALK, *events])
    assert verdict.problems
    return verdict


def test_a_good_history_passes_with_its_figures() -> None:
    verdict = check(GOOD)

    assert verdict.problems == []
    assert (verdict.acknowledged, verdict.unknown, verdict.converge_seconds) == (2, 1, 1)
    assert verdict.sent_seconds == pytest.approx(0.9)
    assert (verdict.lost, verdict.doubled, verdict.reordered, verdict.holes) == (0, 0, 0, 0)


def test_a_history_outlives_its_file(tmp_path: Path) -> None:
    history = History()
    for event in GOOD:
        history.add(event)

    history.write(tmp_path / "history.jsonl")

    assert read(tmp_path / "history.jsonl") == GOOD


def test_a_lost_message_is_seen() -> None:
    assert problem(truth("a"), copy("a")).lost == 1


def test_a_message_at_another_place_than_was_said_is_seen() -> None:
    assert problem(truth("b", "a"), copy("b", "a")).lost == 2


def test_a_doubled_message_is_seen() -> None:
    assert problem(truth("a", "b", "b"), copy("a", "b", "b")).doubled == 1


def test_a_message_under_two_keys_is_seen() -> None:
    again = message(3, "b2") | {"text": "text b"}
    both = [truth("a", "b"), copy("a", "b")]
    for each in both:
        each.messages[3] = again

    assert problem(*both).doubled == 1


def test_a_message_that_was_acknowledged_twice_at_different_places_is_seen() -> None:
    again: list[Event] = [tried("a", 4), answered("a", 4.1, 3), truth("a", "b"), copy("a", "b")]

    assert problem(*again).doubled == 1


def test_a_hole_is_seen() -> None:
    both = [truth("a", "b", "c"), copy("a", "b", "c")]
    for each in both:
        del each.messages[2]

    assert problem(*both).holes == 1


def test_an_order_that_is_not_that_of_the_acknowledgements_is_seen() -> None:
    sends: list[Event] = [
        tried("d", 5),
        answered("d", 5.1, 4),
        tried("c", 6),
        answered("c", 6.1, 3),
    ]
    keys = ("a", "b", "c", "d")

    assert problem(*sends, truth(*keys), copy(*keys)).reordered >= 1


def test_an_order_that_is_not_that_of_the_connection_is_seen() -> None:
    sends: list[Event] = [
        tried("d", 5),
        tried("c", 5),
        answered("c", 5.1, 3),
        answered("d", 5.1, 4),
    ]
    keys = ("a", "b", "c", "d")

    assert problem(*sends, truth(*keys), copy(*keys)).reordered == 1


@pytest.mark.parametrize(
    ("seq", "figure"), [(1, "reordered"), (2, "doubled"), (4, "holes")], ids=str
)
def test_what_arrives_out_of_turn_on_a_connection_is_seen(seq: int, figure: str) -> None:
    verdict = problem(arrived(seq), truth("a", "b"), copy("a", "b"))

    assert getattr(verdict, figure) == 1


def test_a_gap_that_was_told_is_none() -> None:
    assert not check([*GOOD, Resynced(at=4, connection="bob.0"), arrived(4)]).problems


def test_what_nobody_sent_is_seen() -> None:
    assert problem(truth("a", "b", "z"), copy("a", "b", "z")).acknowledged == 2


def test_a_message_from_another_hour_is_seen() -> None:
    both = [truth("a", "b"), copy("a", "b")]
    for each in both:
        each.messages[2]["at"] = "2026-11-22T09:30:42.123Z"

    assert "09:30" in problem(*both).problems[0]


def test_a_copy_that_lacks_something_is_seen() -> None:
    problem(truth("a", "b"), copy("a"))


def test_a_copy_with_other_marks_is_seen() -> None:
    problem(truth("a", "b"), copy("a", "b", marks={"ann": (0, 0), "bob": (1, 1)}))


def test_a_copy_that_is_late_is_seen() -> None:
    problem(truth("a", "b"), copy("a", "b", at=27))


def test_servers_that_show_different_things_are_seen() -> None:
    problem(truth("a", "b"), truth("a", "b", "c"), copy("a", "b"))


def test_a_store_that_nobody_could_read_is_seen() -> None:
    problem()


def test_marks_that_go_back_are_seen() -> None:
    marks = [
        Marked(at=3, connection="ann.1", conversation="c", user="bob", received=seq, read=seq)
        for seq in (2, 1)
    ]

    problem(*marks, truth("a", "b"), copy("a", "b"))


def test_a_mark_that_was_lost_is_seen() -> None:
    marks = {"ann": (0, 0), "bob": (1, 1)}

    problem(truth("a", "b", marks=marks, unread=1), copy("a", "b", marks=marks))


def test_unread_that_is_counted_wrongly_is_seen() -> None:
    problem(truth("a", "b", unread=1), copy("a", "b"))


def test_a_change_that_was_lost_is_seen() -> None:
    change = Changed(at=3, user="ann", conversation="c", seq=1, rev=1)

    problem(change, truth("a", "b"), copy("a", "b"))


@pytest.mark.parametrize(
    "late",
    [
        [tried("c", 3), answered("c", 30, code=CLOSED)],
        [tried("c", 3)],
        [tried("c", 3), Closed(at=30, connection="ann.0", code=1006)],
        [tried("c", 3), answered("c", 4, code="not_found")],
    ],
    ids=["late", "never", "closed late", "refused"],
)
def test_a_send_that_does_not_end_as_promised_is_seen(late: list[Event]) -> None:
    problem(*late, truth("a", "b"), copy("a", "b"))


def test_a_send_over_a_slow_line_that_takes_longer_is_seen() -> None:
    sends: list[Event] = [tried("c", 4), answered("c", 16, 3)]
    good: list[Event] = [*TALK, *sends, truth("a", "b", "c", unread=1), copy("a", "b", "c")]
    assert check(good).problems == []

    assert check([Begun(at=0, fault="slow-link"), *good]).problems


def test_a_client_that_was_taken_for_a_slow_reader_is_seen() -> None:
    problem(Closed(at=8, connection="bob.0", code=4408), truth("a", "b"), copy("a", "b"))


def test_a_wrong_or_late_presence_is_seen() -> None:
    both = [truth("a", "b"), copy("a", "b")]

    problem(*both, Shown(at=12, holder="bob-0", user="ann", online=True, is_online=False))
    problem(*both, Shown(at=40, holder="bob-0", user="ann", online=True, is_online=True))


@pytest.mark.parametrize(
    "more",
    [
        [Ended(at=4, session="s")],
        [Ended(at=4, session="s"), Closed(at=22, connection="bob.0", code=4401)],
        [
            Ended(at=4, session="s"),
            Closed(at=4, connection="bob.0", code=4401),
            Opened(at=6, asked_at=5, connection="bob.1", user="bob", session="s"),
            Closed(at=6, connection="bob.1", code=4401),
        ],
    ],
    ids=["never", "late", "let in"],
)
def test_a_socket_that_outlives_its_session_is_seen(more: list[Event]) -> None:
    problem(*more, truth("a", "b"), copy("a", "b"))


def test_an_ended_session_whose_socket_is_closed_is_fine() -> None:
    ended: list[Event] = [Ended(at=4, session="s"), Closed(at=4.5, connection="bob.0", code=4401)]

    assert not check([*GOOD, *ended]).problems


def test_a_complaint_is_seen() -> None:
    problem(Complaint(at=1, text="a traceback"), truth("a", "b"), copy("a", "b"))

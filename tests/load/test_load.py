"""The load tool itself: it counts right, and notices what a server may not do."""

from __future__ import annotations

import asyncio

import pytest

from tests.acceptance.process import ROOT
from tests.load.figures import percentile, spread
from tests.load.pairs import audit, pairs, settle
from tests.load.profile import top
from tests.load.record import Entry, Record, faults
from tests.load.scenarios import ROWS
from tests.load.server import serving

SENT = [("m1", "one"), ("m2", "two"), ("m3", "three")]
SEEN = [Entry(id_, seq, text) for seq, (id_, text) in enumerate(SENT, start=1)]
CONFIRMED = [entry._replace(text=None) for entry in SEEN]


def test_two_pairs_send_a_hundred_messages_that_are_all_stored_once(tmp_path):
    async def talk() -> int:
        with serving(tmp_path) as server:
            async with pairs(2, 1, [server]) as talking:
                for pair in talking:
                    for _ in range(5):
                        pair.send(10)
                await settle(talking)
                latencies = [late for pair in talking for late in pair.latencies(0, 1e12)]
                assert len(latencies) == 100
                assert all(0 < late < 10 for late in latencies)
                return await audit(talking)

    assert asyncio.run(talk()) == 100


def test_what_was_kept_as_promised_has_no_fault():
    assert faults(Record(SENT, CONFIRMED, SEEN, SEEN)) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        (SEEN[:2], "m3 was not {}"),
        ([*SEEN, SEEN[1]], "m2 was {} 2 times"),
        ([SEEN[1], SEEN[0], SEEN[2]], "messages were {} out of order"),
        ([SEEN[0], SEEN[1], SEEN[2]._replace(seq=4)], "m3 was {} as number 4, not 3"),
        ([SEEN[0], SEEN[1], SEEN[2]._replace(text="tree")], "m3 was {} with another text"),
        ([*SEEN, Entry("m4", 4, "four")], "m4 was {} but never sent"),
    ],
)
def test_a_message_missing_doubled_reordered_or_changed_is_noticed(changed, fault):
    assert fault.format("received") in faults(Record(SENT, CONFIRMED, changed, SEEN))
    assert fault.format("stored") in faults(Record(SENT, CONFIRMED, SEEN, changed))


def test_numbers_go_on_from_the_messages_that_were_there_before():
    later = [entry._replace(seq=entry.seq + 7) for entry in SEEN]
    confirmed = [entry._replace(text=None) for entry in later]

    assert faults(Record(SENT, confirmed, later, later, before=7)) == []
    assert faults(Record(SENT, confirmed, later, SEEN, before=7)) != []


def test_an_acknowledgement_missing_or_doubled_is_noticed():
    missing = Record(SENT, CONFIRMED[:2], SEEN, SEEN)
    doubled = Record(SENT, [*CONFIRMED, CONFIRMED[2]], SEEN, SEEN)

    assert faults(missing) == ["m3 was not acknowledged"]
    assert faults(doubled) == ["m3 was acknowledged 2 times"]


def test_figures_show_the_middle_and_the_ends():
    assert spread([3.0, 1.0, 2.0]) == "2 (1-3)"
    assert spread([1.25], ".1f") == "1.2"
    assert percentile(range(1, 101), 50) == 51
    assert percentile([5.0], 99) == 5.0


def test_a_profile_tells_what_a_function_takes_itself_and_with_all_it_calls():
    lines = top("thread (1): Main;run (a.py:1);send (b.py:2) 3\nthread (1): Main;run (a.py:1) 1\n")

    assert [line.split() for line in lines if line] == [
        ["share", "thread"],
        ["100.0%", "Main"],
        ["share", "function", "itself"],
        ["75.0%", "send", "(b.py:2)"],
        ["25.0%", "run", "(a.py:1)"],
        ["share", "function", "and", "all", "it", "calls"],
        ["100.0%", "run", "(a.py:1)"],
        ["75.0%", "send", "(b.py:2)"],
    ]


def test_the_document_explains_every_row():
    document = (ROOT / "docs/performance.md").read_text("utf-8")

    assert [row.name for row in ROWS if f"`{row.name}`" not in document] == []

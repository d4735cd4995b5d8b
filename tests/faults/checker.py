"""The checker: what was promised, against a history. One pure function, used for every run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from tests.faults.history import (
    CLOSED,
    UNKNOWN,
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
    Marked,
    MarkKept,
    Opened,
    Quiet,
    Resynced,
    Shown,
    Tried,
)

SEND_SECONDS = 20.0
# Where nothing is broken, but slow.
SLOW_SEND_SECONDS = {"slow-link": 10.0}
CONVERGE_SECONDS = 15.0
# A process that dies silently takes people along for so long, whatever else there is.
PRESENCE_SECONDS = 25.0
# One second is promised where nothing is broken. Here what was frozen has to wake first, and
# a client that was cut off notices it by its own ping.
ENDED_SECONDS = 12.0
# Between the first message of a conversation and its last: a run is shorter.
TIMES_SECONDS = 240.0
# The clients' clock is read by a busy process.
SLACK_SECONDS = 1.0
MAX_PROBLEMS = 40
SLOW = 4408

Key = tuple[str, str, str]
"""Conversation, sender, client_id."""


@dataclass
class Verdict:
    """What a run has shown: figures, and every promise that was broken."""

    acknowledged: int = 0
    unknown: int = 0
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    holes: int = 0
    sent_seconds: float = 0.0
    converge_seconds: float = 0.0
    presence_seconds: float = 0.0
    ended_seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    def complain(self, text: str) -> None:
        """Note a broken promise."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)


def check(events: Sequence[Event]) -> Verdict:
    """Judge a history."""
    verdict = Verdict()
    for event in events:
        if isinstance(event, Complaint):
            verdict.complain(event.text)
    truths = [event for event in events if isinstance(event, Copy) and event.is_truth]
    if not truths:
        verdict.complain("nobody could read what is stored")
    _check_answers(events, verdict)
    for truth in truths:
        _check_stored(events, truth, verdict)
    _check_connections(events, verdict)
    _check_marks(events, truths, verdict)
    _check_convergence(events, truths, verdict)
    _check_presence(events, verdict)
    _check_sessions(events, verdict)
    for event in events:
        if isinstance(event, Closed) and event.code == SLOW:
            verdict.complain(f"{event.connection} was taken for a slow reader")
    return verdict


def _check_answers(events: Sequence[Event], verdict: Verdict) -> None:
    """I5: every try ends in `sent`, `unavailable`, or a closed socket, within 20 s."""
    bound = min(
        SLOW_SEND_SECONDS.get(event.fault, SEND_SECONDS)
        for event in (*events, Begun(at=0, fault=""))
        if isinstance(event, Begun)
    )
    first_tried: dict[Key, float] = {}
    tried: dict[tuple[str, str, str], float] = {}
    closed = {event.connection: event.at for event in events if isinstance(event, Closed)}
    acknowledged: dict[Key, int] = {}
    for event in events:
        if isinstance(event, Tried):
            tried[event.connection, event.conversation, event.key] = event.at
            first_tried.setdefault((event.conversation, event.user, event.key), event.at)
        elif isinstance(event, Answered):
            began = tried.pop((event.connection, event.conversation, event.key))
            if event.at - began > bound + SLACK_SECONDS:
                verdict.complain(
                    f"the send {event.key} took {event.at - began:.1f} s to end in "
                    f"{event.code or 'sent'}"
                )
            if event.code in {CLOSED, "unavailable"}:
                verdict.unknown += 1
            elif event.code:
                verdict.complain(f"the send {event.key} was answered by {event.code}")
            else:
                key = (event.conversation, event.user, event.key)
                if key not in acknowledged:
                    took = event.at - first_tried[key]
                    verdict.sent_seconds = max(verdict.sent_seconds, took)
                if acknowledged.setdefault(key, event.seq) != event.seq:
                    verdict.doubled += 1
                    verdict.complain(
                        f"{event.key} was said to be {acknowledged[key]}, then {event.seq}"
                    )
    for (connection, _, client_id), began in tried.items():
        verdict.unknown += 1
        if closed.get(connection, float("inf")) - began > SEND_SECONDS + SLACK_SECONDS:
            verdict.complain(f"the send {client_id} on {connection} never ended")
    verdict.acknowledged = len(acknowledged)


def _check_stored(events: Sequence[Event], truth: Copy, verdict: Verdict) -> None:
    """I1, I2, I3: what a server shows, against what was sent and acknowledged."""
    conversation = truth.conversation
    stored = [truth.messages[seq] for seq in sorted(truth.messages)]
    seqs = [message["seq"] for message in stored]
    if seqs != list(range(1, len(seqs) + 1)):
        missing = sorted(set(range(1, max(seqs) + 1)) - set(seqs))
        verdict.holes += max(1, len(missing))
        verdict.complain(f"{truth.holder} shows holes in {conversation}: {missing[:10]}")
    texts: dict[tuple[str, str], str] = {}
    first_tried: dict[tuple[str, str], float] = {}
    order: dict[str, list[tuple[str, str]]] = defaultdict(list)
    acknowledged: dict[tuple[str, str], Answered] = {}
    fresh: dict[str, list[Answered]] = defaultdict(list)
    for event in events:
        if isinstance(event, Tried) and event.conversation == conversation:
            key = (event.user, event.key)
            texts[key] = event.text
            first_tried.setdefault(key, event.at)
            order[event.connection].append(key)
        elif isinstance(event, Answered) and event.conversation == conversation and event.seq:
            acknowledged.setdefault((event.user, event.key), event)
            if not event.is_duplicate:
                fresh[event.connection].append(event)
    keys = [(message["from"], message["client_id"]) for message in stored]
    _check_doubles(keys, stored, truth, texts, verdict)
    times = [datetime.fromisoformat(message["at"]) for message in stored]
    if times and (max(times) - min(times)).total_seconds() > TIMES_SECONDS:
        verdict.complain(f"{truth.holder} shows times from {min(times)} to {max(times)}")
    places = {key: message["seq"] for key, message in zip(keys, stored, strict=True)}
    for key, answer in acknowledged.items():
        if places.get(key) != answer.seq:
            verdict.lost += 1
            verdict.complain(
                f"{truth.holder} shows {key[1]} at {places.get(key)}, "
                f"which was acknowledged as {answer.seq} at {answer.at:.2f}"
            )
    # What was acknowledged before another was first tried stands before it.
    earliest, by = float("inf"), ""
    for key, message in reversed(list(zip(keys, stored, strict=True))):
        if key in first_tried and earliest < first_tried[key]:
            verdict.reordered += 1
            verdict.complain(f"{by} was acknowledged before {key[1]} was tried, and follows it")
        if key in acknowledged and acknowledged[key].at < earliest:
            earliest, by = acknowledged[key].at, f"{key[1]} ({message['seq']})"
    # What one connection sent stands in that order, as far as it was stored by that.
    for connection, answers in fresh.items():
        turn = {key: number for number, key in enumerate(order[connection])}
        in_turn = sorted(answers, key=lambda answer: turn[answer.user, answer.key])
        for one, other in pairwise(in_turn):
            if one.seq > other.seq:
                verdict.reordered += 1
                verdict.complain(f"{connection} sent {one.key} before {other.key}")


def _check_doubles(
    keys: list[tuple[str, str]],
    stored: Sequence[dict[str, object]],
    truth: Copy,
    texts: dict[tuple[str, str], str],
    verdict: Verdict,
) -> None:
    for what, count in _more_than_once(keys, (message["text"] for message in stored)):
        verdict.doubled += count - 1
        verdict.complain(f"{truth.holder} shows {what} {count} times")
    for key, message in zip(keys, stored, strict=True):
        if texts.get(key) != message["text"]:
            verdict.complain(f"{truth.holder} shows {message}, which nobody sent")


def _more_than_once(*things: Iterable[object]) -> list[tuple[object, int]]:
    found: list[tuple[object, int]] = []
    for some in things:
        found += [(thing, count) for thing, count in Counter(some).items() if count > 1]
        if found:
            break  # a key that is there twice has its text twice
    return found


def _check_connections(events: Sequence[Event], verdict: Verdict) -> None:
    """I3: on each connection in order, each once, and no gap without a word.

    What was there before the connection is asked for, and need not arrive.
    """
    opened = {event.connection: event.at for event in events if isinstance(event, Opened)}
    tried: dict[tuple[str, str, str], float] = {}
    for event in events:
        if isinstance(event, Tried):
            tried.setdefault((event.conversation, event.user, event.key), event.at)
    said = {
        (event.conversation, seq): tried.get(
            (event.conversation, message["from"], message["client_id"]), 0.0
        )
        for event in events
        if isinstance(event, Copy) and event.is_truth
        for seq, message in event.messages.items()
    }
    last: dict[tuple[str, str], int] = {}
    is_told: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if isinstance(event, Resynced):
            is_told[event.connection] = {
                conversation for connection, conversation in last if connection == event.connection
            }
        if not isinstance(event, Arrived):
            continue
        place = (event.connection, event.conversation)
        before = last.get(place)
        last[place] = max(event.seq, before or 0)
        if before is None:
            continue
        if event.seq == before:
            verdict.doubled += 1
            verdict.complain(f"{event.seq} reached {event.connection} twice")
        elif event.seq < before:
            verdict.reordered += 1
            verdict.complain(f"{event.seq} reached {event.connection} after {before}")
        elif event.conversation not in is_told[event.connection] and any(
            said.get((event.conversation, seq), float("inf")) > opened.get(event.connection, 0.0)
            for seq in range(before + 1, event.seq)
        ):
            verdict.holes += 1
            verdict.complain(f"{event.seq} reached {event.connection} after {before}, untold")
        is_told[event.connection].discard(event.conversation)


def _check_marks(events: Sequence[Event], truths: Sequence[Copy], verdict: Verdict) -> None:
    """I6: marks never go back, and none that was acknowledged is forgotten; changes neither."""
    told: dict[tuple[str, str, str], tuple[int, int]] = {}
    kept: dict[tuple[str, str], int] = {}
    revs: dict[tuple[str, int], int] = {}
    for event in events:
        if isinstance(event, Marked):
            who = (event.connection, event.conversation, event.user)
            marks, before = (event.received, event.read), told.get(who, (0, 0))
            if marks[0] < before[0] or marks[1] < before[1]:
                verdict.complain(f"marks of {event.user} went back on {who[0]}: {before}, {marks}")
            told[who] = marks
        elif isinstance(event, MarkKept):
            mark = (event.conversation, event.user)
            kept[mark] = max(kept.get(mark, 0), event.seq)
        elif isinstance(event, Changed):
            place = (event.conversation, event.seq)
            revs[place] = max(revs.get(place, 0), event.rev)
    for truth in truths:
        for (conversation, user), seq in kept.items():
            if conversation == truth.conversation and truth.marks.get(user, (0, 0))[1] < seq:
                verdict.complain(
                    f"{truth.holder} shows that {user} has read {truth.marks.get(user)}, "
                    f"but {seq} was acknowledged"
                )
        for (conversation, seq), rev in revs.items():
            if conversation == truth.conversation:
                message = truth.messages.get(seq)
                if message is None or message["rev"] < rev:
                    verdict.complain(f"{truth.holder} has lost change {rev} of {seq}")
        unread = sum(
            message["from"] != truth.reader
            and not message["deleted"]
            and message["seq"] > truth.marks.get(truth.reader, (0, 0))[1]
            for message in truth.messages.values()
        )
        if truth.unread not in {UNKNOWN, unread}:
            verdict.complain(f"{truth.holder} counts {truth.unread} unread, which are {unread}")


def _check_convergence(events: Sequence[Event], truths: Sequence[Copy], verdict: Verdict) -> None:
    """I4: all have the same in the end, within 15 s after the heal."""
    since = _healed(events)
    by_conversation = {truth.conversation: truth for truth in truths}
    for event in events:
        if not isinstance(event, Copy) or event.conversation not in by_conversation:
            continue
        truth = by_conversation[event.conversation]
        differ = sorted(
            seq
            for seq in truth.messages.keys() | event.messages.keys()
            if truth.messages.get(seq) != event.messages.get(seq)
        )
        if differ:
            seq = differ[0]
            verdict.complain(
                f"{event.holder} and {truth.holder} differ in {len(differ)} messages of "
                f"{event.conversation}, first {event.messages.get(seq)} and "
                f"{truth.messages.get(seq)}"
            )
        if truth.marks != event.marks:
            verdict.complain(
                f"{event.holder} shows marks {event.marks}, {truth.holder} {truth.marks}"
            )
        if not event.is_truth:
            verdict.converge_seconds = max(verdict.converge_seconds, event.at - since)
    if verdict.converge_seconds > CONVERGE_SECONDS + SLACK_SECONDS:
        verdict.complain(f"it took {verdict.converge_seconds:.1f} s until all had the same")


def _check_presence(events: Sequence[Event], verdict: Verdict) -> None:
    """I7: in the end everybody is shown as they are, within 25 s."""
    for event in events:
        if isinstance(event, Shown):
            verdict.presence_seconds = max(verdict.presence_seconds, event.at - _healed(events))
            if event.online != event.is_online:
                verdict.complain(
                    f"{event.holder} takes {event.user} to be "
                    f"{'online' if event.online else 'offline'}, wrongly"
                )
    if verdict.presence_seconds > PRESENCE_SECONDS + SLACK_SECONDS:
        verdict.complain(f"it took {verdict.presence_seconds:.1f} s until presence was right")


def _check_sessions(events: Sequence[Event], verdict: Verdict) -> None:
    """I8: an ended session has no socket any more, and gets none."""
    ended = {event.session: event.at for event in events if isinstance(event, Ended)}
    closed = {event.connection: event.at for event in events if isinstance(event, Closed)}
    healed = max((event.at for event in events if isinstance(event, Healed)), default=0.0)
    for event in events:
        if not isinstance(event, Opened) or event.session not in ended:
            continue
        end = ended[event.session]
        took = closed.get(event.connection, end) - end
        verdict.ended_seconds = max(verdict.ended_seconds, took)
        if event.asked_at > end:
            verdict.complain(f"{event.connection} was let in after the end of its session")
        late = closed.get(event.connection, float("inf")) - max(end, healed)
        if late > ENDED_SECONDS:
            verdict.complain(f"{event.connection} outlived its session by {late:.1f} s")


def _healed(events: Sequence[Event]) -> float:
    """Return since when nothing was in the way any more."""
    return max((event.at for event in events if isinstance(event, Healed | Quiet)), default=0.0)

"""One run: people talk through a cluster while something in it breaks, and all is written down."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from tests.acceptance.client import Person, World, http
from tests.faults.checker import CONVERGE_SECONDS, PRESENCE_SECONDS, SLACK_SECONDS
from tests.faults.cluster import Cluster
from tests.faults.history import Begun, Complaint, Ended, Healed, History, Quiet, Shown
from tests.faults.listeners import Device, Recorder, Replica
from tests.faults.nemesis import Fault
from tests.faults.proxy import Proxy
from tests.faults.talkers import Talker

START_SECONDS = 60.0
# All who talk know what became of everything: a send takes 20 s at most, and one repeat.
SETTLE_SECONDS = 45.0
LOOK_SECONDS = 0.2


class Run:
    """One run on a cluster that is well."""

    def __init__(
        self,
        cluster: Cluster,
        fault: Fault,
        seed: int,
        seconds: float,
        *,
        is_patient: bool = True,
    ) -> None:
        """People talk for so many seconds; without patience nobody waits until all agree."""
        self.history = History()
        self._cluster = cluster
        self._fault = fault
        self._chance = random.Random(seed)
        self._seconds = seconds
        self._is_patient = is_patient
        self._recorder = Recorder()
        self._devices: list[Device] = []
        self._guests: list[Device] = []

    async def run(self) -> None:
        """Talk, break, mend, and look at what has become of it."""
        try:
            await self._run()
        except TimeoutError:
            self._complain("it did not end")
        finally:
            for device in [*self._devices, *self._guests]:
                await device.leave(is_polite=True)
        for text in self._cluster.complaints():
            self._complain(text)
        try:
            self._recorder.close()
        except AssertionError as exc:
            self._complain(str(exc))

    async def _run(self) -> None:
        chance, seconds = self._chance, self._seconds
        world = World(*self._cluster.doors)
        world.ledger = self._recorder
        ann, bob, cid, dan, eve = await world.crowd(5)
        pairs = [(ann, bob), (bob, ann), (bob, cid), (cid, ann), (ann, cid), (dan, ann), (eve, bob)]
        everybody = [ann, ann, bob, bob, cid, dan, dan, eve]
        names = ["ann-0", "ann-1", "bob-0", "bob-1", "cid-0", "dan-0", "dan-1", "eve-0"]
        self._devices = [
            self._device(name, person) for name, person in zip(names, everybody, strict=True)
        ]
        token = await cid.login()
        self._guests = [
            self._device(f"guest-{number}", cid, token=token, doors=[door], is_guest=True)
            for number, door in enumerate(self._cluster.doors)
        ]
        by_name = {device.name: device for device in self._devices}
        talking = ["ann-0", "bob-0", "bob-1", "cid-0", "ann-1", "dan-0", "eve-0"]
        async with asyncio.timeout(START_SECONDS):
            for device in [*self._devices, *self._guests]:
                await device.present()
        is_over = asyncio.Event()
        talks = {
            name: asyncio.create_task(
                Talker(by_name[name], pair[1].id, self.history, chance.getrandbits(32)).talk(
                    is_over
                )
            )
            for name, pair in zip(talking, pairs, strict=True)
        }
        # Sometimes all fall silent while something is broken yet: no later message shows then
        # that one is missing.
        asyncio.get_running_loop().call_later(seconds * chance.uniform(0.5, 1), is_over.set)
        await asyncio.sleep(seconds * 0.15)
        begun = asyncio.get_running_loop().time()
        self.history.add(Begun(at=self.history.now(), fault=self._fault.name))
        during = [
            asyncio.create_task(self._leave(by_name["eve-0"], talks["eve-0"])),
            asyncio.create_task(self._leave(by_name["dan-0"], talks["dan-0"])),
            asyncio.create_task(self._log_out(token)),
        ]
        try:
            await self._fault.strike(self._cluster, chance, seconds * 0.5)
        except* AssertionError as group:
            for exc in group.exceptions:
                self._complain(f"{self._fault.name}: {exc}")
        self.history.add(Healed(at=self.history.now(), fault=self._fault.name))
        rest = begun + seconds * 0.5 - asyncio.get_running_loop().time()
        work = [*during, *talks.values()]
        _, left = await asyncio.wait(work, timeout=SETTLE_SECONDS + max(0, rest))
        if left:
            self._complain("not all who talked know what became of it")
            for task in left:
                task.cancel()
            await asyncio.wait(left)
        for task in work:
            if not task.cancelled() and task.exception() is not None:
                self._complain(f"{task.exception()!r}")
        self.history.add(Quiet(at=self.history.now()))
        await self._converge([ann, bob], offline={eve.id})

    async def _leave(self, device: Device, talk: asyncio.Task[None]) -> None:
        """Have somebody go for ever, in the middle of a sentence."""
        await asyncio.sleep(self._chance.uniform(0, self._seconds * 0.4))
        talk.cancel()
        self._devices.remove(device)
        await device.leave(is_polite=self._chance.random() < 0.5)

    async def _log_out(self, token: str) -> None:
        """End the guests' session, at whichever server does it."""
        doors = list(self._cluster.doors)
        session = self._guests[0].session
        await asyncio.sleep(self._chance.uniform(0, self._seconds * 0.4))
        while True:
            self._chance.shuffle(doors)
            try:
                answer = await http(doors[0], "POST", "/api/v1/logout", token=token)
            except (OSError, EOFError, TimeoutError):
                pass
            else:
                if answer.status in {204, 401, 404}:  # the last two: one before has done it
                    break
                if answer.status != 503:
                    self._complain(f"logout: {answer.status} {answer.body!r}")
            await asyncio.sleep(LOOK_SECONDS)
        self.history.add(Ended(at=self.history.now(), session=session))

    async def _converge(self, readers: list[Person], offline: set[str]) -> None:
        """Wait until all have the same and see each other right; write down what they have."""
        since = self.history.now()
        judges = [
            self._device(f"judge-{number}-{person.id}", person, doors=[door], is_judge=True)
            for number, door in enumerate(self._cluster.doors)
            for person in readers
        ]
        same_at = right_at = 0.0
        try:
            while True:
                truth = await self._read(judges[: len(readers)])
                now = self.history.now()
                if not same_at and truth and all(_agrees(each, truth) for each in self._devices):
                    same_at = now
                if not right_at and all(
                    online == is_online for *_, online, is_online in self._shown(truth, offline)
                ):
                    right_at = now
                is_late = now - since > CONVERGE_SECONDS + SLACK_SECONDS
                is_done = same_at or is_late
                is_done = is_done and (right_at or now - since > PRESENCE_SECONDS + SLACK_SECONDS)
                is_done = is_done or not self._is_patient
                if is_done and (
                    is_late or not self._is_patient or all(guest.is_over for guest in self._guests)
                ):
                    break
                await asyncio.sleep(LOOK_SECONDS)
            truth = await self._read(judges)
            now = self.history.now()
            for judge in judges:
                for copy in judge.copies(now, judge.name):
                    self.history.add(copy)
            for device in self._devices:
                for copy in device.copies(same_at or now):
                    self.history.add(copy)
            for holder, user, online, is_online in self._shown(truth, offline):
                at = right_at or now
                shown = Shown(at=at, holder=holder, user=user, online=online, is_online=is_online)
                self.history.add(shown)
        finally:
            for judge in judges:
                await judge.leave(is_polite=True)

    async def _read(self, judges: list[Device]) -> dict[str, Replica]:
        """Return what servers show to who asks anew; nothing if they cannot be asked."""
        found: dict[str, Replica] = {}
        try:
            async with asyncio.timeout(START_SECONDS):
                for judge in judges:
                    found |= await judge.read_anew()
        except (AssertionError, ConnectionError, TimeoutError):
            return {}
        return found

    def _shown(
        self, truth: dict[str, Replica], offline: set[str]
    ) -> list[tuple[str, str, bool, bool]]:
        """Return which device shows whom as online, and whether they are."""
        return [
            (device.name, user, device.online.get(user, False), user not in offline)
            for device in self._devices
            for user in sorted(set().union(*(each.marks for each in truth.values())))
            if user != device.person.id
            and any({user, device.person.id} <= each.marks.keys() for each in truth.values())
        ]

    def _device(
        self,
        name: str,
        person: Person,
        *,
        doors: Sequence[Proxy] = (),
        token: str | None = None,
        is_guest: bool = False,
        is_judge: bool = False,
    ) -> Device:
        places = list(doors or self._cluster.doors)
        self._chance.shuffle(places)
        return Device(
            name,
            person,
            places,
            self.history,
            self._recorder,
            self._chance.getrandbits(32),
            token=token,
            is_guest=is_guest,
            is_judge=is_judge,
        )

    def _complain(self, text: str) -> None:
        self.history.add(Complaint(at=self.history.now(), text=text))


def _agrees(device: Device, truth: dict[str, Replica]) -> bool:
    """Whether a device has all that concerns it."""
    return all(
        conversation in device.replicas
        and device.replicas[conversation].messages == replica.messages
        and device.replicas[conversation].marks == replica.marks
        for conversation, replica in truth.items()
        if device.person.id in replica.marks
    )

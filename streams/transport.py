"""The batch driver: a Faust transport that hands an agent a whole run of records as one event.

Stock Faust moves every record by itself through Python (consumer, conductor, stream, acknowledgement: two tasks, a lock
and a queue operation a record), which is where nearly all of its time goes. Kafka's client already fetches records in
runs, so this driver keeps them together: one `Run`, a slice of one partition, is one message to Faust, one event to the
agent and one acknowledgement. Supervision, rebalancing, flow control and the web server stay Faust's own.

What is Faust's and what is ours:

- `Transport` is Faust's name for the Kafka client; it makes the `Consumer`, which runs aiokafka in a thread of its own
  and calls back for each message. We override what happens to fetched records (`_drain_messages`), when an offset may
  be committed (`Progress`) and where reading starts (`perform_seek`).
- Commits cover only the acknowledged prefix of runs in delivery order, so a run that failed is read again.
- Each commit carries, as metadata, the generation of rules that every record after it will be matched with.
- A seek starts a new epoch; runs of an earlier epoch are stale: they may be dropped, never committed.

Knows Kafka's offsets; knows nothing of posts, rules or Redis. `Positions` is its one window to them.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import faust
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.structs import ConsumerRecord, OffsetAndMetadata
from faust.app import base
from faust.transport.consumer import ensure_TP, ensure_TPset
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT
from faust.types.tuples import ConsumerMessage, Message

from streams.connections import until_kafka

#: The URL scheme that selects this driver: `runs://host:port`.
SCHEME = "runs"

#: Milliseconds for which Kafka may hold back the answer to a fetch. One broker answers one fetch at a time: while one
#: for idle partitions waits, nothing more comes from the busy ones. Faust's own 1,500 held up posts for articles' sake.
FETCH_WAIT_MS = 100

#: Seconds for one commit: while Kafka is away aiokafka would try for ever, and a worker could not end.
COMMIT_SECONDS = 2.0

#: Seconds for the client to stop: it takes leave of the group, and would wait a minute for a Kafka that hangs.
LEAVE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Consecutive records of one partition: all that lie in [`base`, `end`)."""

    tp: TP
    base: int
    end: int
    records: list[ConsumerRecord]
    epoch: int


@dataclass(frozen=True, slots=True)
class Committed:
    """What the group last committed of a partition: the next offset to read, and the generation it carries."""

    offset: int
    generation: int


class Positions(Protocol):
    """What the driver asks of the worker."""

    @property
    def generation(self) -> int:
        """The generation of rules that a record delivered now is matched with, at the least."""

    async def starts(self, committed: Mapping[TP, Committed | None]) -> Mapping[TP, int | None]:
        """Where to start reading each partition that was just taken; None: at the log's start.

        Returns only when rules of every generation in `committed` are loaded.
        """


class BootStrategy(base.BootStrategy):
    """Which of Faust's services start: not its producer, through which nothing is sent here."""

    enable_kafka_producer = False


class App(faust.App):
    """A Faust app whose consumer delivers runs."""

    BootStrategy = BootStrategy

    @property
    def positions(self) -> Positions:
        """What the driver asks; there before the app's consumer starts."""
        raise NotImplementedError

    @property
    def runs(self) -> "Consumer":
        """The consumer, as what it is."""
        return cast(Consumer, self.consumer)


@dataclass(slots=True)
class Progress:
    """How far one partition has come since the last seek."""

    epoch: int
    position: int
    """The next offset to deliver."""
    settled: int
    """End of the acknowledged prefix: what a commit says."""
    pending: deque[tuple[int, int, Message]] = field(default_factory=deque)
    """Delivered runs in order, settled ones removed: end, generation at delivery, message."""
    committed: Committed | None = None

    def settle(self, generation: int) -> Committed | None:
        """What to commit now; None where it would repeat the last commit."""
        while self.pending and self.pending[0][2].acked:
            self.settled = self.pending.popleft()[0]
        carried = self.pending[0][1] if self.pending else generation
        due = Committed(self.settled, carried)
        return None if due == self.committed else due


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """aiokafka's side of the consumer: commits with metadata, and survives a commit that Kafka refused."""

    consumer: "Consumer"

    def _create_worker_consumer(self, transport: Any) -> Any:
        client = super()._create_worker_consumer(transport)
        client._fetch_max_wait_ms = FETCH_WAIT_MS  # read when it starts; Faust has no setting of it
        return client

    async def on_start(self) -> None:
        """Start the client once Kafka answers: it may be gone again since the process looked."""
        asyncio.get_running_loop().set_exception_handler(leave_commits_alone)
        await self.wait(until_kafka("joining the group", self._start_client))

    async def _start_client(self) -> None:
        try:
            await super().on_start()
        except BaseException:
            if self._consumer is not None:
                await self._consumer.stop()
            raise

    async def committed(self) -> dict[TP, Committed | None]:
        """The group's commits for the partitions assigned."""
        return await self.call_thread(self._fetch_committed)  # type: ignore[no-any-return]

    async def _fetch_committed(self) -> dict[TP, Committed | None]:
        client = self._ensure_consumer()
        assignment = ensure_TPset(client.assignment())
        found = await client._coordinator.fetch_committed_offsets(client.assignment())
        return {tp: _parse_committed(found.get(tp)) for tp in assignment}

    async def on_thread_stop(self) -> None:
        """Stop the client, whatever it does while Kafka is away: else the process waits for this thread in vain."""
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await super().on_thread_stop()
        except (KafkaError, OSError, asyncio.CancelledError) as error:
            self.log.warning("Kafka's client did not stop in good order: %r", error)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        assigned = self.assignment()
        due = {tp: self.consumer.due[tp] for tp in offsets if tp in assigned and tp in self.consumer.due}
        if not due:
            return False
        request = {
            driver.ensure_aiokafka_TP(tp): OffsetAndMetadata(each.offset, str(each.generation))
            for tp, each in due.items()
        }
        try:
            await asyncio.wait_for(self._ensure_consumer().commit(request), COMMIT_SECONDS)
        except (CommitFailedError, IllegalStateError) as error:
            self.log.info("Commit refused, the next owner reads these records again: %s", error)
            return False
        except (KafkaError, TimeoutError) as error:
            self.log.warning("Commit failed, it is tried again: %r", error)
            return False
        return True


def leave_commits_alone(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An event loop's exception handler: how a commit ends that was given up, and is tried again, is nobody's concern.

    aiokafka shields it, so that it goes on by itself.
    """
    task = context.get("future")
    if not (isinstance(task, asyncio.Task) and getattr(task.get_coro(), "__name__", "") == "_do_commit_offsets"):
        loop.default_exception_handler(context)


class Consumer(driver.Consumer):
    """Faust's consumer, delivering runs. All state of a partition lives in its `Progress`, made anew by each seek."""

    app: App
    _thread: ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.progress: dict[TP, Progress] = {}
        self.due: dict[TP, Committed] = {}
        self._epoch = 0
        self._sought = -1
        """The epoch whose seek is done; nothing is fetched before it is the present one."""
        super().__init__(*args, **kwargs)

    def is_current(self, run: Run) -> bool:
        """Whether the run's partition is still ours and was not sought since."""
        progress = self.progress.get(run.tp)
        return progress is not None and progress.epoch == run.epoch

    async def perform_seek(self) -> None:
        """Begin a new epoch: before anything more is fetched, every partition starts where `Positions.starts` says.

        Returns at once: Faust gives its own seeks up after a while, and never tries again; ours may wait for Redis.
        """
        self._forget_progress()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit what is done (or wait for the commit under way) before the partitions go: Faust forgets it first."""
        await self.commit()
        self._forget_progress()
        await super().on_partitions_revoked(revoked)

    def ack(self, message: Message) -> bool:
        """Mark a run as done. Its offset is committed when all runs before it are done too."""
        if message.acked:
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        return True

    def on_buffer_full(self, tp: TP) -> None:
        """Nothing: a full agent queue blocks delivery (`_deliver` waits), which bounds memory by itself."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: Faust takes what comes after five quiet minutes, or a rewind, for a stream that had stopped.

        What stands still is told by `/healthz`, which looks at offsets.
        """

    def _forget_progress(self) -> None:
        self._epoch += 1
        self.progress.clear()

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def _filter_tps_with_pending_acks(self, topics: Iterable[Any] | None = None) -> Iterator[TP]:
        return (tp for tp in self.progress if topics is None or tp in topics or tp.topic in topics)

    def _filter_committable_offsets(self, tps: Iterable[TP]) -> dict[TP, int]:
        generation = self.app.positions.generation
        settled = {tp: self.progress[tp].settle(generation) for tp in tps if tp in self.progress}
        self.due = {tp: due for tp, due in settled.items() if due is not None}
        return {tp: due.offset for tp, due in self.due.items()}

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        due = self.due
        if not await super()._commit(offsets):
            return False
        for tp, committed in due.items():
            if tp in self.progress:
                self.progress[tp].committed = committed
        return True

    async def _drain_messages(self, fetcher: Any) -> None:
        stopped, fetcher_stopped = self._stopped.is_set, fetcher._stopped.is_set
        try:
            while not (stopped() or fetcher_stopped()):
                if not self.flow_active:
                    await self.wait(self.can_resume_flow.wait())
                if self._sought != self._epoch:
                    await self._start_partitions()
                    continue
                epoch = self._epoch
                records, _ = await self._wait_next_records(1.0)
                if self.should_stop or records is None:
                    return
                for client_tp, fetched in records.items():
                    # What was fetched across a rebalance is read again after the seek that follows.
                    if fetched and epoch == self._epoch and self.flow_active:
                        await self._deliver(ensure_TP(client_tp), fetched)
                await asyncio.sleep(0)
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise

    async def _start_partitions(self) -> None:
        epoch = self._epoch
        try:
            committed = await self._thread.committed()
            starts = await self.app.positions.starts(committed)
            earliest = await self.earliest_offsets(*starts)
            offsets = {tp: max(start or 0, earliest[tp]) for tp, start in starts.items()}
            await self._thread.seek_wait(offsets)
        except (KafkaError, OSError) as error:
            self.log.warning("Seeking failed, it is tried again: %r", error)
            await asyncio.sleep(0.5)
            return
        for tp, start in starts.items():
            if start is not None and start < earliest[tp]:
                self.log.warning("%s: offsets %d to %d were lost to retention", tp, start, earliest[tp])
        if epoch == self._epoch:  # else a rebalance came between
            self.progress = {tp: Progress(epoch, offset, offset) for tp, offset in offsets.items()}
            self._sought = epoch

    async def _deliver(self, tp: TP, records: list[ConsumerRecord]) -> None:
        progress = self.progress.get(tp)
        if progress is None:
            return  # revoked, or to be sought: they are read again
        last = records[-1]
        run = Run(tp, progress.position, last.offset + 1, records, progress.epoch)
        message = ConsumerMessage(
            tp.topic, tp.partition, last.offset, last.timestamp / 1_000, last.timestamp_type, None, None,
            cast(Any, run), None, 0, 0, tp, generation_id=self.app.consumer_generation_id,
        )  # fmt: skip
        progress.position = run.end
        progress.pending.append((run.end, self.app.positions.generation, message))
        self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
        await self.wait_first(self.callback(message), self.suspend_flow.wait())


class RunSchema(faust.Schema[Any, Any]):
    """Passes a run through as it is: the records' bytes are decoded by the agent."""

    def loads_key(self, app: AppT, message: Message, *, loads: Any = None, serializer: Any = None) -> Any:
        """No key: a run has as many as it has records."""
        return None

    def loads_value(self, app: AppT, message: Message, *, loads: Any = None, serializer: Any = None) -> Any:
        """The run."""
        return message.value


class Transport(driver.Transport):
    """Faust's Kafka transport with our consumer."""

    Consumer = Consumer


TRANSPORTS.aliases[SCHEME] = f"{__name__}:Transport"


def _parse_committed(found: OffsetAndMetadata | None) -> Committed | None:
    if found is None or found.offset < 0:
        return None
    return Committed(found.offset, int(found.metadata) if found.metadata.isdigit() else 0)

"""Many events against one record: an index finds the few that could match, and only those are evaluated."""

from collections.abc import Iterable, Iterator, Sequence

from schemas import Article, Post, Span, TrackedEvent
from streams.matching.engine.compiled import Certain, CompiledEvent, Hit, compile_event
from streams.matching.engine.document import Document, document, read
from streams.matching.engine.explain import locate
from streams.matching.engine.index import Entry, Index
from streams.matching.texts import fields


class Matcher:
    """The compiled rules of some events. Immutable: a change of events makes a new one."""

    def __init__(self, events: Iterable[TrackedEvent | CompiledEvent], before: "Matcher | None" = None) -> None:
        """An event that comes compiled is taken as it is; `before` has most of them. Raises `RuleError`."""
        compiled = [each if isinstance(each, CompiledEvent) else compile_event(each) for each in events]
        self.events = tuple([each.event for each in compiled])
        self.compiled = {each.event.tag: each for each in compiled}
        self._numbers = {each: number for number, each in enumerate(compiled)}
        known = before._numbers if before else {}
        come = [each for each in compiled if each not in known]
        gone = [each for each in known if each not in self._numbers]
        self._index: Index[CompiledEvent] = Index(_entries(come), before._index if before else None, _entries(gone))
        self._quoted_index: Index[CompiledEvent] = Index(
            _quoted_entries(come), before._quoted_index if before else None, _quoted_entries(gone)
        )

    def match(self, record: Post | Article) -> list[Hit]:
        """The events that the record matches, in the order of `events`."""
        return self.match_all([record])[0]

    def match_all(self, records: Sequence[Post | Article]) -> list[list[Hit]]:
        """The same for each of several records: quicker than one by one, and all their texts are in memory at once."""
        # Each step is taken for all of them: it finds its code and tables in the processor's caches then.
        texts = [fields.texts(record) for record in records]
        tokens = [read(each) for each in texts]
        called = [self._index.call(record, each) for record, each in zip(records, tokens, strict=True)]
        if self._quoted_index:
            for record, own in zip(records, called, strict=True):
                quoted = fields.quoted(record)
                if quoted is not None:
                    own += self._quoted_index.call(quoted, read(fields.texts(quoted)))
        return [self._hits(*of_one) if of_one[0] else [] for of_one in zip(called, records, texts, tokens, strict=True)]

    def _hits(
        self, called: list[CompiledEvent], record: Post | Article, texts: fields.Texts, tokens: list[str]
    ) -> list[Hit]:
        if len(called) > 1:
            called = sorted(set(called), key=self._numbers.__getitem__)
        hits = []
        whole: Document | None = None
        for event in called:
            evaluator = event.evaluator
            if isinstance(evaluator, Certain):
                hits.append(evaluator.hit)
                continue
            if whole is None:
                whole = Document(record, texts, tokens)
            if evaluator.test(whole):
                hits.append(evaluator.hit(whole))
        return hits

    def explain(self, record: Post | Article, hits: Iterable[Hit]) -> list[tuple[Span, ...]]:
        """For each hit the words that made it, of the match rule and of its claims and groups, in reading order."""
        whole = document(record)
        return [locate(self.compiled[hit.event.tag].evaluator.witnesses(whole, hit), whole) for hit in hits]


def _entries(events: list[CompiledEvent]) -> Iterator[Entry[CompiledEvent]]:
    return ((key, each.companion, each) for each in events for key in each.anchor if not key.quoted)


def _quoted_entries(events: list[CompiledEvent]) -> Iterator[Entry[CompiledEvent]]:
    return ((key, None, each) for each in events for key in each.anchor if key.quoted)

"""What can be told of a rule without any record: whether it is true of an empty one, and whether of none at all.

Both err on the side of letting a rule pass. Knows trees; what a part or claim stands for its caller tells.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from streams.matching.language.syntax import And, Field, Node, Not, Or, Quoted, Reference, Score

Body: TypeAlias = Callable[[Reference], Node]

#: Operators of which a record has one value at most, and those that can only be true of a post or only of an article.
SINGLE: Final = frozenset({"kind", "platform", "source", "place_country"})
POST_ONLY: Final = frozenset(
    {"#", "$", "@", "from", "to", "retweets_of", "platform", "bio", "bio_name", "bio_location", "source", "place"}
    | {"place_country", "point_radius", "bounding_box", "in_reply_to_tweet_id", "retweets_of_tweet_id"}
    | {"quotes_of_tweet_id", "conversation_id", "followers_count", "tweets_count", "following_count", "listed_count"}
)
ARTICLE_ONLY: Final = frozenset({"title", "body"})
#: What nobody tells of a quoted post: `is:` but for `is:verified`, too.
NOT_QUOTED: Final = frozenset(
    {"lang", "kind", "source", "sample", "title", "body", "to", "retweets_of", "place", "place_country"}
    | {"point_radius", "bounding_box", "in_reply_to_tweet_id", "retweets_of_tweet_id", "quotes_of_tweet_id"}
    | {"conversation_id"}
)


class Logic:
    """Answers about the rules of one event; what a part or claim comes to is worked out once."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._may_be: dict[tuple[bool, Node], bool] = {}
        self._why_never: dict[Node, str | None] = {}
        self._facts: dict[Node, tuple[Node, ...]] = {}

    def may_be(self, wanted: bool, node: Node) -> bool:
        """Whether the node can be `wanted` of a record that has nothing: no word, no field.

        A sample can be either, and so can lang:und, which is true where no language is known.
        """
        match node:
            case Not(child):
                return self.may_be(not wanted, child)
            case And(below):
                return (all if wanted else any)(self.may_be(wanted, child) for child in below)
            case Or(below):
                return (any if wanted else all)(self.may_be(wanted, child) for child in below)
            case Score(threshold, arguments, weights):
                pairs = zip(arguments, weights, strict=True)
                reached = sum(weight for argument, weight in pairs if self.may_be(wanted, argument))
                return reached >= (threshold if wanted else sum(weights) - threshold + 1)
            case Reference("part" | "claim"):
                known = self._may_be.get((wanted, node))
                if known is None:
                    known = self._may_be[wanted, node] = self.may_be(wanted, self._body(node))
                return known
            case Field("sample") | Field("lang", "und"):
                return True
            case _:
                return not wanted

    def why_never(self, node: Node) -> str | None:
        """Why the node is true of no record, as a clause after `found`; None where nothing speaks against it."""
        match node:
            case Or(below):
                reasons = [self.why_never(child) for child in below]
                return reasons[0] if all(reasons) else None
            case And(below):
                return next(filter(None, map(self.why_never, below)), None) or _clash(self._all_of(node))
            case Reference("part" | "claim"):
                if node not in self._why_never:
                    self._why_never[node] = self.why_never(self._body(node))
                return self._why_never[node]
            case Quoted(child):
                return self._why_never_quoted(child) or self.why_never(child)
            case _:
                return None

    def _all_of(self, node: Node) -> tuple[Node, ...]:
        """What has to be true all at once, each once."""
        match node:
            case And(below):
                return tuple(dict.fromkeys(fact for child in below for fact in self._all_of(child)))
            case Reference("part" | "claim"):
                if node not in self._facts:
                    self._facts[node] = self._all_of(self._body(node))
                return self._facts[node]
            case _:
                return (node,)

    def _why_never_quoted(self, node: Node) -> str | None:
        for each in self._all_of(node):
            unknown = isinstance(each, Field) and (
                each.name in NOT_QUOTED or (each.name == "is" and each.key != "verified")
            )
            if unknown and isinstance(each, Field):
                return f"{_shown(each)} inside quoted:, but nobody tells that of a quoted post"
        return None


def _clash(facts: tuple[Node, ...]) -> str | None:
    if not {fact.child for fact in facts if isinstance(fact, Not)}.isdisjoint(facts):
        return "a term and its exclusion side by side"
    fields = [fact for fact in facts if isinstance(fact, Field)]
    known: dict[str, str] = {}
    for field in fields:
        key = known.setdefault(field.name, field.key)
        if _excludes(field, key):
            return f"{field.name}:{key} and {_shown(field)} side by side, but a record has one {field.name}"
    posts = next((field for field in fields if _needs(field, "post")), None)
    articles = next((field for field in fields if _needs(field, "article")), None)
    if posts and articles:
        return f"{_shown(posts)}, which only a post has, beside {_shown(articles)}, which only an article has"
    return None


def _excludes(field: Field, key: str) -> bool:
    if field.name == "lang":  # en-gb is en too
        return not (f"{field.key}-".startswith(f"{key}-") or f"{key}-".startswith(f"{field.key}-"))
    return field.name in SINGLE and field.key != key


def _needs(field: Field, record: str) -> bool:
    if field.name == "kind":
        return (field.key in ("article", "press_release", "transcript")) == (record == "article")
    if field.name == "is":
        return (field.key == "article") == (record == "article")
    return field.name in (POST_ONLY if record == "post" else ARTICLE_ONLY)


def _shown(field: Field) -> str:
    return f"{field.name}{field.key}" if field.name in "#$@" else f"{field.name}:{field.key}"

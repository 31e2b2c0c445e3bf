"""What can be told of a rule without any record: whether it is true of an empty one, and whether of none at all.

Both err on the side of letting a rule pass. Knows trees; what a part or claim stands for its caller tells.
"""

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from streams.matching.language.syntax import And, Field, Node, Not, Or, Quoted, Reference, Score

Body: TypeAlias = Callable[[Reference], Node]

#: Operators of which a record has one value at most, and those that can only be true of a post or only of an article.
_SINGLE: Final = frozenset({"kind", "platform", "source", "place_country"})
_POST_ONLY: Final = frozenset(
    {"#", "$", "@", "from", "to", "retweets_of", "platform", "bio", "bio_name", "bio_location", "source", "place"}
    | {"place_country", "point_radius", "bounding_box", "in_reply_to_tweet_id", "retweets_of_tweet_id"}
    | {"quotes_of_tweet_id", "conversation_id", "followers_count", "tweets_count", "following_count", "listed_count"}
)
_ARTICLE_ONLY: Final = frozenset({"title", "body"})


def may_be(wanted: bool, node: Node, body: Body) -> bool:
    """Whether the node can be `wanted` of a record that has nothing: no word, no field, so no language either.

    A sample can be either.
    """
    match node:
        case Not(child):
            return may_be(not wanted, child, body)
        case And(children):
            return (all if wanted else any)(may_be(wanted, child, body) for child in children)
        case Or(children):
            return (any if wanted else all)(may_be(wanted, child, body) for child in children)
        case Score(threshold, arguments, weights):
            pairs = zip(arguments, weights, strict=True)
            reached = sum(weight for argument, weight in pairs if may_be(wanted, argument, body))
            return reached >= (threshold if wanted else sum(weights) - threshold + 1)
        case Reference("part" | "claim"):
            return may_be(wanted, body(node), body)
        case Field("sample"):
            return True
        case Field("lang", "und"):
            return wanted
        case _:
            return not wanted


def why_never(node: Node, body: Body) -> str | None:
    """Why the node is true of no record, as a clause after `found`; None where nothing speaks against it."""
    match node:
        case Or(children):
            reasons = [why_never(child, body) for child in children]
            return reasons[0] if all(reasons) else None
        case And(children):
            return next(filter(None, (why_never(child, body) for child in children)), None) or _clash(
                list(_facts(node, body))
            )
        case Reference("part" | "claim"):
            return why_never(body(node), body)
        case Quoted(child):
            return why_never(child, body)
        case _:
            return None


def _facts(node: Node, body: Body) -> Iterable[Node]:
    """What has to be true all at once."""
    if isinstance(node, Reference) and node.kind != "list":
        node = body(node)
    if isinstance(node, And):
        for child in node.children:
            yield from _facts(child, body)
    else:
        yield node


def _clash(facts: list[Node]) -> str | None:
    if not {fact.child for fact in facts if isinstance(fact, Not)}.isdisjoint(facts):
        return "a term and its exclusion side by side"
    fields = [fact for fact in facts if isinstance(fact, Field)]
    known: dict[str, str] = {}
    for field in fields:
        key = known.setdefault(field.name, field.key)
        if field.name in _SINGLE and field.key != key:
            return f"{field.name}:{key} and {_shown(field)} side by side, but a record has one {field.name}"
    posts = next((field for field in fields if _needs(field, "post")), None)
    articles = next((field for field in fields if _needs(field, "article")), None)
    if posts and articles:
        return f"{_shown(posts)}, which only a post has, beside {_shown(articles)}, which only an article has"
    return None


def _needs(field: Field, record: str) -> bool:
    if field.name == "kind":
        return (field.key in ("article", "press_release", "transcript")) == (record == "article")
    if field.name == "is":
        return (field.key == "article") == (record == "article")
    return field.name in (_POST_ONLY if record == "post" else _ARTICLE_ONLY)


def _shown(field: Field) -> str:
    return f"{field.name}{field.key}" if field.name in "#$@" else f"{field.name}:{field.key}"

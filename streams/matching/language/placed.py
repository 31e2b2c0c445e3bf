"""What may stand in a nearness or a sentence: whatever has a place in the text; what to write instead of the rest."""

from streams.matching.language.errors import error
from streams.matching.language.syntax import (
    And,
    Field,
    Lemma,
    Near,
    Node,
    Or,
    Proximity,
    Quoted,
    Reference,
    Score,
    Sentence,
    Term,
)


def refuse_placeless(argument: Node, function: str, rule: str, at: int) -> None:
    """Raise `RuleError` unless every word of the argument has a place: terms, lemmas, ORs of them, parts, nears."""
    for each in alternatives(argument):
        if isinstance(each, Term | Lemma | Near) or (isinstance(each, Reference) and each.kind == "part"):
            continue
        found, fix = _placeless(each, function)
        raise error(
            rule,
            at,
            f"found {found} in {function}(), expected words, phrases, prefixes, lemmas, ORs of them, parts or nears; "
            f"{fix}",
        )


def alternatives(argument: Node) -> tuple[Node, ...]:
    """The nodes of which any may stand where the argument stands."""
    return argument.children if isinstance(argument, Or) else (argument,)


def _placeless(node: Node, function: str) -> tuple[str, str]:
    """What a node without a place in the text is called, and what to do instead."""
    outside = f"put it outside {function}()"
    match node:
        case And():
            return (
                "several terms without a comma",
                f"separate what {function}() relates with commas, alternatives with OR",
            )
        case Field("#" | "@" | "$" as sigil, key):
            return f"'{sigil}{key}'", f"write the word without {sigil}, or {outside}"
        case Field(name, _) | Reference(name, _):
            return f"the operator '{name}:'", outside
        case Proximity(phrase, distance):
            words = " ".join(phrase.tokens)
            return f'"{words}"~{distance}', f"write near({distance}, {', '.join(phrase.tokens)})"
        case Sentence():
            return "sentence()", outside
        case Score():
            return f"{node.name}()", outside
        case Quoted():
            return "quoted:", f"put {function}() inside it"
        case _:
            return "an exclusion", outside

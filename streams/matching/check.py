"""What a person should know about an event's rules before they are applied."""

from streams.matching.rulebook import Rulebook, Rules
from streams.matching.syntax import Field, Reference, walk


def check_event(event: Rules) -> list[str]:
    """Warnings about rules that may not mean what was meant. Raises `RuleError` for one that cannot be used."""
    book = Rulebook(event)
    warnings = []
    for name in event.groups:
        for node in walk(book.nodes[f"groups.{name}"]):
            if isinstance(node, Field) and node.name == "from" and "/" not in node.key:
                warnings.append(
                    f"groups.{name}: from:{node.key} names no platform, and a handle on another one can be "
                    f"anyone's; write from:PLATFORM/{node.key}"
                )
    named = {node for root in book.nodes.values() for node in walk(root) if isinstance(node, Reference)}
    for name in event.parts:
        if Reference("part", name) not in named:
            warnings.append(f"parts.{name}: no rule names this part")
    return warnings

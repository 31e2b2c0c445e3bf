"""How large a rule may be, so that none can make the matcher slow or deep."""

from typing import Final

CHARACTERS: Final = 4_096
TERMS: Final = 250
#: Groups, negations and functions inside each other, in one rule as written and with its parts and claims put in.
DEPTH: Final = 50
EXPANDED_DEPTH: Final = 100
#: Terms of one rule once its parts and claims are put in wherever they are named.
EXPANDED_TERMS: Final = 20_000
#: A prefix has at least this many letters or digits.
PREFIX: Final = 3
#: Other tokens that a nearness may allow, and how many things it may relate (its cost doubles with each).
DISTANCE: Final = 100
NEAR_ARGUMENTS: Final = 6
#: Words of a phrase with a distance after it.
PROXIMITY_WORDS: Final = 20
#: The weight of one argument of `score`.
WEIGHT: Final = 100

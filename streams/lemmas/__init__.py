"""Inflection: from a word's dictionary form to all its forms, for `lemma:`, when an event is applied.

Owns which dictionaries a word is looked up in, what is no single dictionary form, and what such an error says. The
dictionaries come with the extra `lemmas` and are loaded with the first word that needs them: importing this costs
nothing. Knows nothing of rules; the forms it returns are written into the record, so that workers need none of it.
"""

from streams.lemmas.inflection import Inflected, inflect
from streams.lemmas.parts import LemmasMissing, Part

__all__ = ["Inflected", "LemmasMissing", "Part", "inflect"]

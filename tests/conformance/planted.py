"""Near-copies planted among real posts: texts of the seeds' sample, written for this project, with words exchanged.

The texts are unlike each other by their words alone: no two share 30 % of them. A copy has a share of its words
exchanged for words of the real posts. `python -m tests.conformance.planted` measures what finding them costs.
"""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas import Post
from streams.matching import fingerprint
from streams.trends.voices import group
from tests.benchmarks.corpus import read_posts, sample_posts
from tests.unit.matching.records import post

TEXTS = 200
#: Shares of a text's words that are exchanged in its copies.
CHANGED = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4)
#: Words of the shortest text.
FEWEST = 8
WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Planted:
    """A post of the planted set: `text` is the number of the text that it copies, None for a real post."""

    post: Post
    text: int | None
    changed: float | None


def plant() -> list[Planted]:
    """The 20,000 real posts, and each text as it is and once for each share in `CHANGED`."""
    dice = random.Random(1)
    real = [Planted(each, None, None) for each in read_posts()]
    words = [word for each in dice.sample(real, 2_000) for word in WORD.findall(each.post.text)]
    planted = []
    for number, text in enumerate(_unlike()):
        planted.append(Planted(post(text, id=f"{number}"), number, None))
        for changed in CHANGED:
            copy = text.split()
            for i in dice.sample(range(len(copy)), round(changed * len(copy))):
                copy[i] = dice.choice(words)
            planted.append(Planted(post(" ".join(copy), id=f"{number}-{changed}"), number, changed))
    everything = [*real, *planted]
    dice.shuffle(everything)
    return everything


def _unlike() -> Iterator[str]:
    kept: list[set[str]] = []
    for each in sample_posts():
        text = " ".join(WORD.findall(each.text.lower()))
        words = set(text.split())
        if len(words) >= FEWEST and all(len(words & other) < 0.3 * len(words | other) for other in kept):
            kept.append(words)
            yield text
            if len(kept) == TEXTS:
                return


@dataclass(frozen=True, slots=True)
class Score:
    """Of each share changed, how many copies are in one voice with their text; and of all posts that are in one with a
    text, how many are copies of it."""

    recall: dict[float, float]
    precision: float
    voices: int


async def score(planted: Sequence[Planted]) -> Score:
    """How well the copies are found."""
    texts = [fingerprint(each.post) for each in planted]
    voices = await group(texts)
    of = [voices[text] for text in texts]
    originals = {each.text: of[i] for i, each in enumerate(planted) if each.changed is None}
    del originals[None]  # the real posts
    found: Counter[float] = Counter()
    right = wrong = 0
    by_voice = {voice: number for number, voice in originals.items()}
    for each, voice in zip(planted, of, strict=True):
        if each.changed is not None:
            found[each.changed] += voice == originals[each.text]
        if voice in by_voice and not (each.text is not None and each.changed is None):
            right += voice == originals.get(each.text)
            wrong += voice != originals.get(each.text)
    wrong += len(originals) - len(by_voice)  # texts that are in one voice with another
    return Score({changed: found[changed] / TEXTS for changed in CHANGED}, right / (right + wrong), len(set(of)))


def main() -> None:
    """Print how well and at what cost, in processor time: others may be busy on this machine."""
    planted = plant()
    began = time.process_time()
    texts = [fingerprint(each.post) for each in planted]
    sketched = time.process_time() - began
    began = time.process_time()
    asyncio.run(group(texts))
    grouped = time.process_time() - began
    found = asyncio.run(score(planted))
    print(f"{len(planted):,} posts, {found.voices:,} voices, precision {found.precision:.4f}")
    for changed, recall in found.recall.items():
        print(f"{changed:4.0%} of the words changed: {recall:.3f} found")
    print(f"fingerprint with sketch: {sketched / len(planted) * 1e6:.1f} us a post")
    print(f"grouping: {grouped / len(planted) * 1e6:.1f} us a post, {grouped:.2f} s together")


if __name__ == "__main__":
    main()

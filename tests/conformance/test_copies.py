"""Near-copies are found, and only they; what is found depends on nothing but which texts there are."""

import random

import pytest

from streams.matching import fingerprint
from streams.trends.voices import group
from tests.benchmarks.corpus import DATA
from tests.conformance.planted import Planted, plant, score
from tests.unit.matching.records import post

pytestmark = pytest.mark.skipif(
    not (DATA / "posts").exists(), reason="the real posts (../shared/data/posts) are not beside the checkout"
)


@pytest.fixture(scope="module")
def planted() -> list[Planted]:
    return plant()


async def test_copies_of_up_to_15_percent_are_found_and_strangers_are_not(planted: list[Planted]) -> None:
    found = await score(planted)
    for changed, recall in found.recall.items():
        assert changed > 0.15 or recall >= 0.95, (changed, recall)
    assert found.precision >= 0.99


async def test_the_order_in_which_texts_are_given_changes_nothing(planted: list[Planted]) -> None:
    texts = [fingerprint(each.post) for each in planted[:3_000]]
    before = await group(texts)
    random.Random(2).shuffle(texts)
    assert await group([*texts, *texts[:100]]) == before
    assert await group(texts[:400]) == await group(sorted(texts[:400]))


@pytest.mark.parametrize("text", ["hello there", "five words stand in it"])
async def test_no_text_of_few_words_is_near_to_another(text: str) -> None:
    one, other = fingerprint(post(text)), fingerprint(post(f"{text} now"))
    near = len(set((await group([one, other])).values())) == 1
    assert near == (len(text.split()) >= 5)
    assert await group([]) == {}

"""The fuzzer's targets hold for their seeds, for what fuzzing has found, and for any bytes: without the fuzzer."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz import structure, targets

#: Inputs that failed once, and what was mended.
FOUND = [
    # Bytes that are no UTF-8 in an unknown field: the replay could not move the record's times.
    ("bodies", b'{"platform":"x","id":"1","op":"edit","version":1741910400000,"author":{"id":"7","handle":"a"},'
               b'"text":"","created_at":"2025-03-13T10:00:00Z","\xecinks":[]}'),
    # Signs that steer a terminal came through into the message.
    ("mapping", b'{"d\x7fata":{}}'),
    ("mapping", b'{"\\u001b[2J":{}}'),
    ("rules", b"a $\x1b[2J"),
    ("rules", "kurп%O ть$\0\x8d".encode()),
    ("codec", b'{"platform":"x","id":"1","op":"\\u009b2J","version":5}'),
]  # fmt: skip


@pytest.mark.parametrize("target", targets.TARGETS)
def test_the_seeds_pass(target: str) -> None:
    seeds = list(targets.seeds(target))
    assert seeds
    for seed in seeds:
        targets.TARGETS[target](seed)


@pytest.mark.parametrize(("target", "data"), FOUND)
def test_what_was_found_stays_mended(target: str, data: bytes) -> None:
    targets.TARGETS[target](data)


@given(st.sampled_from(sorted(targets.TARGETS)), st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_pass(target: str, data: bytes) -> None:
    targets.TARGETS[target](data)


_DOCUMENTS = [seed for target in ("codec", "mapping") for seed in targets.seeds(target)]


@given(st.sampled_from(_DOCUMENTS), st.lists(st.integers(0, 2**32), min_size=1, max_size=8))
@example(b'{"a":[1]}', [3])
def test_any_change_of_structure_passes(document: bytes, changes: list[int]) -> None:
    for seed in changes:
        document = structure.mutated(document, seed) or document
    for target in ("codec", "bodies", "mapping"):
        targets.TARGETS[target](document)

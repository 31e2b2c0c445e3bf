"""Lua and Python name the same dimensions: one adds what the other takes back."""

import re
from importlib.resources import files

from hypothesis import HealthCheck, given, settings
from redis import Redis

from streams.trends import Contribution, Standing
from streams.trends.contributions import dimensions, pack_cell
from tests.unit.trends.test_packing import contributions


def the_scripts_function() -> str:
    body = files("streams.trends").joinpath("ledger.lua").read_text(encoding="utf-8")
    found = re.search(r"^local function dimensions\(c\).*?^end$", body, re.MULTILINE | re.DOTALL)
    assert found
    return found[0] + "\nreturn dimensions(cmsgpack.unpack(string.sub(ARGV[1], 12)))"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contribution=contributions)
def test_lua_derives_what_python_derives(redis_url: str, contribution: Contribution) -> None:
    packed = pack_cell(Standing(b"12345678", 1, 2, 3, 4, 5, True, {}), contribution)
    with Redis.from_url(redis_url) as redis:
        named = redis.eval(the_scripts_function(), 0, packed)
    assert [name.decode() for name in named] == list(dimensions(contribution.shape))

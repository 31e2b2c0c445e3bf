"""`tocsin doctor`: what is wrong, and what to do about it."""

import asyncio
import logging
from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit

import click
import orjson

from streams.settings import REDIS_SCHEMES, Certificates, Duration, Settings, spell_duration, variable


@click.command("doctor")
@click.option("--settings", "only_settings", is_flag=True, help="List every setting instead, secrets masked.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(context: click.Context, only_settings: bool, as_json: bool) -> None:
    """Check Kafka, Redis, topics, clocks, workers and settings; say what to do. Changes nothing.

    \b
    tocsin doctor
    tocsin doctor --settings

    One line each: ok, warn or FAIL. The exit code is 1 where anything failed.
    """
    settings = Settings.from_environment()
    if only_settings:
        listed = _listed(settings)
        click.echo(orjson.dumps({"settings": listed})) if as_json else _print(listed)
        return
    from streams.doctor import FAIL, examine

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the findings say it
    found = asyncio.run(examine(settings))
    failed = any(each.level == FAIL for each in found)
    if as_json:
        checks = [{"level": each.level, "what": each.what, "to_do": each.to_do} for each in found]
        click.echo(orjson.dumps({"ok": not failed, "checks": checks}))
    else:
        for each in found:
            click.echo(str(each))
    context.exit(1 if failed else 0)


def _listed(settings: Settings) -> list[dict[str, Any]]:
    defaults = Settings()
    return [
        {
            "variable": variable(each),
            "value": _shown(getattr(settings, each.name), secret=each.metadata["secret"]),
            "default": _shown(getattr(defaults, each.name), secret=False),
            "help": each.metadata["help"],
        }
        for each in fields(Settings)
    ]


def _shown(value: Any, *, secret: bool) -> Any:
    if isinstance(value, Duration):
        return spell_duration(value)
    if isinstance(value, Certificates) and value:
        return f"({value.count('-----BEGIN CERTIFICATE-----')} certificates)"
    if not secret or not value:
        return value
    url = urlsplit(value)
    if url.scheme not in REDIS_SCHEMES:
        return "***"
    # The one URL: without its password, and without its options, for one of them can be the password too.
    user, at, address = url.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    return f"{url.scheme}://{name}{colon and ':***'}{at}{address}{url.path}{url.query and '?***'}"


def _print(listed: list[dict[str, Any]]) -> None:
    for each in listed:
        default = "its default" if each["value"] == each["default"] else f"default {each['default'] or 'none'}"
        click.secho(f"{each['variable']}={each['value']}", bold=True, nl=False)
        click.echo(f"  ({default})\n    {each['help']}")

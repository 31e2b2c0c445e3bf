"""The environment: variables that are no setting (a typing mistake goes unnoticed otherwise), values out of bounds."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import fields

from streams.alerts.delivery import EndpointsSource
from streams.doctor.findings import FAIL, OK, WARN, Finding
from streams.errors import UserError
from streams.settings import Settings, spell_duration, variable

#: Beginnings of variables that are Faust's, and the mark of a terminal that looks at a demo.
_OTHERS = ("TOCSIN_FAUST_", "TOCSIN_DEMO")


def examine_variables(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """What the settings themselves say."""
    known = {variable(each) for each in fields(Settings)}
    unknown = [
        name
        for name in sorted(environment)
        if name.startswith("TOCSIN_") and not name.startswith(_OTHERS) and name.removesuffix("_FILE") not in known
    ]
    for name in unknown:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else "`tocsin doctor --settings` lists all settings"
        yield Finding(WARN, f"{name} is no setting", hint)
    if settings.retention < 3_600:
        yield Finding(
            FAIL,
            f"TOCSIN_RETENTION is {spell_duration(settings.retention)}",
            "give it hours or days: back-fills read it",
        )
    elif not unknown:
        yield Finding(OK, f"settings: counts are kept {spell_duration(settings.keep)} (retention and lateness)")
    if settings.endpoints:
        yield _endpoints(settings)


def _endpoints(settings: Settings) -> Finding:
    source = EndpointsSource(settings.endpoints)
    try:
        source.refresh()
    except UserError as error:
        return Finding(FAIL, f"endpoints: {error}", "alerts go by the last good ones, or wait where there are none")
    return Finding(OK, f"endpoints of alerts: {', '.join(sorted(source.by_name)) or 'none'}")

"""The articles: which outlet publishes what and when, updates and withdrawals, and their truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from .dice import Dice
from .meaning import NOTHING, Meaning, Role, Speaker, Truth, joined, truth_of
from .phrases import BANK, Phrases
from .platforms import millis
from .stream import SOURCE, Json
from .timeline import END, OFFER, START, TRUMP_POST, at

_KURSK, _TRUCE = "kursk-surrender-offer", "jeddah-truce-proposal"


@dataclass(frozen=True)
class _Plan:
    """So many articles on an event between two moments, each with one of these sets of themes."""

    event: str
    start: datetime
    end: datetime
    number: int
    themes: tuple[tuple[str, ...], ...]
    state: float = 0.0


_PLANS = (
    _Plan(_KURSK, START, TRUMP_POST, 6, (("offer-early",), ("villages", "offer-early")), 0.4),
    _Plan(_KURSK, TRUMP_POST, OFFER, 8, (("plea",), ("plea", "asserted"), ("plea", "denied")), 0.3),
    _Plan(
        _KURSK,
        OFFER + timedelta(minutes=6),
        at(14, 17, 30),
        16,
        (("lives",), ("lives", "offer"), ("asserted-lives", "plea"), ("lives", "plea")),
        0.6,
    ),
    _Plan(
        _KURSK,
        at(14, 17, 30),
        at(14, 23),
        20,
        (("denied",), ("denied", "lives"), ("denied-trap", "offer"), ("trap", "denied"), ("lives", "plea")),
        0.15,
    ),
    _Plan(
        _KURSK,
        at(15, 6),
        END,
        18,
        (
            ("denied-late",),
            ("denied-late", "lives"),
            ("villages-late",),
            ("trap", "denied-late"),
            ("asserted", "denied-late"),
        ),
        0.15,
    ),
    _Plan(_TRUCE, START, END, 20, (("truce",), ("conditions", "truce"), ("witkoff",), ("conditions", "witkoff")), 0.2),
    _Plan("kettle-recall", at(14, 9), END, 5, (("kettle-recall",),)),
    _Plan("arno-flood-alert", at(14, 7), at(14, 22), 7, (("arno",), ("arno", "arno-schools"))),
    _Plan("arno-flood-alert", at(15, 0), at(15, 12), 3, (("arno-passed",),)),
    _Plan("blood-moon-eclipse", START, at(14, 4), 5, (("moon",),)),
)
_ELSEWHERE = 36
#: What is told where a language lacks a theme.
_INSTEAD = {"villages-late": "denied-late", "asserted-lives": "lives"}


class _Outlet(msgspec.Struct):
    domain: str
    name: str
    lang: str
    role: Role
    weight: float
    country: str | None = None
    real: bool = False


class _File(msgspec.Struct):
    outlets: list[_Outlet]
    background: dict[str, dict[str, list[str]]]
    elsewhere: dict[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class _Article:
    url: str
    outlet: _Outlet
    published: datetime
    title: str
    summary: str
    body: str
    meaning: Meaning
    kind: str = "article"
    updated: datetime | None = None


class Newsstand:
    """Writes the articles and keeps their truth; ``links`` is what posts may link to."""

    def __init__(self, dice: Dice, phrases: Phrases) -> None:
        self._dice, self._phrases = dice, phrases
        self._file = msgspec.yaml.decode((BANK / "outlets.yaml").read_bytes(), type=_File)
        self._records: list[tuple[datetime, int, Json]] = []
        self._written: list[_Article] = []
        self.truth: dict[str, Truth] = {}
        self.links: list[tuple[datetime, str, Json]] = []
        for plan in _PLANS:
            for _ in range(plan.number):
                self._write(plan)
        for number in range(_ELSEWHERE):
            self._write_elsewhere(number)
        self._releases()
        self._later()

    def lines(self) -> list[Json]:
        """List the records in order of arrival."""
        return [record for _, _, record in sorted(self._records, key=lambda entry: entry[:2])]

    def _moment(self, start: datetime, end: datetime) -> datetime:
        return start + timedelta(seconds=round(self._dice.between(0, (end - start).total_seconds() - 60)))

    def _outlet(self, lang: str | None, state: bool) -> _Outlet:
        fits = [one for one in self._file.outlets if lang in (None, one.lang) and (one.role == "state-media") == state]
        return fits[self._dice.weighted({index: one.weight for index, one in enumerate(fits)})]

    def _write(self, plan: _Plan) -> None:
        dice = self._dice
        names = dice.pick(plan.themes)
        state = dice.chance(plan.state) and not any("denied" in name or name == "trap" for name in names)
        outlet = self._outlet(None if plan.event in (_KURSK, _TRUCE) else "en", state)
        if plan.event not in (_KURSK, _TRUCE):
            while outlet.real:
                outlet = self._outlet("en", False)
        self._publish(self._compose(names, plan.event, outlet, self._moment(plan.start, plan.end)), plan.event)

    def _compose(self, names: tuple[str, ...], event: str, outlet: _Outlet, moment: datetime) -> _Article:
        dice, lang = self._dice, outlet.lang
        found = [self._phrases.find(name, lang, talk=False, moment=moment) for name in names]
        themes = [dice.pick(some) for some in found if some]
        if not themes:
            themes = self._phrases.find(_INSTEAD.get(names[0], names[0]), lang, talk=False)
        title = themes[0].say(dice, plain=True)
        summary = themes[-1].say(dice, plain=True)
        rest = [theme.say(dice, plain=True) for theme in themes]
        background = self._file.background[event].get(lang, [])
        body = " ".join([*(said.text for said in rest), *dice.draw(background, 2)])
        meaning = joined(*(said.meaning for said in (title, summary, *rest)))
        url, headline = self._address(outlet, moment), title.text.rstrip(".")
        return _Article(url, outlet, moment, headline, summary.text, body, meaning)

    def _address(self, outlet: _Outlet, moment: datetime) -> str:
        while True:
            number = self._dice.whole(1000, 9999)
            url = f"https://{outlet.domain}/tocsin-sample/{moment:%d%H%M}{number}"
            if url not in self.truth:
                return url

    def _write_elsewhere(self, number: int) -> None:
        lang = ("en", "en", "ru", "uk")[number % 4]
        title, body = self._dice.pick(self._file.elsewhere[lang])
        outlet = next(one for one in self._file.outlets if one.lang == lang and not one.real)
        if lang == "en":
            outlet = self._dice.pick([one for one in self._file.outlets if one.lang == lang and not one.real])
        moment = self._moment(START, END)
        summary, _, rest = body.partition(". ")
        self._publish(_Article(self._address(outlet, moment), outlet, moment, title, summary + ".", rest, NOTHING), "")

    def _releases(self) -> None:
        """Add the press releases and a transcript, as short restatements."""
        kremlin = _Outlet("kremlin.ru", "Президент России", "ru", "officials", 0, "RU", real=True)
        channel = _Outlet("1tv.ru", "Первый канал", "ru", "state-media", 0, "RU", real=True)
        english = _Outlet("en.kremlin.ru", "President of Russia", "en", "officials", 0, "RU", real=True)
        office = _Outlet("president.gov.ua", "Офіс Президента України", "uk", "officials", 0, "UA", real=True)
        maker = _Outlet("halvard.example", "Halvard Home", "en", "maker", 0)
        for outlet, names, event, moment, kind in (
            (kremlin, ("lives", "offer"), _KURSK, OFFER + timedelta(minutes=3), "press_release"),
            (channel, ("lives",), _KURSK, OFFER + timedelta(minutes=9), "transcript"),
            (english, ("lives", "offer"), _KURSK, OFFER + timedelta(minutes=40), "press_release"),
            (office, ("denied-late",), _KURSK, at(15, 8, 50), "press_release"),
            (maker, ("kettle-recall",), "kettle-recall", at(14, 9, 2), "press_release"),
        ):
            self._publish(replace(self._compose(names, event, outlet, moment), kind=kind), event)

    def _publish(self, article: _Article, event: str) -> None:
        self._written.append(article)
        self._note(article, "create", article.published)
        link = {"expanded": article.url, "title": article.title}
        if article.meaning:
            self.links.append((article.published, event, link))
            self.links.sort(key=lambda entry: entry[0])

    def _later(self) -> None:
        dice = self._dice
        held = [one for one in self._written if one.kind == "article" and one.published < END - timedelta(hours=4)]
        for article in dice.draw([one for one in held if _KURSK in one.meaning and one.outlet.role == "press"], 9):
            moment = article.published + timedelta(minutes=dice.whole(12, 170), milliseconds=dice.whole(0, 999))
            fresh = self._phrases.find("denied", article.outlet.lang, talk=False)[0].say(dice, plain=True)
            body = f"{article.body} {fresh.text}"
            changed = replace(article, body=body, meaning=joined(article.meaning, fresh.meaning), updated=moment)
            self._written[self._written.index(article)] = changed
            self._note(changed, "edit", moment)
        for article in dice.draw([one for one in held if one in self._written and not one.outlet.real], 3):
            moment = article.published + timedelta(minutes=dice.whole(20, 200), milliseconds=dice.whole(0, 999))
            removal: Json = {"url": article.url, "op": "delete", "version": millis(moment), "source": SOURCE}
            self._records.append((moment, len(self._records), removal))
            self.truth[article.url] = {}

    def _note(self, article: _Article, op: str, moment: datetime) -> None:
        arrives = moment + timedelta(seconds=self._dice.between(2, 50))
        self._records.append((arrives, len(self._records), _written_out(article, op)))
        self.truth[article.url] = truth_of(article.meaning, Speaker(article.outlet.role, None, article.outlet.lang))


def _written_out(article: _Article, op: str) -> Json:
    outlet: Json = {"domain": article.outlet.domain, "name": article.outlet.name}
    if article.outlet.country:
        outlet["country"] = article.outlet.country
    record: Json = {
        "url": article.url,
        "op": op,
        "version": millis(article.updated) if article.updated else 0,
        "published_at": article.published.isoformat().replace("+00:00", "Z"),
    }
    if article.updated:
        record["updated_at"] = article.updated.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return record | {
        "outlet": outlet,
        "title": article.title,
        "summary": article.summary,
        "body": article.body,
        "authors": [],
        "lang": article.outlet.lang,
        "links": [],
        "kind": article.kind,
        "source": SOURCE,
    }

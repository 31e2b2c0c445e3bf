"""What people do with what they want to say: post, repost, copy, quote, answer; later take back, mend or restore it."""

from __future__ import annotations

from datetime import datetime, timedelta

from .cast import Account, Cast, Side
from .dice import Dice
from .meaning import NOTHING
from .phrases import Phrases, Said, Theme
from .platforms import CAN_EDIT, CAN_QUOTE, CAN_REPLY
from .stream import Json, Post, Stream
from .timeline import END, Phase

_FOR = frozenset({"lives", "asserted", "asserted-lives", "plea", "villages-asserted"})
_AGAINST = frozenset({"denied", "trap", "trap-lives", "denied-trap", "both-events", "denied-late"})
_STATE_SAYS = frozenset(
    ("lives", "asserted", "asserted-lives", "offer", "offer-early", "plea", "villages", "villages-late")
) | {"conditions", "witkoff"}
_ON_TOPIC = {"post": 46, "repost": 30, "copy": 9, "quote": 8, "reply": 7}
_OFF_TOPIC = {"post": 86, "repost": 8, "reply": 6}
_SHORTENER = "abcdefghkmnpqrstuvwxyzABCDEFGHKLMNPQRSTUVWXYZ23456789"
_FAR_FROM_TELEGRAM = ("kettle", "moon")
_SHORT = {
    "en": ("Exactly this.", "Wow.", "Keep an eye on this.", "Hm.", "Says it all.", "Really?", "🤔"),
    "ru": ("Вот именно.", "Ну и ну.", "Читать всем.", "Хм.", "Серьёзно?", "🤔"),
    "uk": ("Саме так.", "Ну й ну.", "Читати всім.", "Гм.", "Серйозно?", "🤔"),
}
_FRINGES = ("!", "!!", " 👇", " 🙏", " ‼️", "", " RT", " ...", " 👀", " 🔁")


class Acts:
    """Plays a phase of the timeline into the stream."""

    def __init__(
        self, dice: Dice, phrases: Phrases, cast: Cast, stream: Stream, links: list[tuple[datetime, str, Json]]
    ) -> None:
        self._dice, self._phrases, self._cast, self._stream = dice, phrases, cast, stream
        self._links = links
        self._recent: dict[tuple[str, str], list[Post]] = {}

    def remember(self, post: Post) -> None:
        """Let a post be found by those who repost, copy, quote and answer."""
        self._recent.setdefault((post.said.theme, post.author.platform), []).append(post)

    def moments(self, phase: Phase) -> list[datetime]:
        """Spread a phase's posts over its time."""
        span = (phase.end - phase.start).total_seconds()
        throws = [self._dice.between(0, 1) ** (1.6 if phase.fading else 1.0) for _ in range(phase.posts)]
        return [phase.start + timedelta(milliseconds=round(throw * span * 1000)) for throw in throws]

    def play(self, phase: Phase, moment: datetime) -> None:
        """Let one post of a phase appear."""
        dice = self._dice
        name = dice.weighted(phase.mix)
        state = dice.chance(phase.state) and name in _STATE_SAYS
        themes = self._phrases.find(name, talk=False if state else None, moment=moment)
        weights = {lang: phase.langs[lang] for lang in phase.langs if any(theme.lang == lang for theme in themes)}
        if state:
            weights = {lang: {"en": 0.4, "ru": 0.6}.get(lang, 0.0) for lang in weights}
        if not weights:
            return self.play(phase, moment)  # nothing to say on this theme yet: another one
        lang = dice.weighted(weights)
        choices = [theme for theme in themes if theme.lang == lang]
        theme = dice.pick(choices)
        author = self._author(theme, state)
        if not state:
            act = dice.weighted(_ON_TOPIC if theme.meaning else _OFF_TOPIC)
            origin = self._origin(theme, author, moment)
            if origin and act == "repost":
                self._repost(author, moment, origin)
                return None
            if origin and act == "copy":
                self._copy(author, moment, origin)
                return None
            if origin and act == "quote" and author.platform in CAN_QUOTE:
                self._answer(author, moment, theme, origin, "quote")
                return None
            if origin and act == "reply" and author.platform in CAN_REPLY:
                self._answer(author, moment, theme, origin, "reply")
                return None
        said = _styled(theme.say(dice), dice)
        link = self._link(theme, author, moment)
        self.remember(self._stream.create(author, moment, said, link=link, media=self._media()))
        return None

    def campaign(self, start: datetime, name: str, lang: str, size: int, minutes: int) -> None:
        """Let the amplifiers post one text many times, with small changes."""
        said = self._phrases.find(name, lang, talk=True, moment=start)[0].say(self._dice, plain=True)
        for account in self._dice.draw(self._cast.crowd("amplifiers", lang=lang), size):
            moment = start + timedelta(seconds=round(self._dice.between(0, minutes * 60)))
            self._stream.create(account, moment, _disguised(_fringed(said, self._dice), self._dice))

    def afterlife(self) -> None:
        """Edit, delete and restore some of what was said, and let a few stale records arrive late."""
        dice, stream = self._dice, self._stream
        relevant = [post for post in stream.posts if post.said.meaning and not post.author.real]
        others = [post for post in stream.posts if not post.said.meaning and post.kind in ("post", "reply")]
        editable = [post for post in relevant if post.kind in ("post", "reply") and post.author.platform in CAN_EDIT]
        for post in dice.draw(editable, 75):
            self._revise(post)
        nearby = [post for post in others if post.author.platform in CAN_EDIT and post.said.theme == "near"]
        for post in dice.draw(nearby, 60):
            self._start_matching(post)
        deleted = dice.draw(relevant, 72) + dice.draw(others, 34)
        for post in deleted:
            if moment := self._later(post):
                stream.delete(post, moment)
        restorable = [post for post in deleted if post.gone and post.author.platform in ("x", "vk", "facebook")]
        for post in dice.draw([post for post in restorable if post.said.meaning], 5):
            if moment := self._later(post):
                stream.undelete(post, moment)
        for post in dice.draw([post for post in deleted if post.gone], 9):
            stale = stream.whole(post, "create")
            if not post.edited and (moment := self._later(post)):
                stream.arrive(moment, stale)  # a feed that reconnects repeats what was deleted since

    def _author(self, theme: Theme, state: bool) -> Account:
        dice, cast = self._dice, self._cast
        if state:
            return dice.pick(cast.crowd("state-media", lang=theme.lang))
        topic = theme.name.split("-")[0]
        pool = cast.crowd("citizen", lang=theme.lang)
        if topic in _FAR_FROM_TELEGRAM:
            pool = [one for one in pool if one.platform not in ("telegram", "vk")]
        if theme.lang == "en" and topic in ("arno", "moon") and dice.chance(0.2):
            pool = cast.crowd("locals" if topic == "arno" else "skywatchers")
        if theme.name == "kettle-recall" and dice.chance(0.3):
            pool = cast.crowd("maker") + cast.crowd("shops")
        if theme.name in ("asserted", "denied", "denied-late", "villages-late") and not theme.talk and dice.chance(0.2):
            pool = cast.crowd("osint", lang=theme.lang)
            pool = [one for one in pool if not one.real]
        if theme.name in _FOR and dice.chance(0.1):
            pool = cast.crowd("amplifiers", lang=theme.lang) or pool
        wrong: Side | None = None
        if theme.talk:
            wrong = "against" if theme.name in _FOR else "for" if theme.name in _AGAINST else None
        return dice.pick([one for one in pool if one.side != wrong] or pool)

    def _origin(self, theme: Theme, author: Account, moment: datetime) -> Post | None:
        recent = [
            post
            for post in self._recent.get((theme.name, author.platform), [])
            if moment - timedelta(hours=8) < post.created < moment
            and post.author.id != author.id
            and post.said.lang == author.lang
            and post.kind != "repost"
            and post.said.meaning == theme.meaning
        ]
        famous = [post for post in recent if post.author.real]
        if famous and self._dice.chance(0.55):
            return self._dice.pick(famous)
        return self._dice.pick(recent[-25:]) if recent else None

    def _repost(self, author: Account, moment: datetime, origin: Post) -> None:
        self._stream.create(author, moment, origin.said, kind="repost", origin=origin)

    def _copy(self, author: Account, moment: datetime, origin: Post) -> None:
        said = _fringed(origin.said, self._dice) if not origin.author.real else origin.said
        self._stream.create(author, moment, said)

    def _answer(self, author: Account, moment: datetime, theme: Theme, origin: Post, kind: str) -> None:
        said = theme.say(self._dice)
        if self._dice.chance(0.45):
            said = Said(self._dice.pick(_SHORT[author.lang]), author.lang, NOTHING, "near")
        self._stream.create(author, moment, said, kind=kind, origin=origin)

    def _link(self, theme: Theme, author: Account, moment: datetime) -> Json | None:
        topic = next(iter(theme.meaning), "")
        articles = [link for published, event, link in self._links if event == topic and topic and published < moment]
        if not articles or not self._dice.chance(0.22):
            return None
        link = self._dice.pick(articles[-6:])
        if author.platform != "x":
            return {"url": link["expanded"], "title": link["title"]}
        return {"url": "https://t.co/" + self._dice.letters(_SHORTENER, 10), **link}

    def _media(self) -> list[Json]:
        if not self._dice.chance(0.12):
            return []
        return [{"type": self._dice.pick(("photo", "photo", "video"))}]

    def _later(self, post: Post) -> datetime | None:
        since = post.touched or post.created
        minutes = round(2 + 10 ** self._dice.between(0.3, 2.7))
        moment = since + timedelta(minutes=minutes, milliseconds=self._dice.whole(0, 999))
        return moment if moment < END - timedelta(minutes=5) else None

    def _revise(self, post: Post) -> None:
        moment = self._later(post)
        if moment is None:
            return
        dice, said = self._dice, post.said
        way = dice.weighted({"typo": 5, "retract": 3, "correct": 2})
        if way == "typo":
            note = {"en": "(Edit: typo.)", "ru": "(Упд.: опечатка.)", "uk": "(Упд.: описка.)"}[said.lang]
            new = Said(f"{said.text} {note}", said.lang, said.meaning, said.theme)
        elif way == "correct" and "encirclement-asserted" in said.meaning.get("kursk-surrender-offer", ()):
            fresh = dice.pick(self._phrases.find("denied", said.lang, talk=False)).say(dice, plain=True)
            word = {"en": "Correction:", "ru": "Поправка:", "uk": "Виправлення:"}[said.lang]
            new = Said(f"{word} {fresh.text}", said.lang, fresh.meaning, fresh.theme)
        else:
            text = {
                "en": ("I took this down to read up first.", "Wrong thread, sorry.", "Removed, I got this wrong."),
                "ru": ("Убрал, сначала разберусь.", "Не туда написал, извините.", "Текст снят, я ошибся."),
                "uk": ("Прибрав, спершу розберуся.", "Не туди написала, вибачте.", "Текст знято, я помилився."),
            }[said.lang]
            new = Said(dice.pick(text), said.lang, NOTHING, "near")
        self._stream.edit(post, moment, new)
        if dice.chance(0.2) and (again := self._later(post)):
            self._stream.edit(post, again, Said(post.said.text + " 🙏", said.lang, post.said.meaning, post.said.theme))

    def _start_matching(self, post: Post) -> None:
        moment = self._later(post)
        themes = self._phrases.find(self._dice.pick(("denied", "lives", "asserted")), post.said.lang)
        if moment and moment.day >= 14 and moment.hour >= 17:
            self._stream.edit(post, moment, self._dice.pick(themes).say(self._dice))


def _styled(said: Said, dice: Dice) -> Said:
    """Write as people do who care for neither capitals nor full stops, or for too many of them."""
    if not said.talk:
        return said
    text = said.text
    if dice.chance(0.1):
        text = text.lower().replace(".", "" if dice.chance(0.5) else "...")
    elif dice.chance(0.04):
        text = text.upper() + "!!"
    return Said(text, said.lang, said.meaning, said.theme, said.talk)


def _disguised(said: Said, dice: Dice) -> Said:
    """Hide a word from plain search, with a Cyrillic look-alike or an invisible character."""
    text = said.text
    if dice.chance(0.12):
        text = text.replace("Ukrainian", "Ukr\N{CYRILLIC SMALL LETTER A}inian")
    elif dice.chance(0.1):
        text = text.replace("Kursk", "Kur\N{ZERO WIDTH SPACE}sk").replace("Курск", "Кур\N{ZERO WIDTH SPACE}ск")
    return Said(text, said.lang, said.meaning, said.theme)


def _fringed(said: Said, dice: Dice) -> Said:
    """Change a text a little, as those do who want copies to look different."""
    text = said.text.rstrip(".!") + dice.pick(_FRINGES)
    if dice.chance(0.15):
        text = text.upper()
    elif dice.chance(0.2):
        text = text.replace(". ", " — ", 1).replace(", ", " ", 1)
    return Said(text, said.lang, said.meaning, said.theme)

"""`tocsin ingest telegram`."""

import aiohttp
import click

from streams.cli.ingest.running import name_option, run, secret_or_fail
from streams.ingest.frame import Source
from streams.ingest.telegram.polling import API, Bot
from streams.settings import Settings


@click.command("telegram")
@name_option("telegram")
@click.option("--groups", is_flag=True, help="Take the messages of groups too.")
@click.option("--api", default=API, show_default=True, help="The Bot API server: Telegram's, or one of your own.")
def command(name: str, groups: bool, api: str) -> None:
    """Bring in what is posted in the Telegram channels that your bot is in, until stopped.

    \b
    TOCSIN_TELEGRAM_TOKEN_FILE=token tocsin ingest telegram

    Make a bot with @BotFather and have it added to the channels, as an administrator: Telegram shows a bot no others.
    Posts and edits come in; of deletions Telegram tells bots nothing. One process a bot: a second one is refused (409).
    Telegram keeps what was posted for a day; what a longer break misses is reported as a blind spell. Whole channels of
    the past come in as exports: tocsin convert telegram result.json | tocsin ingest files -
    """

    def make(settings: Settings, session: aiohttp.ClientSession) -> Source:
        what = "the token of your bot, from @BotFather"
        token = secret_or_fail(settings.telegram_token, "TOCSIN_TELEGRAM_TOKEN", what)
        return Bot(session, token, groups=groups, api=api.rstrip("/"))

    run(name, make)

"""Twenty broad events on the subjects of October 2016, for the real posts of that month."""

RULES = {
    "trump": "trump OR #maga OR #trumptrain",
    "clinton": "clinton OR hillary OR #imwithher",
    "debate": 'debate* OR #debatenight OR "presidential debate"',
    "emails": "email* (clinton OR hillary OR podesta OR fbi) OR wikileaks OR #podestaemails",
    "police": "police OR cop OR cops OR #blacklivesmatter OR #blm -#bluelivesmatter",
    "obama": "obama OR obamacare OR #obama",
    "russia": "russia* OR putin OR kremlin OR росси* OR путин*",
    "syria": "syria* OR aleppo OR isis OR near(4, white, helmets)",
    "hurricane": "hurricane OR (matthew (storm OR florida OR haiti))",
    "voting": "vote OR votes OR voter* OR voting OR ballot* OR #vote",
    "media": "cnn OR msnbc OR foxnews OR near(2, mainstream, media) OR #msm",
    "faith": "god OR church OR jesus OR pray OR prayer*",
    "guns": "gun OR guns OR shooting OR shot OR shooter",
    "sports": "nfl OR nba OR football OR baseball OR kaepernick OR cubs",
    "immigration": "immigra* OR border OR refugee* OR muslim*",
    "music": "music OR song OR rap OR hiphop OR #nowplaying",
    "halloween": "halloween OR costume* OR october",
    "women": "women OR woman OR girl OR girls -from:nobody",
    "money": "tax OR taxes OR money OR jobs OR economy",
    "local": 'lang:en kind:post (killed OR arrested OR fire OR crash OR "breaking news")',
}


def event(name: str, rule: str) -> str:
    """An event file."""
    return f"""\
id: {name}
title: {name}, October 2016
match: |
  {rule}
claims:
  doubted: |
    fake OR lie OR lies OR hoax OR false
  sworn: |
    true OR truth OR fact OR facts -claim:doubted
groups:
  repeats: |
    kind:repost
"""

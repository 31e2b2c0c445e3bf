"""What `lemma:` takes a word to mean: forms that must and must not be among its own, and what is refused how."""

import subprocess
import sys

import pytest

from streams.lemmas import LemmasMissing, Part, inflect
from streams.matching.texts.text import tokens

Case = tuple[str, Part | None, str, str]

#: The word, its part of speech, forms that it has, words that it must not stand for.
FORMS: list[Case] = [
    ("surrender", None, "surrender surrenders surrendered surrendering", ""),
    ("lay", "verb", "lay lays laid laying", "lain"),
    ("deny", None, "deny denies denied denying", "denial"),
    ("man", "noun", "man men", "manned"),
    ("big", "adj", "big bigger biggest", ""),
    ("Zelenskyy", None, "zelenskyy zelenskyys", "zelenskyies"),
    ("doomscroll", "verb", "doomscroll doomscrolls doomscrolled doomscrolling", ""),
    ("café", None, "café cafés", "cafe"),
    ("сдаться", None, "сдаться сдался сдались сдадутся сдавшийся сдавшимся  сдавшись", "сдача сдаваться"),
    ("окружить", None, "окружён окружили окруженный окружив", "окружение"),
    ("Курск", None, "курск курска курску курском курске", "курский"),
    ("Суджа", None, "суджа суджи судже суджу суджей суджі суджею", "суджанский"),
    ("переговоры", None, "переговоров переговорам переговорами переговорах", ""),
    ("белый", "adj", "белая белого белым белее", ""),
    ("ёж", None, "еж ежи ежом", "ёжик"),
    ("Путин", None, "путина путину путиным путине", "путиной"),
    ("Путина", None, "путиной путину", "путиным"),
    ("Київ", None, "київ києва києву києві києвом", "київський кия"),
    ("оточити", None, "оточив оточили оточать оточено оточений оточених оточивши", "оточувати оточення"),
    ("здатися", None, "здався здались здалися здадуться здавшись", "здатний"),
    ("оточувати", None, "оточує оточуючи оточував", "оточити"),
    ("грати", None, "граю грають", "ґратами"),
    ("п'ять", None, "п'ять п'яти п'ятьма", ""),
    ("об’єкт", None, "об'єкт об'єкта об'єктами", ""),
    ("обʼєкт", None, "об'єкт об'єкта об'єктами", ""),
    ("Зеленський", None, "зеленського зеленському зеленським", ""),
    ("Зеленська", None, "зеленської зеленській зеленською", "зеленським"),
    ("ЗСУ", None, "зсу", ""),
    ("Кулеба", None, "кулеби кулебою кулебы кулебой", ""),
    ("Байден", None, "байдена байденом байденові байдене", ""),
]
#: Words that no dictionary has.
GUESSED: list[Case] = [
    ("Сирський", None, "сирський сирського сирському сирським сирською", "сирськию сирськая"),
    ("Сырский", None, "сырского сырскому сырским сырском", "сырския сырскию"),
    ("Зеленская", None, "зеленская зеленской зеленскую", "зеленським"),
    ("Стрелков", None, "стрелкова стрелкову стрелковым стрелковим", "стрелки стрелок"),
    ("Клещеевка", None, "клещеевка клещеевки клещеевке клещеевку клещеевкой", ""),
    ("сміяненко", None, "сміяненка сміяненку сміяненком", ""),
    ("задонатить", None, "задонатил задонатили задонатят", ""),
]
REFUSED: list[tuple[str, Part | None, str]] = [
    ("lay down", None, "found several words, 'lay down', expected one; write before(0, lemma:lay, lemma:down)"),
    ("прем'єр-міністр", None, "write before(0, lemma:прем'єр, lemma:міністр)"),
    ("T72", None, "found digits in 'T72', expected letters only, for nothing inflects it; drop lemma:"),
    ("Kурск", None, "found Latin and Cyrillic letters in 'Kурск', expected one script"),
    ("北京", None, "found '北京', expected a word in Latin or Cyrillic letters; drop lemma:"),
    ("", None, "found '', expected a word in Latin or Cyrillic letters"),
    ("don't", None, "found 'don't', expected a word of letters only; drop lemma:"),
    ("kursk!", None, "found 'kursk!', expected a word of letters only"),
    ("Курске", None, "found the inflected form 'Курске', expected a dictionary form; write lemma:курск"),
    ("denied", None, "found the inflected form 'denied', expected a dictionary form; write lemma:deny"),
    ("окружённый", None, "write lemma:окружить"),
    ("стрелков", None, "write lemma:стрелок"),
    ("суджу", None, "write lemma:суджа or lemma:судити"),
    ("курск", "verb", "found 'курск' as a verb, expected what a dictionary has; write lemma:курск/noun"),
    ("dam", "noun", "found 'dam' as a noun, expected what a dictionary has; write (dam OR dams) or lemma:dam/verb"),
    ("surrender", "adj", "write lemma:surrender/noun or lemma:surrender/verb"),
]
#: Words that an editor would want to hear of.
RELATED = [
    ("сдаться", "сдача сдать сдаваться"),
    ("окружить", "окружать окружение"),
    ("окружение", "окружить окружать"),
    ("плен", "пленный пленник"),
    ("оружие", "оружейный"),
    ("обстрел", "обстрелять обстреливать"),
    ("захватить", "захватывать захват захватчик"),
    ("капитуляция", "капитулировать"),
    ("наступление", "наступать"),
    ("Курск", "курский"),
    ("Суджа", "суджанский"),
    ("Київ", "київський"),
    ("Донецьк", "донецький"),
    ("оточити", "оточувати оточення"),
    ("здатися", "здача здати здаватися"),
    ("капітуляція", "капітулювати"),
    ("обмін", "обмінний обмінювати"),
    ("encircle", "encirclement"),
    ("deny", "denial"),
    ("withdrawal", "withdraw"),
    ("invade", "invasion invader"),
]


@pytest.mark.parametrize(("word", "part", "has", "lacks"), FORMS)
def test_a_known_word_stands_for_its_forms(word: str, part: Part | None, has: str, lacks: str) -> None:
    found = inflect(word, part)
    read = {" ".join(tokens(form, accents=True)) for form in found.forms}
    assert {" ".join(tokens(form, accents=True)) for form in has.split()} <= read
    assert not {" ".join(tokens(form, accents=True)) for form in lacks.split()} & read
    assert found.guessed is (word in ("Zelenskyy", "doomscroll", "café"))
    assert len(read) == len(found.forms)
    assert list(found.forms) == sorted(found.forms)


@pytest.mark.parametrize(("word", "part", "has", "lacks"), GUESSED)
def test_an_unknown_word_is_guessed_and_marked(word: str, part: Part | None, has: str, lacks: str) -> None:
    found = inflect(word, part)
    assert found.guessed
    assert {word.casefold(), *has.split()} <= set(found.forms)
    assert not set(lacks.split()) & set(found.forms)


@pytest.mark.parametrize(("word", "part", "says"), REFUSED)
def test_anything_but_one_dictionary_form_is_refused_with_the_fix(word: str, part: Part | None, says: str) -> None:
    with pytest.raises(ValueError, match=r"found .*expected .*; ") as refused:
        inflect(word, part)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("word", "among"), RELATED)
def test_words_of_the_same_root_are_suggested(word: str, among: str) -> None:
    assert set(among.split()) <= set(inflect(word).related)


def test_the_parts_of_speech_divide_the_forms() -> None:
    whole, noun, verb = inflect("lay"), inflect("lay", "noun"), inflect("lay", "verb")
    assert set(noun.forms) < set(whole.forms)
    assert set(verb.forms) <= set(whole.forms)
    assert "laying" not in noun.forms


def test_each_dictionary_gives_forms_of_words_that_it_knows() -> None:
    assert inflect("Курск").sources == ("ru",)
    assert inflect("Курськ").sources == ("uk",)
    assert inflect("Суджа").sources == ("ru", "uk")
    assert inflect("surrender").sources == ("en",)


def test_importing_costs_no_dictionary() -> None:
    loaded = "import sys, streams.lemmas; sys.exit(any(name in sys.modules for name in ('pymorphy3', 'lemminflect')))"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0


@pytest.mark.parametrize("word", ["surrender", "курск"])
def test_without_the_extra_one_line_says_how_to_get_it(word: str) -> None:
    absent = (
        "import sys; sys.modules.update(dict.fromkeys(('pymorphy3', 'lemminflect')))\n"
        "from streams.lemmas import LemmasMissing, inflect\n"
        f"try: inflect({word!r})\n"
        "except LemmasMissing as missing: print(missing)"
    )
    said = subprocess.run([sys.executable, "-c", absent], check=True, capture_output=True, text=True).stdout
    assert said == f"{LemmasMissing()}\n"
    assert "pip install 'tocsin[lemmas]'" in said

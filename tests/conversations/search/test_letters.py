"""Letters that count as the same, in the ways that people and programs write them."""

# ruff: noqa: RUF001 - that letters look alike is the point
import unicodedata

import pytest

from conversations.search.highlighting import Highlighter
from tests.conversations.search.finding import finds

ALIKE = [
    # Strokes, and letters that are none of ASCII's.
    ("lodz", "Łódź"),
    ("łódź", "LODZ"),
    ("smorrebrod", "smørrebrød"),
    ("smørrebrød", "Smorrebrod"),
    ("dang", "đặng"),
    ("gudrun thor", "Guðrún, Þór"),
    ("aether oeuvre", "æther œuvre"),
    ("ħal", "hal"),
    ("bora", "ɓora"),
    ("nalop", "ŋalop"),
    # Umlauts, with and without, and written as two letters.
    ("mueller", "Herr Müller"),
    ("müller", "Herr Mueller"),
    ("muller", "Herr MÜLLER"),
    ("strasse", "Große Straße"),
    ("straße", "GROSSE STRASSE"),
    ("oestergaard", "Østergård"),
    ("østergaard", "Oestergaard"),
    ("aarhus", "Århus"),
    ("djokovic", "Đoković"),
    (unicodedata.normalize("NFD", "müller"), "Mueller"),
    # Turkish.
    ("ığdır", "IĞDIR"),
    ("IĞDIR", "ığdır"),
    ("igdir", "Iğdır"),
    ("istanbul ısparta", "İSTANBUL, ISPARTA"),
    # Arabic and Persian: hamza, vowel signs, tatweel, forms of alef, yeh and heh.
    ("احمد", "أَحْمَد"),
    ("أحمد", "احمد"),
    ("اسلام", "إسلام"),
    ("القران", "القرآن"),
    ("مرحبا", "مـــرحبا"),
    ("اسفي", "آسفي"),
    ("مَرَّاكُش", "مراكش"),
    ("مسوول", "مسؤول"),
    ("فاطمه", "فاطمة"),
    ("علي", "على"),
    ("كتاب", "کتاب"),
    ("ﻻ", "لا"),
    ("می خواهم", "می\u200cخواهم"),
    ("میخواهم", "می\u200cخواهم"),
    # Hebrew points and quotes.
    ("שלום", "שָׁלוֹם"),
    ("שָׁלוֹם", "שלום"),
    ("צהל", "צה״ל"),
    # Greek.
    ("οδυσσευσ", "ΟΔΥΣΣΕΎΣ"),
    ("οδυσσεύς", "ΟΔΥΣΣΕΥΣ"),
    ("σ", "𝚺"),
    # Cyrillic.
    ("елка", "ёлка"),
    ("ёлка", "ЕЛКА"),
    ("казак", "Қазақ"),
    ("ганок", "ґанок"),
    # Japanese widths and kana.
    ("ガス", "ｶﾞｽ"),
    ("がす", "ガス"),
    ("カード", "ｶｰﾄﾞを紛失"),
    # Ideographs with a selector of their shape.
    ("葛西", "葛\U000e0100西"),
    # Thai, and Hindi with and without a nukta.
    ("สวัสดี", "สวัสดีครับ"),
    ("कलम", "क़लम"),
    # Widths, ligatures, and mathematicians' letters.
    ("abc 123", "ＡＢＣ　１２３"),
    ("find", "ﬁnd"),
    ("hello", "𝐇𝐞𝐥𝐥𝐨"),
    # Digits of other scripts.
    ("5182", "٥١٨٢"),
    ("5182", "۵۱۸۲"),
    ("٥١٨٢", "5182"),
    ("5182", "५१८२"),
    ("5182", "๕๑๘๒"),
    # Hyphens and invisible signs.
    ("inv5182", "INV\u20115182"),
    ("inv-5182", "INV\u20105182"),
    ("inv-5182", "INV\u22125182"),
    ("inv-5182", "INV\u20135182"),
    ("inv5182", "INV\u200d5182"),
    ("inv5182", "INV\u200b5182"),
    ("inv5182", "\u2066INV5182\u2069"),
    ("subscription", "sub\u00adscrip\u00adtion"),
    ("sub\u00adscription", "subscription"),
    ("\ufeffsubscription", "subscription"),
    ("1", "1\ufe0f\u20e3"),
    # Apostrophes, and the middle dot of Catalan.
    ("dont", "don\u02bct"),
    ("don't", "don\u00b4t"),
    ("don\u2018t", "don\u2019t"),
    ("collecció", "col·lecció"),
]


@pytest.mark.parametrize(("question", "text"), ALIKE)
def test_it_finds_the_text(question, text):
    assert finds(question, text)


@pytest.mark.parametrize(("question", "text"), ALIKE)
def test_what_it_finds_is_marked(question, text):
    assert Highlighter(question).are_in(f"– {text} –")


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("lod", "łó"),
        ("कि", "क"),
        ("か", "が"),
        ("ก", "ข"),
        ("ад", "од"),
    ],
)
def test_what_differs_is_not_found(question, text):
    assert not finds(question, text)

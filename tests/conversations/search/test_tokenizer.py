"""Cutting text into words: the same way for what was said and for what is asked."""

# ruff: noqa: RUF001 - that letters look alike is the point
import unicodedata

import pytest

from conversations.search.tokenizer import MAX_WORD_CHARACTERS, asked_words, words_in
from tests.conversations.search.finding import finds


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("missing order", "I have a MISSING order."),
        ("order miss", "I have a missing order."),
        ("RM_9fQx-12", "RM_9fQx-12"),
        ("rm_9f", "RM_9fQx-12"),
        ("9fqx", "RM_9fQx-12"),
        ("9fQx-1", "RM_9fQx-12"),
        ("rm9fqx12", "RM_9fQx-12"),
        ("ada@exa", "write to ada@example.org, please"),
        ("example.org", "write to ada@example.org, please"),
        ("check in", "At check-in, she said"),
        ("check-in", "to check in tomorrow"),
        ("don't", "I don’t know"),
        ("dont", "I don't know"),
        ("3.50", "that is 3.50 dollars"),
        ("https://zelto.dev/a", "see https://zelto.dev/a?b=c"),
        ("strasse", "Große Straße 5"),
        ("GROSSE", "Große Straße 5"),
        ("cafe", "im Café"),
        ("CAFÉ", "im cafe"),
        ("istanbul", "İSTANBUL"),
        ("abc", "ＡＢＣ"),
        ("ﬁnd", "we find"),
        ("नमस्ते", "नमस्ते दुनिया"),
        ("नमस", "नमस्ते दुनिया"),
        ("مرحبا", "مرحبا بك"),
        ("東京", "明日東京タワーへ行きます"),
        ("タワー", "明日東京タワーへ行きます"),
        ("京", "明日東京タワーへ行きます"),
        ("す", "明日東京タワーへ行きます"),
        ("สวัสดี", "สวัสดีครับ"),
        ("한국", "한국어를 배웁니다"),
        ("예약 취소", "예약을 취소하고 싶어요"),
        ("예약을 취소", "예약 취소 부탁드려요"),
        ("혈당에서", "혈당 수치"),
        ("예약취소", "예약을 취소해 주세요"),
        ("취소", "예약취소"),
        ("집 주소", "집으로 주소를 보내요"),
        (unicodedata.normalize("NFD", "예약 취소"), "예약을 취소하고"),
        ("駅 予約", "駅で予約する"),
        ("привет", "ПРИВЕТ, мир"),
        ("inv5182", "INV-5182"),
        ("inv5182", "your order inv 5182"),
        ("inv 5182", "INV5182"),
        ("5182inv", "5182 INV"),
        (unicodedata.normalize("NFD", "münchen"), "München"),
        ("x" * 200, "x" * 200),
    ],
)
def test_a_question_finds_the_text(question, text):
    assert finds(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("issing", "I have a missing order."),
        ("miss order", "I have a missing order."),
        ("order lamp", "I have a missing order."),
        ("rm_9fqx-13", "RM_9fQx-12"),
        ("東都", "東京と京都"),
        ("...", "what is ... this?"),
        ("", "anything"),
        ("약취", "예약 취소"),
        ("예약 변경", "예약을 취소하고"),
        ("inv5183", "INV-5182"),
    ],
)
def test_a_question_does_not_find_the_text(question, text):
    assert not finds(question, text)


def test_what_hangs_together_is_one_word_of_a_question():
    (word,) = asked_words("RM_9fQx-12")
    assert word.spellings == (("rm9fqx12",), ("rm", "9fqx", "12"))


def test_a_word_is_asked_for_once():
    assert len(asked_words("no no No NO")) == 1


def test_no_word_is_long_and_none_holds_a_sign():
    text = "x" * 500 + " a_b-c'd\\e\"f:g*h&i|j!k(l)m<n>o\x01p\u2028q " + "東" * 99
    words = words_in(text)
    assert max(map(len, words)) <= MAX_WORD_CHARACTERS
    assert all(sign.isalnum() for word in words for sign in word)

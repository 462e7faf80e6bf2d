"""Cutting text into words: the same way for what was said and for what is asked."""

# ruff: noqa: RUF001 - that letters look alike is the point
import unicodedata

import pytest

from conversations.search.tokenizer import MAX_WORD_CHARACTERS, asked_words, words_in


def finds(question, text):
    """Whether the text has all asked words; the last one may only begin one."""
    there = words_in(text)
    asked = asked_words(question)

    def has(word, is_last):
        return any(one == word or (is_last and one.startswith(word)) for one in there)

    def fits(word, is_last):
        *parts, last = word.parts
        return has(word.whole, is_last) or (
            all(has(part, False) for part in parts) and has(last, is_last)
        )

    return bool(asked) and all(fits(word, word is asked[-1]) for word in asked)


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
        ("привет", "ПРИВЕТ, мир"),
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
    ],
)
def test_a_question_does_not_find_the_text(question, text):
    assert not finds(question, text)


def test_what_hangs_together_is_one_word_of_a_question():
    (word,) = asked_words("RM_9fQx-12")
    assert word.whole == "rm9fqx12"
    assert word.parts == ("rm", "9fqx", "12")


def test_a_word_is_asked_for_once():
    assert len(asked_words("no no No NO")) == 1


def test_no_word_is_long_and_none_holds_a_sign():
    text = "x" * 500 + " a_b-c'd\\e\"f:g*h&i|j!k(l)m<n>o\x01p\u2028q " + "東" * 99
    words = words_in(text)
    assert max(map(len, words)) <= MAX_WORD_CHARACTERS
    assert all(sign.isalnum() for word in words for sign in word)

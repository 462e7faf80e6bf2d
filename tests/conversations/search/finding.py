"""Whether a question finds a text, by words alone."""

from conversations.search.tokenizer import asked_words, words_in


def finds(question: str, text: str) -> bool:
    """Tell whether the text has all asked words, in any of their spellings."""
    there = words_in(text)
    asked = asked_words(question)

    def has(word: str, may_begin: bool) -> bool:
        return word in there or (
            may_begin and any(one.startswith(word) for one in there)
        )

    return bool(asked) and all(
        any(
            all(has(part, False) for part in parts) and has(last, word.is_beginning)
            for *parts, last in word.spellings
        )
        for word in asked
    )

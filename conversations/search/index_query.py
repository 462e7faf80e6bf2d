"""How the index of words and facts is asked, so that it need not gather half of itself.

Of words and facts it skips through the lists of those that have them, from the rarest.
But all that begins alike it gathers before anything else: 90 ms where that is 250,000
rows, and more where each of them has a word of its own, as the beginning of a number. So
a beginning that is common is left out, and tested in the rows that the rest leads to,
unless the two hardly ever meet: then the rest would lead to far too many.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from django.db.models import BooleanField, ExpressionWrapper, Q

from conversations.models import ConversationQuerySet
from conversations.search import lexemes

# Of the rows in a sample. Where fewer have both, two things seldom meet.
COMMON = 0.1
# So many in a sample say something about the others.
OFTEN = 3


class IndexQuery:
    """words, facts: everything that is asked. sample: some rows, for what is common."""

    def __init__(
        self, words: lexemes.WordsQuery, facts: str, sample: ConversationQuerySet
    ) -> None:
        self.begun = words.begun
        self.terms = [one for one in (words.whole, facts, *words.begun) if one]
        self.sample = sample

    @property
    def everything(self) -> str:
        return lexemes.together(self.terms)

    def shortened(self) -> str:
        """Without the beginnings that are left out."""
        kept = list(self.terms)
        if len(kept) < 2:
            return self.everything
        for begun in sorted(self.begun, key=lambda one: -self._share({one})):
            rest = [term for term in kept if term != begun]
            if self._share({begun}) < COMMON or not rest:
                break
            if not self._seldom_meet(rest):
                kept = rest
        return lexemes.together(kept)

    def _seldom_meet(self, rest: Collection[str]) -> bool:
        without, found = self._count(set(rest)), self._count(set(self.terms))
        return without >= OFTEN and found < COMMON * without

    def _share(self, terms: set[str]) -> float:
        return self._count(terms) / max(1, len(self._rows))

    def _count(self, terms: set[str]) -> int:
        return sum(terms <= had for had in self._rows)

    @cached_property
    def _rows(self) -> list[set[str]]:
        """Of each row in the sample, which terms it has."""
        names = {f"has_{number}": term for number, term in enumerate(self.terms)}
        tests = {
            name: ExpressionWrapper(
                Q(search_entry__words__tested_for=term), BooleanField()
            )
            for name, term in names.items()
        }
        rows = self.sample.annotate(**tests).values_list(*names)
        return [
            {term for term, has in zip(self.terms, row, strict=True) if has}
            for row in rows
        ]

"""What somebody may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches

from labelapp.queries.language.folding import fold

MOST = 3


def guesses(word: str, names: Iterable[str]) -> tuple[str, ...]:
    """The names nearest to the word, at most MOST: those it begins, those that are spelt alike, those that hold it."""
    by_form = {fold(name): name for name in reversed(list(names)) if name}
    asked = fold(word)
    if not asked:
        return ()
    found = [form for form in by_form if form.startswith(asked)]
    found += get_close_matches(asked, by_form, n=MOST, cutoff=0.6)
    found += [form for form in by_form if asked in form]
    return tuple(by_form[form] for form in list(dict.fromkeys(found))[:MOST])

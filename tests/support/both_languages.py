"""What every table of sentences in two languages has to keep to."""

import string


def places(text: str) -> set[str]:
    """Return the names of the places a sentence has."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def assert_says_the_same(english: str, french: str) -> None:
    """Both languages say something, and with the same places."""
    assert english.strip()
    assert french.strip()
    assert places(english) == places(french)

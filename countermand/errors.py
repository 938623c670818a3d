"""What a person can do something about: told in words, without a stack trace."""


class KnownError(Exception):
    """Its text says what is wrong and, where there is one, the next step."""

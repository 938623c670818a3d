"""One disagreement between two books."""

from typing import Literal, NamedTuple

Kind = Literal["lost", "doubled", "wrong", "foreign"]


class Mismatch(NamedTuple):
    """What disagrees, and in which way."""

    kind: Kind
    """`lost`: decided and not there. `doubled`: there more than once. `wrong`: there, but not as
    decided. `foreign`: there and never decided."""
    detail: str

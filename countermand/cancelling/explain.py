"""The verb `explain`."""

import sys

from countermand import screen
from countermand.cancelling.sending import Locale, read
from countermand.cancelling.showing import print_explanation
from countermand.endpoints import DEFAULT_DATA_DIR
from countermand.history.verbs import At, read_at
from countermand.verb import DataDir, Json


def explain(
    order_id: str,
    *,
    at: At = None,
    locale: Locale = "en",
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Tell an order's whole story in plain words: every decision, its grounds, what followed.

    Each decision is made again from the record; exit status 1 if one comes out otherwise.
    """
    told = read(data_dir, f"/v1/orders/{order_id}/explanation", at=read_at(at), locale=locale)
    if json:
        screen.print_json(told)
    else:
        print_explanation(told)
    if not told["is_same"]:
        screen.fail("A decision comes out otherwise today; see above.")
        sys.exit(1)

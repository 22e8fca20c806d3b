"""`python -m shopclip.search "women red kurta"`, and `describe`, `serve` and `export`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from shopclip.errors import ShopclipError
from shopclip.printing import log_printably, mask_credentials, print_plainly, printable

# Nothing of a search leaves the machine; the libraries are told so before they are imported.
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# One thread a query: towers and indexes this small wait for a second one longer than it helps.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns 0, or 1 after one line that says what is wrong."""
    from shopclip.search import cli

    print_plainly()
    log_printably()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return cli.run(given)
    except ShopclipError as error:
        print(f"error: {printable(mask_credentials(str(error)))}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

"""How well holds cover what jobs cost: `python tests/bench/bench_prices.py [TRIALS]` prints docs/prices.md's table.

Ten jobs of a kind are paid, then the hold of the next is compared with its cost, in so many independent trials.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a program, outside the package

from tests.support.priced_kinds import KINDS, NOISES, figures

TRIALS = 2000


def main() -> None:
    """Print a row for each kind and noise."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS
    sys.stdout.write("| price | noise | holds that cover | hold / cost |\n| --- | --- | --- | --- |\n")
    for kind in KINDS:
        for noise in NOISES:
            found = figures(kind, noise, trials=trials)
            sys.stdout.write(f"| {found.kind} | ± {noise:.0%} | {found.covered:.1%} | {found.ratio:.2f} |\n")


if __name__ == "__main__":
    main()

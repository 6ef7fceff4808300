"""How long and how often the box office's scenarios measure; shorter and fewer to try them out."""

import os

SECONDS = float(os.environ.get("TAQUILLA_BENCH_SECONDS") or 3)
ROUNDS = int(os.environ.get("TAQUILLA_BENCH_ROUNDS") or 3)

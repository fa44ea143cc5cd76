"""What matrix products this CPU does how fast: the part of embedding that no way of calling the encoder can change."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

ROWS, NARROW, WIDE = 1024, 384, 1536
ROUNDS = 30

_ONE_PRODUCT = """
import sys, torch
dtype = getattr(torch, sys.argv[1])
with torch.inference_mode():
    torch.nn.Linear({narrow}, {wide}).to(dtype)(torch.ones({rows}, {narrow}, dtype=dtype))
"""


def products() -> list[str]:
    """A line per dtype: GFLOP per CPU second of the encoder's widest product, and the kernel that did it."""
    import torch

    rates = product_rates(torch.float32, torch.bfloat16, torch.float16)
    return [f"{name:<34}{rate:>8.0f} GFLOP/s by {kernel(name)}" for name, rate in rates.items()]


def product_rates(*dtypes: torch.dtype) -> dict[str, float]:
    """GFLOP/s by the name of the dtype: the best of many rounds, the dtypes in turns."""
    import torch

    layers = {dtype: torch.nn.Linear(NARROW, WIDE).to(dtype) for dtype in dtypes}
    best = dict.fromkeys(dtypes, float("inf"))
    with torch.inference_mode():
        for _ in range(ROUNDS):
            for dtype, layer in layers.items():
                rows = torch.ones(ROWS, NARROW, dtype=dtype)
                start = time.process_time()
                layer(rows)
                best[dtype] = min(best[dtype], time.process_time() - start)
    flop = 2 * ROWS * NARROW * WIDE
    return {str(dtype).removeprefix("torch."): flop / seconds / 1e9 for dtype, seconds in best.items()}


def kernel(dtype: str) -> str:
    """The kernel that oneDNN says it ran for a product in ``dtype``; whatever it does not see is MKL's."""
    code = _ONE_PRODUCT.format(rows=ROWS, narrow=NARROW, wide=WIDE)
    said = subprocess.run(
        [sys.executable, "-c", code, dtype],
        env=os.environ | {"ONEDNN_VERBOSE": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    ran = [line.split(",") for line in said.splitlines() if ",exec,cpu,matmul," in line]
    return f"oneDNN {ran[-1][6]}" if ran else "MKL"

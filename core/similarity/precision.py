"""Which arithmetic pays on this CPU, and how a model is put into it."""

from __future__ import annotations

import statistics
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from core.store.embeddings import BFLOAT16, FLOAT32

if TYPE_CHECKING:
    import torch

WORTHWHILE = 1.2

_CAPABILITIES = ("avx512_bf16", "amx_bf16")
_ROWS, _NARROW, _WIDE = 256, 384, 1536
_ROUNDS = 40
_ENOUGH_ROUNDS, _ENOUGH_SECONDS = 8, 0.1


@lru_cache(maxsize=1)
def faster_dtype() -> str:
    """``bfloat16`` where this CPU has instructions for it and they are faster, else ``float32``.

    Having them is not enough: some CPUs with AVX512-BF16 multiply bfloat16 at half the speed of float32. So a matrix
    product of an encoder's shape is timed in both, which takes about a tenth of a second.
    """
    import torch

    capabilities: Any = getattr(torch.cpu, "get_capabilities", dict)()
    if not any(capabilities.get(name) for name in _CAPABILITIES):
        return FLOAT32
    narrow, wide = _product_seconds(torch.bfloat16, torch.float32)
    # Both the least and the median, because other work on the machine can fool either one alone.
    pays = all(WORTHWHILE * of(narrow) < of(wide) for of in (min, statistics.median))
    return BFLOAT16 if pays else FLOAT32


def _product_seconds(*dtypes: torch.dtype) -> list[list[float]]:
    """Seconds of one small product in each dtype, again and again; turn by turn, so that a busy spell hits all."""
    import torch

    layers = [(torch.nn.Linear(_NARROW, _WIDE).to(dtype), torch.ones(_ROWS, _NARROW, dtype=dtype)) for dtype in dtypes]
    taken: list[list[float]] = [[] for _ in dtypes]
    with torch.inference_mode():
        for layer, rows in layers:
            layer(rows)
        started = time.perf_counter()
        for done in range(_ROUNDS):
            if done >= _ENOUGH_ROUNDS and time.perf_counter() - started > _ENOUGH_SECONDS:
                break
            for (layer, rows), seconds in zip(layers, taken, strict=True):
                start = time.perf_counter()
                layer(rows)
                seconds.append(time.perf_counter() - start)
    return taken


def narrow_products(model: torch.nn.Module) -> None:
    """Let every linear layer of ``model`` multiply in bfloat16, and leave all else in float32.

    Matrix products are nearly all of the work. Sums, norms and attention in float32 leave about two thirds of the
    error that a model wholly in bfloat16 has (largest error of a cosine near 0.8: 0.002 against 0.003).
    """
    import torch

    for layer in model.modules():
        if isinstance(layer, torch.nn.Linear):
            layer.to(torch.bfloat16)
            layer.register_forward_pre_hook(lambda _, given: (given[0].to(torch.bfloat16), *given[1:]))
            layer.register_forward_hook(lambda _, __, out: out.float())

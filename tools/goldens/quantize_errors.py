"""Writes goldens/convert/quantize_errors.json: what llama.cpp's quantisers lose on rows that anybody can make again.

    python tools/goldens/quantize_errors.py path/to/libggml-base.so goldens/convert/quantize_errors.json

A row's values come from a 32-bit linear congruential generator (see rows()), so that the test makes the same ones.
Errors are sqrt(sum of squared errors / sum of squares), the decoded values are gguf-py's.
"""
import ctypes
import json
import sys

import numpy as np
from gguf import quants
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType as T

N_ROWS, N_COLS = 8, 1024
TYPES = "Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q4_K Q5_K Q6_K".split()


def rows(shape):
    """bell: sums of four draws; heavy: their cubes; shifted: bell plus a constant."""
    state, values = 1, []
    for _ in range(N_ROWS * N_COLS):
        total = 0
        for _ in range(4):
            state = (state * 1664525 + 1013904223) % 2**32
            total += state >> 20
        bell = np.float32(total - 8190) / np.float32(8192)
        values.append({"bell": bell, "heavy": bell * bell * bell, "shifted": bell + np.float32(0.25)}[shape])
    return np.array(values, dtype=np.float32).reshape(N_ROWS, N_COLS)


library = ctypes.CDLL(sys.argv[1])
library.ggml_quantize_chunk.restype = ctypes.c_size_t
library.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64,
                                        ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
result = {"n_rows": N_ROWS, "n_cols": N_COLS, "errors": {}}
for shape in ("bell", "heavy", "shifted"):
    x = rows(shape)
    for name in TYPES:
        elems, size = GGML_QUANT_SIZES[T[name]]
        raw = np.zeros((N_ROWS, N_COLS // elems * size), dtype=np.uint8)
        library.ggml_quantize_chunk(T[name].value, x.ctypes.data, raw.ctypes.data, 0, N_ROWS, N_COLS, None)
        decoded = quants.dequantize(raw, T[name]).astype(np.float64)
        error = np.sqrt(((decoded - x) ** 2).sum() / (x.astype(np.float64) ** 2).sum())
        result["errors"].setdefault(shape, {})[name] = float(f"{error:.6g}")
with open(sys.argv[2], "w") as out:
    json.dump(result, out, indent=1)
    out.write("\n")

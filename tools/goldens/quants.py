"""Writes goldens/kernels/quants.bin: random blocks of every quantised type and what gguf-py says they mean."""
import struct
import sys

import numpy as np
from gguf import quants
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType as T

TYPES = "Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL IQ4_XS".split()
HALVES = {"Q4_1": [0, 2], "Q5_1": [0, 2], "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}
rng = np.random.default_rng(7)
with open(sys.argv[1], "wb") as out:
    for name in TYPES:
        dtype = T[name]
        elems, size = GGML_QUANT_SIZES[dtype]
        n_blocks = 512 // elems
        raw = rng.integers(0, 256, (n_blocks, size), dtype=np.uint8)
        for at in HALVES.get(name, [0]):
            raw[:, at : at + 2] = rng.normal(0, 0.01, (n_blocks, 1)).astype(np.float16).view(np.uint8)
        values = quants.dequantize(raw.reshape(1, -1), dtype).astype(np.float32).reshape(-1)
        out.write(struct.pack("<III", dtype.value, values.size, raw.size) + raw.tobytes() + values.tobytes())

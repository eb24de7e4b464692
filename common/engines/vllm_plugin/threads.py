"""Small matrix products on one thread.

Decoding with LoRA does some 240 products of a few thousand multiplications a token. Split over threads, each waits
at two barriers for work of a microsecond; and when another process holds one of the cores, a barrier lasts until the
scheduler comes round (measured, 2 cores, one of them busy: 1,090 microseconds split, 14 on one thread).
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from pathlib import Path

import torch


@functools.cache
def mkl_threads() -> Callable[[int], int]:
    """MKL's `mkl_set_num_threads_local`: sets how many threads the calling thread's products use, and returns what
    it was (0: not set). It acts on MKL's float32 products alone. Where PyTorch was built without MKL (ARM), nothing.
    """
    library = Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"
    if not library.exists():
        return lambda count: 0
    # PyDLL keeps the interpreter lock: releasing it would cost more than the call.
    function = getattr(ctypes.PyDLL(str(library)), "MKL_Set_Num_Threads_Local", None)
    if function is None:
        return lambda count: 0
    function.argtypes, function.restype = [ctypes.c_int], ctypes.c_int
    return function

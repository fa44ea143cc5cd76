"""A language model on this machine: llama.cpp's own server on a GGUF file, in a process that ends with turnpoint.

Start at `core.serving.server.serving`. The server comes out of the package xllamacpp, which needs no compiler; it and
the small model of `core.serving.smollm2` are installed only where somebody asks for them.
"""

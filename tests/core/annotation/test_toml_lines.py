"""On which line a thing stands, however the file is written."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from core.annotation.toml_lines import TABLE, lines_of

FILE = '''\
# [[things]]
version = """
[[things]]
key = "no"
""""   # the text ends in a quote
"quoted" = [ # not a table
  "[[things]]", ]

[[things]]  # 9
key = '#'
text = \'\'\'
tag = 1\'\'\'
inner = { key = 3 }
tag = 2

[ [ "things" ] ]
[[ things ]]
key = [[1], [2]]
more.deep = 1

[other]
key = 1
'''


def test_strings_and_comments_are_no_tables() -> None:
    tomllib.loads(FILE.replace('[ [ "things" ] ]\n', "\n"))
    assert lines_of(FILE, "things") == {
        (None, "version"): 2,
        (None, "quoted"): 6,
        (0, TABLE): 9,
        (0, "key"): 10,
        (0, "text"): 11,
        (0, "inner"): 13,
        (0, "tag"): 14,
        (1, TABLE): 16,
        (2, TABLE): 17,
        (2, "key"): 18,
        (2, "more"): 19,
        (None, "other"): 21,
    }


def test_tables_may_stand_in_a_list() -> None:
    inline = 'things = [\n  {key = "1", "tag" = [{key = 2}]},\n  # {key = 0}\n\n  {tag = "[{"}, {}]\nlast = 1\n'
    tomllib.loads(inline)
    assert lines_of(inline, "things") == {
        (None, "things"): 1,
        (0, TABLE): 2,
        (0, "key"): 2,
        (0, "tag"): 2,
        (1, TABLE): 5,
        (1, "tag"): 5,
        (2, TABLE): 5,
        (None, "last"): 6,
    }


texts = st.text(st.sampled_from("ab\"'#[]{}=, \\\n"), max_size=12)


def quoted(text: str, kind: int) -> str:
    """The text as one of TOML's strings."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    if kind == 0:
        return '"' + escaped.replace("\n", "\\n") + '"'
    if kind == 1:
        return f'"""\n{escaped}"""'
    return f"'''\n{text}'''" if "'" not in text else f'"""{escaped}"""'


@given(st.lists(st.lists(st.tuples(texts, st.integers(0, 2), st.booleans()), max_size=3), max_size=3))
def test_every_field_is_found_whatever_the_others_say(tables: list[list[tuple[str, int, bool]]]) -> None:
    source, expected = "", {}
    for index, fields in enumerate(tables):
        expected[index, TABLE] = source.count("\n") + 1
        source += "[[things]]\n"
        for number, (text, kind, in_list) in enumerate(fields):
            expected[index, f"f{number}"] = source.count("\n") + 1
            value = quoted(text, kind)
            source += f"f{number} = {f'[{value},{chr(10)} 1]' if in_list else value}  # {text.splitlines()[:1]}\n"
    tomllib.loads(source)
    assert lines_of(source, "things") == expected

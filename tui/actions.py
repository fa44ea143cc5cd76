"""The registry of all actions: keys, help and documentation are generated from this one table."""

from __future__ import annotations

import difflib
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from textual.binding import Binding, BindingType
from textual.keys import Keys

from core.annotation.codebook import Codebook
from core.errors import ConfigError

TRACE, ROLLOUTS, JUDGING, INSTEAD, LINKS = "trace", "rollouts", "judging", "instead", "links"
AGREEMENT, ADJUDICATION = "agreement", "adjudication"
PICKER, SUMMARY, READER, HELP = "picker", "summary", "reader", "help"
LISTS = (TRACE, ROLLOUTS, JUDGING, INSTEAD, LINKS, AGREEMENT, ADJUDICATION, PICKER, SUMMARY, READER, HELP)
JUDGED = (ROLLOUTS, JUDGING)
TABLES = (AGREEMENT, SUMMARY)
SEARCHED = (TRACE, *JUDGED, INSTEAD, *TABLES)
COPIED = (TRACE, *JUDGED, INSTEAD, LINKS, READER)
OPENED = (ROLLOUTS, INSTEAD, LINKS, AGREEMENT, ADJUDICATION, SUMMARY, READER, HELP)
LABEL, SECONDARY = "label.", "secondary."
LABELLED = (TRACE, ADJUDICATION)
UNDONE = (*LABELLED, *JUDGED)
LEFT = (TRACE, JUDGING, PICKER)
RUNS = (TRACE, LINKS, PICKER)
SCOPE_TITLES = {
    TRACE: "A trace",
    ROLLOUTS: "Rollouts of a prefix",
    JUDGING: "Judging a sample of rollouts",
    INSTEAD: "What was said instead of a sentence",
    LINKS: "Links of a sentence",
    AGREEMENT: "How far annotators agree",
    ADJUDICATION: "Deciding disagreements",
    PICKER: "Choosing a trace",
    SUMMARY: "All traces together",
    READER: "Reading a text",
    HELP: "This list of keys",
}


@dataclass(frozen=True)
class Action:
    """Something a key does on some screens; ``id`` names it in ``turnpoint.toml``."""

    id: str
    keys: tuple[str, ...]
    action: str
    hint: str
    help: str
    scopes: tuple[str, ...]


ACTIONS: tuple[Action, ...] = (
    Action("down", ("j", "down"), "move(1)", "", "next sentence or line", LISTS),
    Action("up", ("k", "up"), "move(-1)", "", "previous sentence or line", LISTS),
    Action("page_down", ("pagedown", "ctrl+d"), "page(1)", "", "a screen down", LISTS),
    Action("page_up", ("pageup", "ctrl+u"), "page(-1)", "", "a screen up", LISTS),
    Action("first", ("g", "home"), "first", "", "to the first", LISTS),
    Action("last", ("G", "end"), "last", "", "to the last", LISTS),
    Action("go_to", (":",), "go_to", "", "go to a sentence by its number", (TRACE,)),
    Action("next_unlabelled", ("]",), "next_unlabelled(1)", "", "next unlabelled sentence", (TRACE,)),
    Action("previous_unlabelled", ("[",), "next_unlabelled(-1)", "", "previous unlabelled sentence", (TRACE,)),
    Action("queue", ("Q",), "queue", "", "work through sentences in an order of your choice; asks which", (TRACE,)),
    Action("blind", ("B",), "blind", "", "hide what could sway you until a sentence is decided, or show it", (TRACE,)),
    Action("next_change", (">",), "next_change(1)", "", "next turning point, or big change of a rate", (TRACE,)),
    Action("previous_change", ("<",), "next_change(-1)", "", "previous turning point, or big change", (TRACE,)),
    Action("find", ("/",), "find", "find", "find text (Enter finds, Esc leaves)", (*SEARCHED, PICKER)),
    Action("next_hit", ("n",), "next_hit(1)", "", "next hit of the search", SEARCHED),
    Action("previous_hit", ("N",), "next_hit(-1)", "", "previous hit of the search", SEARCHED),
    Action("resample", ("r",), "resample", "resample", "resample this prefix; asks how many rollouts", (TRACE, LINKS)),
    Action(
        "resample_all",
        ("R",),
        "resample_all",
        "resample all",
        "resample every prefix of the trace, or of all traces listed",
        (TRACE, PICKER),
    ),
    Action("adaptive", ("M",), "adaptive", "adaptive", "sample where the answer is open; asks when to stop", (TRACE,)),
    Action("delete", ("D",), "delete", "", "delete the trace under the cursor; says what goes, and asks", (PICKER,)),
    Action("cancel", ("c",), "cancel", "", "stop the run, keep what is under way; twice: at once", RUNS),
    Action("rollouts", ("V",), "rollouts", "rollouts", "browse the rollouts of this prefix", (TRACE,)),
    Action("disagreements", ("X",), "disagreements", "", "list where annotators disagree, and decide", (TRACE,)),
    Action(
        "list_disagreements",
        ("d",),
        "disagreements",
        "disagreements",
        "list the disagreements, and decide",
        (AGREEMENT,),
    ),
    Action(
        "filter_decided", ("tab",), "cycle_filter", "filter", "all, open, partial or decided ones only", (ADJUDICATION,)
    ),
    Action("next_open", ("]",), "next_open(1)", "", "next that nobody has decided", (ADJUDICATION,)),
    Action("previous_open", ("[",), "next_open(-1)", "", "previous that nobody has decided", (ADJUDICATION,)),
    Action("sort", ("S",), "sort", "", "most raters and most even split first, or by position", (ADJUDICATION,)),
    Action("withdraw", ("x",), "withdraw", "", "take the gold label off", (ADJUDICATION,)),
    Action("filter", ("tab", "f"), "cycle_filter", "filter", "show only what came out one way", (*JUDGED, PICKER)),
    Action("verdict_yes", ("1",), "judge('yes')", "shows it", "say that it shows the behavior, and go on", JUDGED),
    Action("verdict_no", ("0",), "judge('no')", "does not", "say that it does not, and go on", JUDGED),
    Action("verdict_skip", ("space",), "skip_rollout", "skip", "leave this rollout open and go on", JUDGED),
    Action("verdict_clear", ("x",), "clear_verdict", "", "take your verdict on this rollout back", JUDGED),
    Action("verdict_note", ("i",), "note", "note", "write a note on this rollout", JUDGED),
    Action("next_unjudged", ("]",), "next_unjudged(1)", "", "next rollout that you have not judged", JUDGED),
    Action("previous_unjudged", ("[",), "next_unjudged(-1)", "", "previous rollout that you have not judged", JUDGED),
    Action("judged_behavior", ("b",), "judged_behavior", "", "judge the next behavior", JUDGED),
    Action("verdict_blind", ("B",), "blind", "", "hide what judges say until you have said yes or no", JUDGED),
    Action("text_on", (">",), "scroll_text(1)", "", "on in the text of the rollout", JUDGED),
    Action("text_back", ("<",), "scroll_text(-1)", "", "back in the text of the rollout", JUDGED),
    Action("case", ("p",), "case", "", "read the prompt, the reasoning that was kept, and the rollout", JUDGED),
    Action("behavior", ("b",), "behavior", "", "show the directions of the next behavior in the list", (TRACE,)),
    Action("importance", ("C",), "importance", "compare", "compare what was said instead of each sentence", (TRACE,)),
    Action("instead", ("I",), "instead", "", "list what was said instead of this sentence, after C", (TRACE,)),
    Action("links", ("L",), "links", "", "what this sentence leads to and comes from; whether it comes back", (TRACE,)),
    Action("jump", ("enter",), "jump", "go there", "go to the sentence of this row in the trace", (LINKS,)),
    Action("follow", ("L",), "follow", "its links", "the links of the sentence of this row", (LINKS,)),
    Action("summary", ("O",), "summary", "", "analyse all traces together", (TRACE, PICKER)),
    Action("agreement", ("K",), "agreement", "", "how far annotators agree, on all traces", (TRACE, PICKER)),
    Action("next_table", ("tab", "f"), "next_table(1)", "", "next table", TABLES),
    Action("previous_table", ("F",), "next_table(-1)", "", "previous table", TABLES),
    Action("recycled", ("T",), "recycled", "", "count recycled rollouts in the rates, or leave them out", (TRACE,)),
    Action("settings", ("t",), "settings", "", "show the rates under the next sampling settings", (TRACE,)),
    Action("accept", ("enter",), "accept", "accept", "take what is suggested, or confirm a label marked !", (TRACE,)),
    Action("skip", ("space",), "skip", "skip", "leave this sentence open and go on; it counts as skipped", (TRACE,)),
    Action("unsure", ("m",), "unsure", "unsure", "mark this sentence as unsure, or no longer", (TRACE,)),
    Action("note", ("i",), "note", "note", "write a note on this sentence", (TRACE,)),
    Action("note_in_editor", ("e",), "note_in_editor", "", "write the note in $EDITOR", (TRACE,)),
    Action("select", ("v",), "select", "", "select from here on; a category key labels all that is selected", (TRACE,)),
    Action("secondary", ("comma",), "secondary", "", "the next category key gives a secondary category", (TRACE,)),
    Action("clear_label", ("x",), "clear_label", "", "take the label off this sentence", (TRACE,)),
    Action("undo", ("u", "backspace"), "undo", "undo", "undo the last change, across traces and restarts", UNDONE),
    Action("redo", ("U",), "redo", "", "redo", UNDONE),
    Action("codebook", ("h",), "codebook", "codebook", "show the codebook beside the trace, or hide it", (TRACE,)),
    Action("codebook_next", ("right",), "codebook_page(1)", "", "next page of the codebook", (TRACE,)),
    Action("codebook_previous", ("left",), "codebook_page(-1)", "", "previous page of the codebook", (TRACE,)),
    Action(
        "next_flagged", ("}",), "next_flagged(1)", "", "next sentence that is unsure, skipped or marked !", (TRACE,)
    ),
    Action(
        "previous_flagged",
        ("{",),
        "next_flagged(-1)",
        "",
        "previous sentence that is unsure, skipped or marked !",
        (TRACE,),
    ),
    Action("read_sentence", ("z",), "read", "", "read the sentence in full", (TRACE,)),
    Action(
        "read",
        ("enter",),
        "read",
        "open",
        "open: the trace, the rollout, the row or the group",
        (*JUDGED, INSTEAD, ADJUDICATION, *TABLES, PICKER),
    ),
    Action("prompt", ("p",), "prompt", "", "read the prompt and the whole response", (TRACE,)),
    Action("open", ("o",), "open", "traces", "open another trace, or the one of this row", (TRACE, *TABLES)),
    Action("open_place", ("o",), "open", "", "open the sentence in its trace", (ADJUDICATION,)),
    Action("export", ("w",), "export", "export", "write the CSV tables", (TRACE, *TABLES)),
    Action("copy", ("y",), "copy", "", "copy the text to the clipboard and to a file", COPIED),
    Action("help", ("?", "f1"), "app.keys", "keys", "all keys", LISTS[:-1]),
    Action("back", ("escape",), "back", "", "one level back; ends a search", LISTS),
    Action("quit", ("q",), "leave", "quit", "quit; labels and rollouts are saved already", LEFT),
    Action("close", ("q",), "leave", "back", "back", OPENED),
)

NOTHING, OF_SENTENCE, OF_TRACE, OF_ALL = "nothing", "sentence", "trace", "everything"
REVEALS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("down", "up", "page_down", "page_up", "first", "last", "go_to", "find", "next_hit", "previous_hit"),
            *("next_unlabelled", "previous_unlabelled", "next_flagged", "previous_flagged", "queue", "blind"),
            *("resample", "resample_all", "cancel", "delete", "recycled", "settings", "behavior", "export"),
            *("accept", "skip", "unsure", "note", "note_in_editor", "select", "secondary", "clear_label"),
            *("undo", "redo", "codebook", "codebook_next", "codebook_previous"),
            *("read_sentence", "read", "prompt", "open", "copy", "help", "back", "quit", "close"),
            # Screens that hide what they have to, or are not come to before all that they tell of is decided.
            *("agreement", "list_disagreements", "next_table", "previous_table", "jump", "follow"),
            *("filter_decided", "next_open", "previous_open", "sort", "withdraw", "open_place"),
            *("filter", "verdict_yes", "verdict_no", "verdict_skip", "verdict_clear", "verdict_note", "next_unjudged"),
            *("previous_unjudged", "judged_behavior", "verdict_blind", "text_on", "text_back", "case"),
        ),
        NOTHING,
    ),
    **dict.fromkeys(("instead", "rollouts"), OF_SENTENCE),
    **dict.fromkeys(("next_change", "previous_change", "importance", "adaptive", "links", "disagreements"), OF_TRACE),
    "summary": OF_ALL,
}
"""What an action shows of numbers, suggestions and the labels of others, by its id: nothing, or what tells of the
sentence under the cursor, of the whole trace, or of all traces. Blind mode refuses it before that is decided, and
refuses one that is not here."""


def revealed_by(scope: str, method: str) -> str | None:
    """What the actions of a screen that have this method reveal; None where one of them does not say."""
    if method in ("label", "label_too") and scope in LABELLED:
        return NOTHING
    found = {REVEALS.get(one.id) for one in ACTIONS if scope in one.scopes and method_of(one) == method} or {None}
    return None if None in found else max(found, key=(NOTHING, OF_SENTENCE, OF_TRACE, OF_ALL).index)


def method_of(action: Action) -> str:
    """The name of the method of an action, without what it is given and whose it is."""
    return action.action.partition("(")[0].rpartition(".")[2]


SHIFTED = dict(zip("123456789", "!@#$%^&*(", strict=True)) | {"0": ""}
"""What shift makes of a digit on a US keyboard; nobody needs the last one, none, as a secondary category."""

KEY_NAMES = {"down": "↓", "up": "↑", "escape": "Esc", "enter": "Enter", "backspace": "Backspace", "pagedown": "PgDn",
             "pageup": "PgUp", "home": "Home", "end": "End", "tab": "Tab", "f1": "F1", "space": "Space",
             "comma": ",", "right": "→", "left": "←"}  # fmt: skip


def category_actions(codebook: Codebook) -> tuple[Action, ...]:
    """What the keys of a codebook do: each gives its category, and with shift a secondary one.

    Terminals send shift as another character, a capital or, on a US keyboard, the sign above the digit; where a command
    has that key, and for what has no such key, the key of ``secondary`` comes first.
    """
    given = [
        Action(
            f"{LABEL}{category.name}",
            (_written(category.key),),
            f"label({category.name!r})",
            category.tag,
            f"label {category.name}: {category.definition}",
            LABELLED,
        )
        for category in codebook.categories
    ]
    shifted = [
        Action(
            f"{SECONDARY}{category.name}",
            (key,),
            f"label_too({category.name!r})",
            "",
            f"{category.name} as a secondary category",
            (TRACE,),
        )
        for category in codebook.categories
        if (key := SHIFTED.get(category.key) or category.key.upper()) != category.key
    ]
    return (*given, *shifted)


def _written(key: str) -> str:
    """A key as a binding names it, where the comma stands between keys."""
    return "comma" if key == "," else key


def in_scope(scope: str, codebook: Codebook) -> list[Action]:
    """Actions that a screen knows, in the order of the table, those of the codebook last."""
    return [action for action in (*ACTIONS, *category_actions(codebook)) if scope in action.scopes]


def bindings_for(scope: str) -> list[BindingType]:
    """Textual bindings of a screen, without those of the codebook; their ids are what a keymap changes."""
    return [_binding(action) for action in ACTIONS if scope in action.scopes]


def category_bindings(scope: str, codebook: Codebook) -> list[Binding]:
    """The bindings that a screen has besides, for the keys of the codebook."""
    return [_binding(action) for action in category_actions(codebook) if scope in action.scopes]


def _binding(action: Action) -> Binding:
    return Binding(",".join(action.keys), action.action, action.help, show=False, id=action.id)


def keymap(overrides: Mapping[str, str | Iterable[str]], codebook: Codebook) -> dict[str, tuple[str, ...]]:
    """Check the ``[keys]`` table of the configuration: action id to its keys.

    Raises:
        ConfigError: if an action does not exist, a key is empty, or two actions of one screen share a key; where the
            codebook is what shares it, naming its file and line.
    """
    known = {action.id: action for action in (*ACTIONS, *category_actions(codebook))}
    keys = {action_id: action.keys for action_id, action in known.items()}
    for action_id, given in overrides.items():
        if action_id not in known:
            near = difflib.get_close_matches(action_id, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else "; `turnpoint keys` lists them."
            raise ConfigError(f"[keys] {action_id}: no such action{hint}")
        keys[action_id] = _chosen(action_id, given)
    first = [action.id for action in (*ACTIONS, *category_actions(codebook)) if TRACE in action.scopes]
    used = {_key_name(key) for name in first if not name.startswith(SECONDARY) for key in keys[name]}
    for action_id in keys:
        if action_id.startswith(SECONDARY) and action_id not in overrides:
            keys[action_id] = tuple(key for key in keys[action_id] if _key_name(key) not in used)
    for scope in LISTS:
        owner: dict[str, str] = {}
        for action in in_scope(scope, codebook):
            for key in keys[action.id]:
                name = _key_name(key)
                if name in owner:
                    raise _clash(codebook, action.id, key, owner[name], overrides)
                owner[name] = action.id
    return keys


def _clash(codebook: Codebook, action_id: str, key: str, owner: str, overrides: Iterable[str]) -> ConfigError:
    """Two actions have one key: what the settings say of keys is to be mended there, else the codebook."""
    category = codebook.own(action_id.removeprefix(LABEL)) if action_id.startswith(LABEL) else None
    if category is None or codebook.path is None or not {action_id, owner}.isdisjoint(overrides):
        return ConfigError(f"[keys] {action_id}: {key!r} already means {owner}; give one of the two another key.")
    where = f"{codebook.path}:{category.line}"
    mend = "give the category another, or the command one under [keys] in turnpoint.toml"
    return ConfigError(f"{where}: the key {category.key!r} of {category.name} is that of the command {owner}; {mend}.")


def moved_keys(keys: Mapping[str, tuple[str, ...]], codebook: Codebook) -> dict[str, tuple[str, ...]]:
    """The actions that are on other keys than by default: Textual goes through all it is given at every key press."""
    default = {action.id: action.keys for action in (*ACTIONS, *category_actions(codebook))}
    return {action_id: mapped for action_id, mapped in keys.items() if mapped != default[action_id]}


def _chosen(action_id: str, given: str | Iterable[str]) -> tuple[str, ...]:
    """The keys of one line of the table: a list, or names with commas between them; a lone comma is the comma key."""
    entries = [given] if isinstance(given, str) else list(given)
    keys = [key.strip() for entry in entries for key in (["comma"] if entry == "," else entry.split(","))]
    if not keys or not all(keys):
        raise ConfigError(f"[keys] {action_id}: give at least one key.")
    for key in keys:
        name = _key_name(key)
        if len(name) > 1 and name not in KNOWN_KEYS:
            near = difflib.get_close_matches(name, KNOWN_KEYS, n=1)
            hint = (
                f"; did you mean {near[0]!r}?" if near else "; write a character, or a name such as pagedown or ctrl+e."
            )
            raise ConfigError(f"[keys] {action_id}: there is no key {key!r}{hint}")
    return tuple(keys)


def _key_name(key: str) -> str:
    """The one name of a key: ``]`` and ``right_square_bracket`` are the same key."""
    if len(key) != 1 or key == ",":
        return key.replace(",", "comma")
    (binding,) = Binding.make_bindings([Binding(key, "", "")])
    return binding.key


KNOWN_KEYS = frozenset(key.value for key in Keys) | {_key_name(character) for character in string.printable.strip()}


def shown(keys: Iterable[str]) -> str:
    """Keys as a person reads them."""
    return " ".join(KEY_NAMES.get(key, key.replace("ctrl+", "Ctrl+")) for key in keys)


def keys_markdown(keys: Mapping[str, tuple[str, ...]], codebook: Codebook) -> str:
    """The reference page of all keys."""
    parts = [
        "# Keys",
        "",
        "Generated from the registry in `tui/actions.py` by `turnpoint keys --markdown`. The last column is the name to"
        " use in the `[keys]` table of `turnpoint.toml`:",
        "",
        "```toml",
        "[keys]",
        'resample = "E"',
        'next_change = [">", "full_stop"]',
        "```",
    ]
    for scope, title in SCOPE_TITLES.items():
        parts += ["", f"## {title}", "", "| key | does | name |", "|---|---|---|"]
        parts += [
            f"| {' '.join(f'`{shown([key])}`' for key in keys[action.id])} | {action.help} | `{action.id}` |"
            for action in in_scope(scope, codebook)
        ]
    return "\n".join(parts) + "\n"

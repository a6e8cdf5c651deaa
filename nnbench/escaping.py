"""Text that others wrote, such as names, questions and claims, so that a terminal and Markdown show it literally."""

from __future__ import annotations

import re
import unicodedata

_UNSEEN = ("Cc", "Cs", "Zl", "Zp")
"""Categories of characters that steer a terminal or have no picture: control characters, halves of pairs, separators of lines."""
_TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
"""Characters that turn the direction of what follows, so that it reads as something else."""
_MARKS = re.compile(
    r"""[\\`*|~]              # code, emphasis, the end of a cell, strike-through
    | (?<![^\W_])_ | _(?![^\W_])  # an underscore at the edge of a word; one within a word means nothing
    | <(?=[A-Za-z/!?])        # a tag
    | &(?=\#?\w+;)            # a character reference
    | !(?=\[) | \](?=[(\[:])  # a picture or a link
    | :(?=[\w+-]+:)           # an emoji code""",
    re.VERBOSE,
)


def printable(text: str) -> str:
    r"""The text with what would steer a terminal spelled out, such as `\x1b`; line breaks stay, tabs become spaces.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if text.isprintable() and text.isascii():
        return text
    return "".join(_spelled(each) for each in text.replace("\t", "    "))


def _spelled(character: str) -> str:
    unseen = unicodedata.category(character) in _UNSEEN or ord(character) in _TURNING
    return character.encode("unicode_escape").decode() if unseen and character != "\n" else character


def escaped(text: str) -> str:
    r"""The text on one line, with whatever Markdown would take as markup escaped.

    >>> escaped("a|b *c* [v2](x) steps_to_target _d_")
    'a\\|b \\*c\\* [v2\\](x) steps_to_target \\_d\\_'
    """
    return _MARKS.sub(lambda mark: f"\\{mark[0]}", printable(" ".join(text.split())))

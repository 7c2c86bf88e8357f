"""The options of one line of a requirements file, as pip's parser (optparse) reads them.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/#supported-options
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from private_wheel.secrets.quoting import quoted, shown

_WITH_VALUE = {
    "-i": "--index-url",
    "--index-url": "--index-url",
    "--pypi-url": "--index-url",
    "--extra-index-url": "--extra-index-url",
    "-f": "--find-links",
    "--find-links": "--find-links",
    "-r": "--requirement",
    "--requirement": "--requirement",
    "-c": "--constraint",
    "--constraint": "--constraint",
    "-e": "--editable",
    "--editable": "--editable",
    "--no-binary": "--no-binary",
    "--only-binary": "--only-binary",
    "--all-releases": "--all-releases",
    "--only-final": "--only-final",
    "--trusted-host": "--trusted-host",
    "--use-feature": "--use-feature",
    "--hash": "--hash",
    "-C": "--config-settings",
    "--config-setting": "--config-settings",
    "--config-settings": "--config-settings",
    "--global-option": "--global-option",
    "--install-option": "--install-option",
}
_WITHOUT_VALUE = (
    "--no-index",
    "--prefer-binary",
    "--require-hashes",
    "--no-require-hashes",
    "--pre",
)
_KNOWN = (*_WITH_VALUE, *_WITHOUT_VALUE)
_OF_OLD_PIPS = ("--global-option", "--install-option")
INDEXES = ("--index-url", "--extra-index-url")
_URLS = (*INDEXES, "--find-links")
# What is given to another program may begin with a dash.
_ANY_VALUE = ("--config-settings", *_OF_OLD_PIPS)
_HASH = re.compile(r"(?:sha256|sha384|sha512):.*", re.DOTALL)

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # of one letter it would be a drive of Windows


class Option(NamedTuple):
    """An option by its long name; `value` is empty for one that takes none."""

    name: str
    value: str = ""


def read_options(words: Sequence[str]) -> list[Option]:
    """Each option by its long name, with its value. pip leaves out words that belong to no option.

    Raises:
        ValueError: pip cannot read one, with the sentence for the user.
    """
    found = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            break
        if word.startswith("-") and len(word) > 1:
            found.append(_option(word, rest))
    return found


def _option(word: str, rest: Iterator[str]) -> Option:
    if word.startswith("--"):
        written, equals, value = word.partition("=")
        name = _long_name(written)
    else:
        written, value = word[:2], word[2:]
        name, equals = written, value
    if name in _WITHOUT_VALUE:
        if equals:
            raise ValueError(f"{name} takes no value. Take out what stands behind the =.")
        return Option(name)
    if name not in _WITH_VALUE:
        raise ValueError(
            f"pip knows no option {shown(written)} in a requirements file. Take it out."
        )
    name = _WITH_VALUE[name]
    value = value if equals else next(rest, "")
    if not value or (value.startswith("-") and name not in _ANY_VALUE):
        raise ValueError(
            f"{written} names nothing. Put its {'URL' if name in _URLS else 'value'} behind it."
        )
    _check_value(name, value)
    return Option(name, value)


def _long_name(name: str) -> str:
    """pip takes the beginning of a name where no other name begins so."""
    meant = [known for known in _KNOWN if known.startswith(name) and known not in _OF_OLD_PIPS]
    return meant[0] if len(meant) == 1 and name not in _KNOWN else name


def _check_value(name: str, value: str) -> None:
    if name == "--hash" and not _HASH.match(value):
        raise ValueError("pip cannot read the hash. Write --hash=sha256:… (or sha384, sha512).")
    if name == "--config-settings" and "=" not in value:
        raise ValueError("pip cannot read the setting. Write --config-settings=NAME=VALUE.")
    if name in _URLS and (problem := url_problem(value)):
        raise ValueError(problem)
    if name in INDEXES and not URL.match(value) and "$" not in value:
        raise ValueError(
            f"{name} wants a URL, and {quoted(value)} is none. Write https://… in full."
        )


def url_problem(url: str) -> str:
    """The sentence for the user, if nobody can read the URL."""
    try:
        parts = urlsplit(url)
        # In the address of a repository over ssh, a path may stand in the port's place.
        is_right = parts.scheme not in ("http", "https") or bool(parts.hostname and parts.port != 0)
    except ValueError:
        is_right = "$" in url and "[" not in url
    return "" if is_right else f"the URL {quoted(url)} cannot be read. Correct it."

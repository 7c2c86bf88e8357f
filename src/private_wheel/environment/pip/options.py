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
# Options whose value is for another program, so that it may begin with a dash.
_ANY_VALUE = ("--config-settings", *_OF_OLD_PIPS)
_HASH = re.compile(r"(?:sha256|sha384|sha512):.*", re.DOTALL)

# The scheme of a URL. One letter would be a drive of Windows.
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


class Option(NamedTuple):
    """An option by its long name; `value` is empty for one that takes none."""

    name: str
    value: str = ""


def read_options(words: Sequence[str]) -> list[Option]:
    """Read the options among the words of a line. Like pip, ignore words that belong to none.

    Raises:
        ValueError: pip cannot read one, with the sentence for the user.
    """
    options = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            break
        if word.startswith("-") and len(word) > 1:
            options.append(_read_option(word, rest))
    return options


def _read_option(word: str, rest: Iterator[str]) -> Option:
    """Read the option that begins with a word, and its value from the rest if it is not in it."""
    if word.startswith("--"):
        written, equals, value = word.partition("=")
        name = _long_name(written)
    else:
        written, value = word[:2], word[2:]
        name, equals = written, value
    if name in _WITHOUT_VALUE:
        if equals:
            raise ValueError(f"{name} takes no value. Remove the = and what follows it.")
        return Option(name)
    if name not in _WITH_VALUE:
        raise ValueError(f"pip does not accept {shown(written)} in a requirements file. Remove it.")
    name = _WITH_VALUE[name]
    value = value if equals else next(rest, "")
    if not value or (value.startswith("-") and name not in _ANY_VALUE):
        kind = "URL" if name in _URLS else "value"
        raise ValueError(f"{written} requires a {kind}. Write it after the option.")
    _check_value(name, value)
    return Option(name, value)


def _long_name(name: str) -> str:
    """Complete the beginning of a name, as pip does where no other name begins so."""
    if name in _KNOWN:
        return name
    names = [known for known in _KNOWN if known.startswith(name) and known not in _OF_OLD_PIPS]
    return names[0] if len(names) == 1 else name


def _check_value(name: str, value: str) -> None:
    if name == "--hash" and not _HASH.match(value):
        raise ValueError("pip cannot read the hash. Write --hash=sha256:… (or sha384, sha512).")
    if name == "--config-settings" and "=" not in value:
        raise ValueError("pip cannot read the setting. Write --config-settings=NAME=VALUE.")
    if name in _URLS and (problem := url_problem(value)):
        raise ValueError(problem)
    if name in INDEXES and not URL.match(value) and "$" not in value:
        problem = f"{name} requires a URL, and {quoted(value)} is not one."
        raise ValueError(f"{problem} Write it in full, with https://.")


def url_problem(url: str) -> str:
    """Return the sentence for the user about a URL that nobody can read, else an empty text."""
    try:
        parts = urlsplit(url)
        # The URL of a repository over ssh may have a path in the port's place.
        is_valid = parts.scheme not in ("http", "https") or bool(parts.hostname and parts.port != 0)
    except ValueError:
        is_valid = "$" in url and "[" not in url
    return "" if is_valid else f"invalid URL {quoted(url)}. Correct it."

"""Secrets, registered once, and kept out of every text that leaves the process.

A fragment shorter than four characters is not hidden by itself: it would blot out ordinary text. Its URL still is.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, quote, quote_plus, unquote, unquote_plus, urlsplit

MASK = "***"
_LENGTH_MIN = 4
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*://[^\s'\"<>]+")
_SECRET_NAME = re.compile(r"key|token|secret|auth|pass|pwd|sig|credential|jwt", re.IGNORECASE)
_AUTH_SCHEME = re.compile(r"(?:basic|bearer|digest|token|apikey|negotiate)\s+", re.IGNORECASE)

_longest_first: tuple[str, ...] = ()


def register(secret: str) -> None:
    """From now on ``redact`` hides this text and, of a URL or an Authorization value, each secret part of it.

    Percent-encoded, JSON-escaped and basic-authentication spellings are hidden, too.
    """
    global _longest_first  # noqa: PLW0603 - one registry a process is the point
    fragments = {secret, _AUTH_SCHEME.sub("", secret, count=1), *_url_secrets(secret)}
    forms = {form for fragment in fragments for form in _spellings(fragment) if len(form) >= _LENGTH_MIN}
    _longest_first = tuple(sorted(forms.union(_longest_first), key=lambda form: (-len(form), form)))


def redact(text: str) -> str:
    """The text with every registered secret, and the secret parts of any URL in it, replaced by ``***``."""
    for secret in _longest_first:
        text = text.replace(secret, MASK)
    return _URL.sub(_masked_url, text) if "://" in text else text


def looks_like_key(text: str) -> bool:
    """True for what a provider could have issued as a key: no plain word, no version, no network name."""
    if len(text) >= 24:
        return True
    return len(text) >= 8 and any(map(str.isdigit, text)) and any(map(str.isalpha, text))


def _url_secrets(text: str) -> Iterator[str]:
    url = _split(text)
    if url is None:
        return
    userinfo, _, host = url.netloc.rpartition("@")
    if userinfo:
        user, colon, password = userinfo.partition(":")
        yield userinfo
        yield unquote(password) if colon else unquote(user)
        yield base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
        if looks_like_key(unquote(user)):
            yield unquote(user)
    yield from (label for label in host.split(":")[0].split(".") if len(label) >= 16 and looks_like_key(label))
    yield from (unquote(part) for part in re.split("[/;]", url.path) if looks_like_key(unquote(part)))
    for query in (url.query, url.fragment):
        for name, value in parse_qsl(query):
            if _SECRET_NAME.search(name) or looks_like_key(value):
                yield value
        if "=" not in query and looks_like_key(unquote(query)):
            yield unquote(query)


def _spellings(secret: str) -> Iterator[str]:
    for raw in {secret, unquote(secret), unquote_plus(secret)}:
        yield raw
        yield repr(raw)[1:-1]
        yield json.dumps(raw)[1:-1]
        for quoted in (quote(raw), quote(raw, safe=""), quote_plus(raw)):
            yield quoted
            yield re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), quoted)


def _masked_url(found: re.Match[str]) -> str:
    text = found[0]
    for secret in sorted(set(_url_secrets(text)), key=len, reverse=True):
        for form in sorted(set(_spellings(secret)), key=len, reverse=True):
            if form != MASK and (len(form) >= _LENGTH_MIN or ":" in form):
                text = text.replace(form, MASK)
    return text


def _split(text: str) -> SplitResult | None:
    if "://" not in text:
        return None
    try:
        return urlsplit(text)
    except ValueError:  # e.g. an unbalanced bracket: then there are no parts to tell apart
        return None

"""Keep what is secret out of what a person is told."""

import re
from collections.abc import Mapping

_SECRET = re.compile(r"key|token|password|passwd|secret|credential", re.IGNORECASE)
_LOGIN = re.compile(r"(://)[^/\s?#@]*@")
_SHORTEST = 6  # shorter values stand in words


def without_secrets(text: str, environ: Mapping[str, str]) -> str:
    """Return a text without names and passwords in addresses, and values of secret variables.

    Example:
        >>> without_secrets("401: http://me:pass@host refuses s3cr3t!", {"A_KEY": "s3cr3t!"})
        '401: http://***@host refuses ***'
    """
    secrets = [value for name, value in environ.items() if _SECRET.search(name)]
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, "***")
    return _LOGIN.sub(r"\1***@", text)

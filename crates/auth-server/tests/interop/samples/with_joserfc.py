"""Access tokens checked with joserfc, which leaves it to us to get the keys."""

import json
import threading
import time
import urllib.request

from joserfc import errors, jwt
from joserfc.jwk import KeySet, OctKey

KEPT = 300  # seconds, as the server allows
COOLDOWN = 1  # seconds: a key id is easily made up, so unknown ones lead to no more requests than this


class Verifier:
    """Checks tokens by the keys that the server publishes; a token that is not good raises `JoseError`."""

    def __init__(self, issuer, audience, algorithm, keys):
        self._checks = (issuer, audience, algorithm)
        self._url = keys
        self._keys = self._asked_at = None
        self._lock = threading.Lock()

    def check(self, token):
        """The claims of a good token."""
        try:
            return check(token, self._key_set(KEPT), *self._checks)
        except errors.InvalidKeyIdError:
            # Signed by a key that is newer than our copy, perhaps.
            return check(token, self._key_set(COOLDOWN), *self._checks)

    def _key_set(self, oldest):
        with self._lock:
            now = time.monotonic()
            if self._keys is None or now - self._asked_at >= oldest:
                with urllib.request.urlopen(self._url, timeout=5) as answer:
                    self._keys = KeySet.import_key_set(json.load(answer))
                self._asked_at = now
            return self._keys


class SecretVerifier:
    """The same by a shared secret (HS256)."""

    def __init__(self, issuer, audience, secret):
        self._key = OctKey.import_key(secret)
        self._checks = (issuer, audience, "HS256")

    def check(self, token):
        """The claims of a good token."""
        return check(token, self._key, *self._checks)


def check(token, key, issuer, audience, algorithm):
    good = jwt.decode(token, key, algorithms=[algorithm])
    # joserfc does not look at the type.
    if good.header.get("typ") != "JWT":
        raise errors.InvalidHeaderValueError("typ")
    jwt.JWTClaimsRegistry(
        leeway=30,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        sid={"essential": True},
    ).validate(good.claims)
    return good.claims

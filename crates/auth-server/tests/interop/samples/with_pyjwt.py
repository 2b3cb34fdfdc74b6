"""Access tokens checked with PyJWT."""

import jwt


class Verifier:
    """Checks tokens by the keys that the server publishes; a token that is not good raises `jwt.PyJWTError`."""

    def __init__(self, issuer, audience, algorithm, keys):
        # Kept for five minutes, as the server allows; asked for again when a token names an unknown key.
        self._keys = jwt.PyJWKClient(keys, lifespan=300, timeout=5)
        self._checks = {"issuer": issuer, "audience": audience, "algorithms": [algorithm]}

    def check(self, token):
        """The claims of a good token."""
        return check(token, self._keys.get_signing_key_from_jwt(token), self._checks)


class SecretVerifier:
    """The same by a shared secret (HS256)."""

    def __init__(self, issuer, audience, secret):
        self._secret = secret
        self._checks = {"issuer": issuer, "audience": audience, "algorithms": ["HS256"]}

    def check(self, token):
        """The claims of a good token."""
        return check(token, self._secret, self._checks)


def check(token, key, checks):
    options = {"require": ["exp", "iat", "sub", "sid"]}
    good = jwt.decode_complete(token, key, leeway=30, options=options, **checks)
    # PyJWT does not look at the type.
    if good["header"].get("typ") != "JWT":
        raise jwt.InvalidTokenError("a token of another type")
    return good["payload"]

"""The verifiers under test: the samples of the documents, what they raise at which deviation, and their clocks."""

import contextlib
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

import jwt
from joserfc import errors

sys.path.insert(0, str(Path(__file__).parent.parent / "samples"))

import with_joserfc  # noqa: E402
import with_pyjwt  # noqa: E402


@contextlib.contextmanager
def ahead(seconds):
    """Both clocks of whatever runs in here go that much ahead."""

    class Ahead(datetime):
        """PyJWT takes its time from here."""

        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(seconds=seconds)

    wall, monotonic = time.time, time.monotonic
    with (
        mock.patch("jwt.api_jwt.datetime", Ahead),
        mock.patch("time.time", lambda: wall() + seconds),
        mock.patch("time.monotonic", lambda: monotonic() + seconds),
    ):
        yield


class PyJwt:
    """PyJWT, and what it raises."""

    name, module = "PyJWT", with_pyjwt
    forged, expired = jwt.InvalidSignatureError, jwt.ExpiredSignatureError
    audience, issuer, type = jwt.InvalidAudienceError, jwt.InvalidIssuerError, jwt.InvalidTokenError
    unknown_key = jwt.PyJWKClientError
    # Seconds from one request for the keys to the next one that an unknown id may cause.
    cooldown = 30


class Joserfc:
    """joserfc, and what it raises."""

    name, module = "joserfc", with_joserfc
    forged, expired = errors.BadSignatureError, errors.ExpiredTokenError
    audience, issuer, type = errors.InvalidClaimError, errors.InvalidClaimError, errors.InvalidHeaderValueError
    unknown_key = errors.InvalidKeyIdError
    cooldown = 1


VERIFIERS = [PyJwt, Joserfc]


def opened(verifier, world, **changes):
    """A verifier for what `world` says, with changes."""
    options = world | changes
    secret, keys, algorithm = (options.pop(name) for name in ("secret", "keys", "algorithm"))
    if secret is not None:
        return verifier.module.SecretVerifier(**options, secret=secret)
    return verifier.module.Verifier(**options, algorithm=algorithm, keys=keys)

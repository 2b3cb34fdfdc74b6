"""Every verifier and every algorithm: our tokens pass, and whatever deviates in one thing does not."""

import time
import unittest

import server
from server import AUDIENCE, Server, header, signing, with_claims, with_header
from verifiers import VERIFIERS, ahead, opened

ELSEWHERE = "https://elsewhere.example"
LEEWAY = 30  # seconds that the samples forgive


class EveryAlgorithm(unittest.TestCase):
    def servers(self, algorithm):
        """A server, what a verifier knows of it, and tokens of its twin of another type and of a stranger."""
        settings, secret = signing(algorithm)

        def started(*arguments, **settings):
            one = Server(*arguments, **settings)
            self.addCleanup(one.stop)
            return one

        main = started(**settings, AUTH_TOKEN_AUDIENCE=AUDIENCE)
        same = {"AUTH_TOKEN_ISSUER": main.issuer, "AUTH_TOKEN_AUDIENCE": AUDIENCE}
        twin = started(main.folder, **settings, **same, AUTH_TOKEN_TYP="at+jwt")
        stranger = started(**signing(algorithm)[0], **same)
        world = dict(issuer=main.issuer, audience=AUDIENCE, algorithm=algorithm, keys=main.keys, secret=secret)
        return main, world, twin.token, stranger.token

    def check(self, algorithm):
        main, world, of_another_type, strange = self.servers(algorithm)
        token = main.token
        kid = header(token)["kid"]
        self.assertEqual(header(token), {"alg": algorithm, "typ": "JWT", "kid": kid})
        for verifier in VERIFIERS:
            self.assertTrue(server.support(verifier.name)[algorithm], "each of them takes every algorithm")
            with self.subTest(verifier=verifier.name):
                self.takes(verifier, world, main)
                one = opened(verifier, world)
                self.assertEqual(one.check(token)["username"], "alice")
                with self.assertRaises(verifier.forged, msg="other claims"):
                    one.check(with_claims(token, username="mallory"))
                with self.assertRaises(verifier.type, msg="another type"):
                    one.check(of_another_type)
                with self.assertRaises(verifier.forged, msg="another server's token under our key's id"):
                    one.check(with_header(strange, kid=kid))
                by_key = verifier.unknown_key if world["secret"] is None else verifier.forged
                with self.assertRaises(by_key, msg="another server's token"):
                    one.check(strange)
                for name, cause in (("audience", verifier.audience), ("issuer", verifier.issuer)):
                    with self.assertRaises(cause, msg=f"another {name}"):
                        opened(verifier, world, **{name: ELSEWHERE}).check(token)
                with ahead(7200 + LEEWAY + 1), self.assertRaises(verifier.expired):
                    opened(verifier, world).check(token)

    def takes(self, verifier, world, main):
        claims = opened(verifier, world).check(main.token)
        expected = {"iss": main.issuer, "aud": AUDIENCE, "sub": main.id, "userId": main.id, "username": "alice"}
        self.assertEqual(claims | expected, claims)
        self.assertEqual(claims["exp"] - claims["iat"], 7200)
        sessions = main.send("/v1/users/me/sessions", token=main.token)["data"]
        self.assertEqual([claims["sid"]], [session["id"] for session in sessions if session["current"]])
        with ahead(claims["exp"] - int(time.time()) + LEEWAY - 10):
            self.assertEqual(opened(verifier, world).check(main.token)["sub"], main.id, "within the leeway")

    def test_es256_tokens_pass_and_each_deviation_is_refused(self):
        self.check("ES256")

    def test_eddsa_tokens_pass_and_each_deviation_is_refused(self):
        self.check("EdDSA")

    def test_ps256_tokens_pass_and_each_deviation_is_refused(self):
        self.check("PS256")

    def test_rs256_tokens_pass_and_each_deviation_is_refused(self):
        self.check("RS256")

    def test_hs256_tokens_pass_and_each_deviation_is_refused(self):
        self.check("HS256")

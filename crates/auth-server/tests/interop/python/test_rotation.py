"""Keys change under verifiers that are at work: what is signed by the old key and by the new one passes all the while."""

import unittest

from server import Server, header
from verifiers import VERIFIERS, ahead, opened

ROUNDS = 10_000  # more than any wait takes: a wait that fails says so instead of going on for ever


class Rotation(unittest.TestCase):
    def world(self, **settings):
        main = Server(AUTH_SESSION_REVOCATION_POLL="100ms", **settings)
        self.addCleanup(main.stop)
        return main, dict(issuer=main.issuer, audience=main.issuer, algorithm="ES256", keys=main.keys, secret=None)

    def until(self, work, done):
        """Asks again until `done` says so; each round is `work` that has to succeed."""
        for _ in range(ROUNDS):
            if done(result := work()):
                return result
        self.fail(f"not after {ROUNDS} rounds")

    def test_a_key_that_is_published_ahead_of_its_time_is_known_to_all_when_it_signs(self):
        main, world = self.world(AUTH_TOKEN_KEY_PUBLISH_AHEAD="3s")
        first = header(main.token)["kid"]
        main.command("rotate")
        self.until(main.published, lambda kids: len(kids) == 2)
        all_of_them = [opened(verifier, world) for verifier in VERIFIERS]

        def both():
            token = main.fresh()
            for one in all_of_them:
                one.check(token)
            return header(token)["kid"]

        self.until(both, lambda kid: kid != first)
        for _ in range(10):
            both()

    def test_a_key_that_signs_at_once_is_asked_for_and_the_old_one_is_still_good(self):
        main, world = self.world()
        all_of_them = [(verifier, opened(verifier, world)) for verifier in VERIFIERS]
        before = main.token

        def old():
            for _, one in all_of_them:
                one.check(before)
            return main.fresh()

        old()
        main.command("rotate", "--now")
        after = self.until(old, lambda token: header(token)["kid"] != header(before)["kid"])
        for verifier, one in all_of_them:
            with ahead(verifier.cooldown):
                self.assertEqual(one.check(after)["username"], "alice")
            self.assertEqual(one.check(before)["username"], "alice")

    def test_a_key_that_was_withdrawn_is_refused_by_whoever_asks_and_by_others_once_their_copy_is_old(self):
        main, world = self.world()
        before = main.token
        all_of_them = [(verifier, opened(verifier, world)) for verifier in VERIFIERS]
        for _, one in all_of_them:
            one.check(before)
        main.command("retire", header(before)["kid"], "--yes")
        self.until(main.published, lambda kids: header(before)["kid"] not in kids)
        for verifier, held in all_of_them:
            with self.assertRaises(verifier.unknown_key):
                opened(verifier, world).check(before)
            self.assertEqual(held.check(before)["username"], "alice", "its copy is young")
            with ahead(300):
                with self.assertRaises(verifier.unknown_key):
                    held.check(before)
                self.assertEqual(held.check(main.fresh())["username"], "alice")

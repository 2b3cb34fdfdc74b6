"""The program under test, as a server and as a command, and the table of the documents."""

import base64
import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import threading
import urllib.request
from pathlib import Path

PROGRAM = os.environ["AUTH_SERVER"]  # run.sh sets it
PASSWORD = "three blind mice"
AUDIENCE = "https://api.example"
PATIENCE = 60  # seconds, for whatever the program is asked to do: a hang is a failure


def support(verifier):
    """Whether the verifier takes each algorithm, as docs/verify/README.md tells people."""
    page = Path(__file__).parents[5] / "docs/verify/README.md"
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.read_text().splitlines() if "|" in line]
    algorithms = next(row for row in rows if row[0] == "verifier")[1:]
    cells = next(row for row in rows if row[0] == f"`{verifier}`")[1:]
    assert sorted(algorithms) == ["ES256", "EdDSA", "HS256", "PS256", "RS256"] and set(cells) <= {"yes", "no"}
    return {algorithm: cell == "yes" for algorithm, cell in zip(algorithms, cells, strict=True)}


class Server:
    """A server that `alice` is registered at, until `stop`."""

    def __init__(self, folder=None, **settings):
        self.own_folder = tempfile.mkdtemp(prefix="test-") if folder is None else None
        self.folder = folder or self.own_folder
        self.settings = {"AUTH_SERVER_PORT": "0", "AUTH_LIMITS_EXEMPT": "127.0.0.0/8", **settings}
        self.process = subprocess.Popen(
            [PROGRAM], cwd=self.folder, env=self.settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        watchdog = threading.Timer(PATIENCE, self.process.kill)
        watchdog.start()
        said = ""
        for line in self.process.stdout:
            said += line
            if found := re.match(r" *address +(http:\S+)$", line):
                self.address = found[1]
                break
        else:
            raise AssertionError(f"the server ended: {said}")
        watchdog.cancel()
        # A pipe that nobody empties stops its writer.
        self.reader = threading.Thread(target=self.process.stdout.read)
        self.reader.start()
        if folder is None:
            names = {"username": "alice", "password": PASSWORD, "password_confirmation": PASSWORD}
            self.id = self.send("/users/register", names)["id"]
        metadata = self.send("/.well-known/oauth-authorization-server")
        self.issuer, self.keys = metadata["issuer"], metadata["jwks_uri"]
        self.pair = self.send("/v1/users/token", {"username": "alice", "password": PASSWORD})
        self.token = self.pair["access_token"]

    def stop(self):
        """Ends it as an operator would, and what it left."""
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        self.reader.join()
        self.process.stdout.close()
        if self.own_folder is not None:
            shutil.rmtree(self.own_folder)
        assert code == 0, f"the server ends well on SIGTERM, not with {code}"

    def send(self, path, body=None, token=None):
        """JSON there, JSON back; whatever is not 2xx is raised."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def fresh(self):
        """Another token of the same session."""
        body = {"grant_type": "refresh_token", "refresh_token": self.pair["refresh_token"]}
        self.pair = self.send("/v1/users/token", body)
        return self.pair["access_token"]

    def published(self):
        """The ids of the published keys."""
        return [key["kid"] for key in self.send("/.well-known/jwks.json")["keys"]]

    def command(self, *arguments):
        """`auth-server keys …` beside the server, of the same settings."""
        call = [PROGRAM, "keys", *arguments]
        done = subprocess.run(
            call, cwd=self.folder, env=self.settings, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stderr


def signing(algorithm):
    """The settings of a server that signs so, and the secret where there is one."""
    if algorithm != "HS256":
        return {"AUTH_TOKEN_ALGORITHM": algorithm}, None
    secret = base64.b64encode(secrets.token_bytes(48)).decode()
    return {"JWT_SECRET": secret}, secret


def _decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def _encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def header(token):
    """What the token's header says."""
    return _decoded(token.split(".")[0])


def with_claims(token, **change):
    """The same token with other claims, under the old signature."""
    head, payload, signature = token.split(".")
    return ".".join([head, _encoded(_decoded(payload) | change), signature])


def with_header(token, **change):
    """The same token with another header, under the old signature."""
    head, rest = token.split(".", 1)
    return f"{_encoded(_decoded(head) | change)}.{rest}"

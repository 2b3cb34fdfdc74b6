"""What the fuzzer of the HTTP interface knows beside its document: an account, and how to sign in to it.

Random text is never a right password nor a good token. So every third request gets the account's own where the document
asks for some text of that kind, and what stands behind those checks is reached as well.
"""

import itertools
import os

import requests
import schemathesis

URL = os.environ["FUZZ_URL"]
LIMITED = os.environ["FUZZ_LIMITS"] == "true"
PASSWORD = "an owl reads 7 old maps"

calls = itertools.count(1)
names = itertools.count(1)
known = {}


def post(path, body):
    return requests.post(URL + path, json=body, timeout=30)


def register():
    """Another account, for the one before may have lost its password or its life."""
    name = f"fuzz-owner-{next(names)}"
    answer = post("/v1/users/register", {"username": name, "password": PASSWORD})
    answer.raise_for_status()
    known.update(username=name, password=PASSWORD, current_password=PASSWORD)


def sign_in():
    answer = post("/v1/users/token", {"username": known["username"], "password": PASSWORD})
    if answer.ok:
        tokens = answer.json()
        known.update({member: tokens[member] for member in ("access_token", "refresh_token", "device_token")})
        known["token"] = known["refresh_token"]
    return answer.ok


@schemathesis.auth()
class Owner:
    """Signs in at the beginning, and again when a token is refused."""

    def get(self, case, context):
        if "username" not in known:
            register()
        if not sign_in() and not LIMITED:
            register()
            assert sign_in(), "a new account could not sign in"
        return known["access_token"]

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Replaces text by what is known; a member that is missing or of another type stays as wrong as it is."""
    if next(calls) % 3 or not isinstance(case.body, dict) or case.path.endswith("/register"):
        return
    # What a form has without a value counts as missing, and may be; the document cannot say so.
    if case.body.get("grant_type") == "":
        return
    renaming = case.path.endswith("/username")
    for member, value in known.items():
        if isinstance(case.body.get(member), str) and not (renaming and member == "username"):
            case.body[member] = value


@schemathesis.hook
def filter_query(context, query):
    """A parameter without a value counts as missing, which the document has no way to say."""
    return not query or "" not in query.values()

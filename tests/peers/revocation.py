"""What is revoked or suspended can do nothing from that moment, on connections that are open already; what is restored can."""
import json, pathlib, subprocess
from demo import database, multipart, peer

demo = peer()
db = database(demo.folder)
PERSON = demo.nominals[0]["ref"]


def post(**changes):
    status, sent = demo["met-police"].json("/api/v1/exchanges", demo.submission(**changes))
    assert status == 201 and sent["state"] == "released", sent
    return "/api/v1/exchanges/" + sent["id"]


note, housed = post(), post(recipients=["southwark-housing"])
spoc = demo.user("london-probation", "spoc")
probation = demo.fresh("london-probation")


def readings(connection, exchange, person):
    """Every way to read, as (status, body) by path."""
    paths = [("/api/v1/inbox", None), ("/api/v1/exchanges", None), (exchange, None), (exchange + "/documents/1", None),
             (exchange + "/documents/1", person), ("/api/v1/notices", person), ("/api/v1/holds", person),
             (f"/api/v1/nominals/{PERSON}", person), (f"/api/v1/nominals/{PERSON}/events", person)]
    return {(path, by): connection.ask(path, person=by)[:2] for path, by in paths}


def refused(answers):
    for place, (status, body) in answers.items():
        assert status in (401, 403) and b"school gate" not in body, (place, status, body)


def sends_nothing(ask):
    """A submission is refused, and nothing of it is there."""
    counts = lambda: [db.rows(f"select count(*) from {table}")[0][0] for table in ("exchange", "item", "cell", "delivery", "quarantine")]
    before, (status, answer) = counts(), ask("/api/v1/exchanges", demo.submission(recipients=["met-police"]))[:2]
    assert status in (401, 403) and counts() == before, (status, answer, before, counts())


before = readings(probation, note, spoc)
assert all(status == 200 for status, _ in before.values()), {place: status for place, (status, _) in before.items()}
socket = probation.wire.sock
# What is refused before its body was read ends the line: another is open for that.
posts = demo.fresh("london-probation")
assert posts.ask("/api/v1/inbox")[0] == 200

# A suspended agency reads nothing and sends nothing, on the connection that it has; restored, it reads again.
demo.run("agency", "suspend", "london-probation")
refused(readings(probation, note, spoc))
assert probation.wire.sock is socket, "the connection was not the open one"
assert posts.wire.sock
sends_nothing(posts.ask)
sends_nothing(demo.fresh("london-probation").ask)
status, sent = demo["met-police"].json("/api/v1/exchanges", demo.submission())
assert status == 422 and sent["errors"][0]["pointer"] == "/recipients/0", sent
demo.run("agency", "restore", "london-probation")
assert readings(probation, note, spoc)[note + "/documents/1", None] == (200, b"Seen at the school gate.")
assert probation.wire.sock is socket, "the connection was not the open one"

# A suspended person reads nothing on the agency's open connection, which without that name goes on.
demo.run("user", "suspend", spoc)
answers = readings(probation, note, spoc)
refused({place: answer for place, answer in answers.items() if place[1]})
assert answers[note + "/documents/1", None][0] == 200
demo.run("user", "restore", spoc)
assert all(status == 200 for status, _ in readings(probation, note, spoc).values())

# A new key reads what the old one had, byte for byte.
big = b"%PDF-1.7\n" + bytes(range(256)) * 8192
status, sent, _ = demo["met-police"].ask("/api/v1/exchanges", multipart(demo.submission(
    items=[{"title": "plan.pdf", "category": "RISK", "document": "plan"}]), plan=("application/pdf", big)))
assert status == 201
plan = "/api/v1/exchanges/" + json.loads(sent)["id"] + "/documents/1"
assert probation.ask(plan)[:2] == (200, big)
keys = demo.run("key", "list", "--agency", "london-probation")
demo.run("key", "rotate", "london-probation")
assert demo.run("key", "list", "--agency", "london-probation") != keys
assert probation.ask(plan)[:2] == (200, big)
assert probation.ask(note + "/documents/1")[:2] == (200, b"Seen at the school gate.")
assert demo.fresh("london-probation").ask(post() + "/documents/1")[:2] == (200, b"Seen at the school gate.")


class Http2:
    """A connection by HTTP/2, in node."""

    def __init__(self, agency):
        who = demo.agencies[agency]
        words = ["node", pathlib.Path(__file__).parent / "http2_line.mjs", demo.state["api"], demo.state["ca"], who["api_cert"], who["api_key"]]
        self.node = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, path, body=None):
        print(path if body is None else f"{path} {json.dumps(body)}", file=self.node.stdin, flush=True)
        return json.loads(self.node.stdout.readline())


# A revoked certificate fails at the next request of its open connection, and in a new one; another of the agency's does not.
housing = demo.fresh("southwark-housing")
by = demo.user("southwark-housing", "spoc")
assert housing.ask(housed + "/documents/1")[:2] == (200, b"Seen at the school gate.")
socket, streams = housing.wire.sock, Http2("southwark-housing")
assert streams.ask(housed + "/documents/1") == [200, "Seen at the school gate."]
demo.run("key", "revoke", "--certificate", demo.agencies["southwark-housing"]["api_cert"])
answers = readings(housing, housed, by)
refused(answers)
assert {status for status, _ in answers.values()} == {401}, answers
assert housing.wire.sock is socket, "the connection was not the open one"
sends_nothing(housing.ask)
refused(readings(demo.fresh("southwark-housing"), housed, by))
# Nor by another stream of an open connection by HTTP/2: node opens no second by itself.
assert streams.ask(housed + "/documents/1")[0] == 401
sends_nothing(streams.ask)
streams.node.stdin.close()
assert streams.node.wait(30) == 0

assert '"revoked"' in demo.run("key", "list", "--agency", "southwark-housing", "--json")
demo.run("ledger", "verify", "--key", demo.key)

"""What is revoked or suspended can do nothing from that moment, on connections that are open already; what is restored can."""
import json
from demo import multipart, peer

demo = peer()
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


before = readings(probation, note, spoc)
assert all(status == 200 for status, _ in before.values()), {place: status for place, (status, _) in before.items()}
socket = probation.wire.sock

# A suspended agency reads nothing and sends nothing, on the connection that it has; restored, it reads again.
demo.run("agency", "suspend", "london-probation")
refused(readings(probation, note, spoc))
assert probation.wire.sock is socket, "the connection was not the open one"
status, problem = demo.fresh("london-probation").json("/api/v1/exchanges", demo.submission(recipients=["met-police"]))
assert status in (401, 403), problem
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

# A revoked certificate fails at the next request of its open connection, and in a new one; another of the agency's does not.
housing = demo.fresh("southwark-housing")
by = demo.user("southwark-housing", "spoc")
assert housing.ask(housed + "/documents/1")[:2] == (200, b"Seen at the school gate.")
socket = housing.wire.sock
demo.run("key", "revoke", "--certificate", demo.agencies["southwark-housing"]["api_cert"])
answers = readings(housing, housed, by)
refused(answers)
assert {status for status, _ in answers.values()} == {401}, answers
assert housing.wire.sock is socket, "the connection was not the open one"
refused(readings(demo.fresh("southwark-housing"), housed, by))

assert '"revoked"' in demo.run("key", "list", "--agency", "southwark-housing", "--json")
demo.run("ledger", "verify", "--key", demo.key)

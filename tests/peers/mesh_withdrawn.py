"""Requests that are withdrawn or passed on, by NHS MESH: the trust's system is told, once, where it has the request or may have it; what was not written yet is not sent at all.

usage: mesh_withdrawn.py EMPTY_FOLDER GATEWAY_BINARY
"""

import json, sys
from mesh_asks import ASKS, TRUST, UNIT, Asks, validates
from mesh_end import BASE, OTHERS, Trust, answer, bundle, resources
from postfix import until

asks = Asks(*sys.argv[1:3])
demo, trust, wire, person = asks.demo, asks.trust, asks.wire, asks.people[0]
ACUTE = "guys-acute"


def quiet(*mailboxes):
    """Nothing more comes to them in some rounds of the gateway."""
    begun = len(wire.seen)
    until(lambda: len(wire.seen) > begun + 4, "some rounds of the mailbox", 30)
    assert [mailbox.waiting() for mailbox in mailboxes] == [0] * len(mailboxes)


def out(*said):
    return lambda method, path: said if method == "POST" and "/outbox" in path else None


def told(request):
    """The trust's system is told that a request was withdrawn, and of nobody."""
    message, said = trust.receive(1)[0]
    assert message["workflow_id"] == "TEST_WORKFLOW" and not message["subject"], message
    validates(said)
    (task,) = resources(said, "Task")
    assert task["status"] == "cancelled", task
    assert {"value": request, "system": f"{BASE}/Id/health-request"} in task["identifier"], task["identifier"]
    assert resources(said, "CommunicationRequest")[0]["status"] == "revoked", said
    for private in (person["name"], person["nhs_number"], person["date_of_birth"], "Appointments"):
        assert private not in json.dumps(said), private
    return said["entry"][0]["resource"]


def states(request):
    sql = "select m.kind, m.state from mesh_out m join delivery d on d.id = coalesce(m.delivery, m.withdraws) where d.exchange = '%s' order by m.id"
    return asks.rows(sql % request)


# Withdrawn after it went out: another message about the same request, followed as any.
request = asks.ask()
message, asked = trust.receive(1)[0]
asks.comes_to(request, "delivered")
asks.withdraw(request)
header = told(request)
assert header["id"] != asked["entry"][0]["resource"]["id"], "it is another message"
until(lambda: states(request) == [("delivery", "delivered"), ("withdrawal", "delivered")], lambda: states(request), 30)
trust.send(bundle("message-outcome", {"response": {"identifier": header["id"], "code": "ok"}}), workflow="TEST_WORKFLOW_ACK")
quiet(trust)
assert asks.apart() == {}, "the trust's word on it is known"
for agency in (TRUST, ASKS):
    status, found, _ = demo[agency].ask(f"/fhir/R4/Task?status=cancelled&_id={request}")
    assert status == 200 and json.loads(found)["total"] == 1, found
    assert json.loads(found)["entry"][0]["resource"]["status"] == "cancelled"
trust.send(answer(request, TRUST, {"engagement": ("HEALTH_RISK", "Missed three")}))
assert any("withdrawn" in said for said in asks.word(ok=False)[1])

# Withdrawn while MESH is away: whether MESH has the request is not known, so the trust is told.
wire.fault = out("lost")
seen = len(wire.seen)
request = asks.ask()
until(lambda: any(said for _, path, said in wire.seen[seen:] if "outbox" in path), "the fault", 30)
asks.withdraw(request)
wire.fault = None
demo.advance("PT10M")
until(lambda: states(request)[-1:] == [("withdrawal", "sent")], lambda: states(request), 30)
got = [resources(said, "Task")[0]["status"] for _, said in trust.receive(trust.waiting())]
assert got in (["requested", "cancelled"], ["cancelled"]), got
quiet(trust)

# What cannot be told is told to whoever asked.
request = asks.ask()
trust.receive(1)
asks.comes_to(request, "delivered")
seen = set(demo.sent())
wire.fault = out("answer", 417, '{"detail": [{"event": "SEND", "code": "12", "msg": "Unregistered to address"}]}')
asks.withdraw(request)
head, _ = demo.wait(lambda head: head["Subject"].startswith("A health body could not be told:"), seen, what="a mail that it could not be told")
wire.fault = None
assert states(request)[-1] == ("withdrawal", "failed"), states(request)

# Not written yet, and withdrawn: nothing is sent. (A body whose mailbox is not known yet waits for it.)
demo.run("agency", "change", ACUTE, "--route", "health-request=mesh")
request = asks.ask(whom=ACUTE)
asks.comes_to(request, "waiting", recipient=ACUTE)
passed = asks.ask(whom=ACUTE)
asks.comes_to(passed, "waiting", recipient=ACUTE)
asks.withdraw(request)

# Not written yet, and passed on: it is called back from that body, and the next one is asked.
said = {"answer": {"outcome": "redirected", "redirected_to": TRUST, "answered_by": "The single point of contact"}}
status, answered = demo[ACUTE].json(f"/api/v1/health-requests/{passed}/response", {"answers": said}, demo.user(ACUTE, "spoc"))
assert status == 201, answered
assert asks.delivery(passed, recipient=ACUTE)["state"] == "recalled", asks.delivery(passed, recipient=ACUTE)
assert resources(trust.receive(1)[0][1], "Task")[0]["status"] == "requested"
demo.run("agency", "change", ACUTE, "--mesh-mailbox", OTHERS)
acute = Trust(asks.sandbox, asks.folder, OTHERS)
quiet(acute, trust)
assert states(request) == [] and [state for _, state in states(passed)][:1] in ([], ["delivered"]), (states(request), states(passed))
timeline = demo[UNIT].all(f"/api/v1/nominals/{person['ref']}/events", "events", person=demo.user(UNIT, "coordinator"))
assert any(one["kind"] == "delivery-moved" and one["exchange"] == passed and ACUTE in one["to"] for one in timeline)
# It comes back to the first, which has it then.
said["answer"]["redirected_to"] = ACUTE
status, answered = demo[TRUST].json(f"/api/v1/health-requests/{passed}/response", {"answers": said}, demo.user(TRUST, "spoc"))
assert status == 201, answered
task = resources(acute.receive(1)[0][1], "Task")[0]
assert {"value": passed, "system": f"{BASE}/Id/health-request"} in task["identifier"], task

demo.run("ledger", "verify", "--key", demo.key)
print("what is withdrawn is told")

"""Health information requests by NHS MESH, from end to end: the gateway's real binary, the NHS's own sandbox, the trust played by the NHS's own client; and what goes wrong on the way.

usage: mesh.py EMPTY_FOLDER GATEWAY_BINARY
"""

import base64, copy, json, re, sys, time
from clear import look
from demo import ODD, database, settle
from mail import pdf, text_of
from mesh_asks import ASKS, TRUST, Asks, validates
from mesh_end import BASE, OTHERS, Trust, answer, bundle, resources
from pages import Browser
from postfix import until

FOLDER, BINARY = sys.argv[1:3]
REPORT = pdf(b"a report that is no report")
SAID = {"engagement": ("HEALTH_RISK", "Missed three"), "medication": ("HEALTH_RISK", "Not collected for six weeks")}

asks = Asks(FOLDER, BINARY)
sandbox, wire, gateway, trust, demo, officer, people = asks.sandbox, asks.wire, asks.gateway, asks.trust, asks.demo, asks.officer, asks.people
ask, delivery, comes_to, view, is_kept, rows, word = asks.ask, asks.delivery, asks.comes_to, asks.view, asks.is_kept, asks.rows, asks.word
person = people[0]

# Asked: in the trust's mailbox within moments, with nothing on the outside that says about whom; sent, and not
# delivered until the trust has taken it.
request = ask()
until(lambda: trust.waiting() == 1, "the request in the trust's mailbox", 20)
assert comes_to(request, "sent")["channel"] == "mesh"
message, asked = trust.receive(1)[0]
assert message["workflow_id"] == "TEST_WORKFLOW" and not message["subject"], message
assert message["file_name"] == f"{message['message_id']}.dat", message
assert re.fullmatch(r"[0-9a-f-]{36}", message["local_id"]), message
validates(asked)
task = resources(asked, "Task")[0]
assert asked["entry"][0]["resource"]["resourceType"] == "MessageHeader" and task["status"] == "requested", task
assert {"value": request, "system": f"{BASE}/Id/health-request"} in task["identifier"], task["identifier"]
assert person["nhs_number"] in json.dumps(resources(asked, "Patient")), "whom it is about is in the content"
comes_to(request, "delivered")

# Answered, with a document; the trust is told; whoever asked reads it, and the request is closed.
document = ("Report.pdf", "application/pdf", base64.b64encode(REPORT).decode(), "HEALTH_RISK")
told = answer(request, TRUST, SAID, document=document)
trust.send(told)
response, _ = word(ok=True)
assert response["identifier"] == told["entry"][0]["resource"]["id"], response
closed = view(request)
assert (closed["state"], closed["outcome"]) == ("completed", "full"), closed
mine = demo.exchange(ASKS, closed["answer"])
files = [item for item in mine["items"] if item["media_type"] == "application/pdf"]
assert len(files) == 1, mine["items"]
got = demo[ASKS].ask(f"/api/v1/exchanges/{closed['answer']}/documents/{files[0]['n']}", person=demo.user(ASKS, "spoc"))
assert got[0] == 200 and got[1] == REPORT, got[0]
assert demo[TRUST].ask(f"/api/v1/exchanges/{closed['answer']}/receipt")[0] == 200

# A document that is not what it is called waits for a person; what was said with it goes on.
lied = ask()
trust.receive(1)
program = base64.b64encode(b"MZ\x90\0" + bytes(range(256)) * 40).decode()
trust.send(answer(lied, TRUST, SAID, document=("Report.pdf", "application/pdf", program, "HEALTH_RISK")))
word(ok=True)
sent = demo.exchange(TRUST, view(lied)["answer"])
(n,) = [item["n"] for item in sent["items"] if item["media_type"] == "application/pdf"]
assert {cell["outcome"] for cell in sent["decisions"] if cell["item"] == n} == {"hold"}, sent["decisions"]
assert {cell["outcome"] for cell in sent["decisions"] if cell["item"] != n} == {"permit"}, sent["decisions"]
got = {item["n"]: demo[ASKS].ask(f"/api/v1/exchanges/{sent['id']}/documents/{item['n']}", person=demo.user(ASKS, "spoc")) for item in sent["items"]}
assert got[n][0] == 404 and {status for place, (status, _, _) in got.items() if place != n} == {200}, {place: status for place, (status, _, _) in got.items()}
assert any(SAID["engagement"][1].encode() in content for _, content, _ in got.values())
held = [one for one in demo["london-coordination"].all("/api/v1/holds", "holds", demo.user("london-coordination", "coordinator")) if one["exchange"] == sent["id"]]
assert held and all("is called a PDF but its content is a Windows program" in one["item"]["notes"] for one in held), held

# The same answer in another message is the same answer; with other words under its id it is none.
before = demo.exchanges(TRUST)
trust.send(told)
word(ok=True)
assert demo.exchanges(TRUST) == before, "an answer came twice"
forged = copy.deepcopy(told)
resources(forged, "Communication")[0]["payload"][0]["contentString"] = "Something else"
trust.send(forged)
assert word(ok=False)[1]
is_kept("mesh-answer-refused")

# What cannot be taken is kept apart, and the trust told what to put right.
second = ask()
trust.receive(1)
foreign = answer(second, TRUST, SAID)
resources(foreign, "Communication")[0]["sender"] = {"reference": "https://elsewhere.example/Organization/1"}
trust.send(foreign)
assert any("fetched" in said or "elsewhere" in said for said in word(ok=False)[1])
is_kept("mesh-not-understood")
trust.send(b"\x00no FHIR at all")
word(ok=False)
is_kept("mesh-not-understood", 2)
asks.withdraw(second)
assert resources(trust.receive(1)[0][1], "Task")[0]["status"] == "cancelled"
trust.send(answer(second, TRUST, SAID))
assert any("withdrawn" in said for said in word(ok=False)[1])
is_kept("mesh-answer-refused", 2)
third = ask(people[-1])
trust.receive(1)
stranger = Trust(sandbox, FOLDER, OTHERS)
stranger.send(answer(third, TRUST, SAID))
is_kept("mesh-mailbox-unknown")
demo.run("agency", "change", "guys-acute", "--mesh-mailbox", OTHERS)
stranger.send(answer(third, "guys-acute", SAID))
is_kept("mesh-answer-refused", 3)
assert stranger.receive(1)[0][1]["entry"][0]["resource"]["response"]["code"] == "fatal-error"
trust.send(answer(third, TRUST, SAID), workflow="OTHER_WORKFLOW")
is_kept("mesh-workflow-unknown")


def counts():
    return [rows(f"select count(*) from {table}")[0][0] for table in ("exchange", "item", "delivery", "hold", "health_step", "quarantine")]


def kept_alone(before):
    """Nothing is recorded but what is kept apart."""
    assert counts() == [*before[:-1], before[-1] + 1], (before, counts())


# What a suspended trust sends is kept apart as its own, counted and seen; it is told nothing.
demo.run("agency", "suspend", TRUST)
before, out = counts(), rows("select count(*) from mesh_out")
trust.send(answer(third, TRUST, SAID))
is_kept("sender-suspended")
kept_alone(before)
assert rows("select count(*) from mesh_out") == out, "it is told something"
assert demo.apart()[-1][0] == "sender-suspended" and rows("select agency from quarantine order by id")[-1] == (TRUST,), demo.apart()[-1]
coordinator = Browser(demo).sign_in("london-coordination", "coordinator")
coordinator.post("/coordination/reason", {**coordinator.get("/quarantine").hidden, "reason": "the morning round"})
page = coordinator.get("/quarantine")
assert "Its sender is suspended" in page.words and f"mailbox {trust.mailbox}" in page.words, page.words
demo.run("agency", "restore", TRUST)

# Characters that hide or end something: refused in each place that takes words, and its sender told which.
PLACES = ("1].resource.reasonCode[0].text", "1].resource.payload[0].contentString", "3].resource.practitioner.display", "4].resource.content[0].attachment.title")
for number, (what, mark) in enumerate(ODD.items()):
    odd, before = f"Quentin{mark}Marchbanks", counts()
    told = answer(third, TRUST, {"engagement": ("HEALTH_RISK", odd)}, document=(odd, "application/pdf", base64.b64encode(REPORT).decode(), "HEALTH_RISK"),
                  reasonCode=[{"coding": [{"system": f"{BASE}/CodeSystem/release-basis", "code": "public_interest"}], "text": odd}])
    resources(told, "PractitionerRole")[0]["practitioner"]["display"] = odd
    trust.send(told)
    _, reply = trust.receive(1)[0]
    validates(reply)
    said = {tuple(issue["expression"]): issue["diagnostics"] for one in resources(reply, "OperationOutcome") for issue in one["issue"]}
    assert set(said) == {(f"Bundle.entry[{place}",) for place in PLACES} and all("leave" in one for one in said.values()), (what, said)
    assert "Quentin" not in json.dumps(reply), (what, reply)
    is_kept("mesh-not-understood", 3 + number)
    kept_alone(before)
assert view(third)["answer"] is None and view(third)["state"] != "completed"

# A refusal is an answer.
refusal = answer(third, TRUST, {}, kind="refused", reasonCode=None, extension=None,
                 statusReason={"coding": [{"system": f"{BASE}/CodeSystem/refusal-reason", "code": "third_party_confidence"}], "text": "told in confidence"})  # fmt: skip
del resources(refusal, "Communication")[0]["payload"]
trust.send(refusal)
word(ok=True)
assert (view(third)["state"], view(third)["reason"]) == ("rejected", "third_party_confidence"), view(third)

# Anything else that is for the trust goes the same way; its system's word is the delivery's.
status, shared = demo[ASKS].json("/api/v1/exchanges", demo.submission(about=demo.nominals.index(person), recipients=(TRUST,)), officer)
assert status == 201 and shared["state"] == "released", shared
message, note = trust.receive(1)[0]
validates(note)
assert resources(note, "Communication")[0]["payload"][0]["contentString"] == "Seen at the school gate.", note
header = note["entry"][0]["resource"]
comes_to(shared["id"], "delivered")
trust.send(bundle("message-outcome", {"response": {"identifier": header["id"], "code": "ok"}}), workflow="TEST_WORKFLOW_ACK")
comes_to(shared["id"], "acknowledged")
trust.send(bundle("message-outcome", {"response": {"identifier": "00000000-0000-8000-8000-000000000000", "code": "ok"}}), workflow="TEST_WORKFLOW_ACK")
is_kept("mesh-reply-to-nothing")

# What is for one person goes to no mailbox of a whole trust.
named = demo.submission(about=demo.nominals.index(person), recipients=({"agency": TRUST, "person": demo.user(TRUST, "clinician")},))
status, shared = demo[ASKS].json("/api/v1/exchanges", named, officer)
assert status == 201 and delivery(shared["id"])["channel"] == "portal", delivery(shared["id"])
# And a kind of exchange may go its own way.
demo.run("agency", "change", TRUST, "--route", "exchange=api")
status, shared = demo[ASKS].json("/api/v1/exchanges", demo.submission(about=demo.nominals.index(person), recipients=(TRUST,)), officer)
assert delivery(shared["id"])["channel"] == "api", delivery(shared["id"])
assert trust.waiting() == 0


# MESH away, slow, refusing, breaking off: kept and sent once. The gateway's own time stands still until it is moved.
def survives(fault, what, kill=False, suspended=False):
    global demo
    seen = len(wire.seen)
    wire.fault = fault
    request = ask()
    until(lambda: any(said for _, path, said in wire.seen[seen:] if "outbox" in path), f"the fault: {what}", 30)
    time.sleep(1)
    assert delivery(request)["state"] in ("queued", "waiting"), (what, delivery(request))
    if kill:
        gateway.kill()
        demo = asks.demo = gateway.start()
    wire.fault = None
    if suspended:
        demo.run("agency", "suspend", TRUST)
        seen = len(wire.seen)
        demo.advance("PT10M")
        time.sleep(3)
        assert not [path for _, path, _ in wire.seen[seen:] if "outbox" in path] and trust.waiting() == 0, f"{what}: sent all the same"
        demo.run("agency", "restore", TRUST)
    demo.advance("PT10M")
    comes_to(request, "sent")
    trust.receive(1)
    comes_to(request, "delivered")
    assert trust.waiting() == 0, f"{what}: it was sent twice"


def out(*said):
    return lambda method, path: said if method == "POST" and "/outbox" in path else None


survives(out("cut"), "no answer and nothing taken")
survives(out("lost"), "taken, and the answer lost")
survives(out("lost"), "taken, the answer lost, and the gateway killed", kill=True)
survives(out("answer", 503, "{}"), "503")
survives(out("answer", 403, '{"detail": [{"event": "SEND", "code": "02", "msg": "Authentication failed"}]}'), "403")
survives(lambda *_: ("cut",), "MESH is away")
survives(out("answer", 503, "{}"), "the trust suspended since it was written", suspended=True)
sandbox.stop()
request = ask()
time.sleep(2)
assert delivery(request)["state"] in ("queued", "waiting")
sandbox.start()
demo.advance("PT10M")
comes_to(request, "sent")
trust.receive(1)
comes_to(request, "delivered")
wire.fault = lambda method, path: ("wait", 3) if "outbox" in path else None
request = ask()
comes_to(request, "sent")
wire.fault = None
trust.receive(1)

# Refused for good: failed, told, and still in the trust's inbox.
seen = set(demo.sent())
wire.fault = out("answer", 417, '{"detail": [{"event": "SEND", "code": "12", "msg": "Unregistered to address"}]}')
request = ask()
comes_to(request, "failed")
wire.fault = None
_, raw = demo.wait(lambda head: "Not delivered" in head["Subject"], seen, what="a mail that it failed")
assert "by NHS MESH" in (said := text_of(demo.opened(raw)[0])) and "mailbox is not there" in said, said
assert any(one["exchange"] == request for one in demo[TRUST].all("/api/v1/inbox?", "deliveries", demo.user(TRUST, "spoc")))

# Not collected: MESH's own report.
request = ask()
comes_to(request, "sent")
((local,),) = rows(f"select local_id from mesh_out where delivery in (select id from delivery where exchange = '{request}')")
sandbox.administer("report", {"mailbox_id": "X26ABC1", "code": "14", "description": "not collected", "workflow_id": "TEST_WORKFLOW", "local_id": local, "status": "undeliverable"})
comes_to(request, "failed")

# A message whose last part cannot be had is not acknowledged, and comes once MESH gives it.
fourth = ask(people[-1])
trust.receive(2)  # the one that was reported is still there
wire.fault = lambda method, path: ("answer", 500, "{}") if method == "GET" and re.search(r"/inbox/[^/]+", path) else None
trust.send(answer(fourth, TRUST, SAID))
time.sleep(4)
assert view(fourth)["answer"] is None
wire.fault = None
word(ok=True)
assert view(fourth)["state"] == "completed"
# The acknowledgement is lost: taken once all the same.
wire.fault = lambda method, path: ("lost",) if method == "PUT" else None
fifth = ask(people[-1])
trust.receive(1)
trust.send(answer(fifth, TRUST, SAID))
word(ok=True)
before = demo.exchanges(TRUST)
time.sleep(4)
wire.fault = None
assert demo.exchanges(TRUST) == before and view(fifth)["state"] == "completed"

demo.run("ledger", "verify", "--key", demo.key)

# With the gateway nothing of what went by MESH lies in clear: not what was sent, what came, or what was kept apart. The sandbox and the trust have
# their own folders; what they hold is theirs.
needles = {words for _, words in SAID.values()} | {"a report that is no report", asks.example["answers"]["need"]["decision"]}
for one in people:
    needles |= {one["name"], one["nhs_number"], one["pnc_id"], *(part for part in one["name"].split() if part not in ("Test", "Sample", "Fixture"))}
records = database(FOLDER)
settle(records)
theirs = {place.name for place in gateway.folder.iterdir()} - {"records.db", "records.db-wal", "records.db-shm", "keys.db", "keys.db-wal", "keys.db-shm", "blobs", "tmp",
                                                               "stdout.log", "stderr.log", "gateway.toml"}
found = {one for one in look(demo, records, needles, theirs) if one[0] != "ops /openapi.json"}
assert not found, "in clear: " + "\n".join(f"{words!r} in {name}" for name, words in sorted(found))
(gateway.folder / "tmp").mkdir(exist_ok=True)
(gateway.folder / "tmp" / "planted").write_bytes(b"\0" + person["nhs_number"].encode())
assert look(demo, records, needles, theirs) - found, "what lies in clear is not seen"
records.close()

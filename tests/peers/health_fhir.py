"""Health information requests as FHIR R4 over a running demo, from system to system.

usage: health_fhir.py DEMO_DIR GATEWAY_BINARY
"""

import base64, copy, json, pathlib, subprocess, sys, uuid

from fhir_words import BASE, FHIR, asks, concept, detail, organization
from mail import peer

demo = peer()
ASKS, UNIT = "london-probation", "london-coordination"
TRUST = next(agency["id"] for agency in demo.state["agencies"] if agency["kind"] == "mental-health-trust")
person = next(one for one in demo.nominals if one["level"] >= 2 and TRUST in one["partners"] and ASKS in one["partners"] + [one["lead_agency"]])
officer, asker, spoc = demo.user(ASKS, "practitioner"), demo.user(ASKS, "spoc"), demo.user(TRUST, "spoc")
LETTER = b"%PDF-1.7 " + uuid.uuid4().bytes * 40
seen = []


def call(agency, path, resource=None, status=200, who=None, kind=FHIR, raw=None, **headers):
    """What the interface answers; every resource of it is kept to be validated."""
    body = None if resource is None and raw is None else (kind, raw if raw is not None else json.dumps(resource).encode())
    got, answer, heads = demo[agency].ask("/fhir/R4/" + path, body, who, **headers)
    assert got == status, (path, got, answer[:2000])
    assert heads["Content-Type"] == FHIR, (path, heads["Content-Type"])
    found = json.loads(answer)
    seen.append(found)
    if got >= 400:
        assert found["resourceType"] == "OperationOutcome" and found["issue"], found
    return found, heads


def refused(agency, path, resource=None, status=422, **more):
    return call(agency, path, resource, status, **more)[0]["issue"]


def task():
    return asks(person, ASKS, TRUST)


def communication(request, document=LETTER, category="HEALTH_RISK"):
    answers = [{"extension": [
        {"url": f"{BASE}/StructureDefinition/question-id", "valueId": "medication"},
        {"url": f"{BASE}/StructureDefinition/question-code", "valueCode": "medication"},
        {"url": f"{BASE}/StructureDefinition/information-category", "valueCode": "HEALTH_RISK"},
    ], "contentString": "Not collected for six weeks"}]  # fmt: skip
    contained = [
        organization("t", TRUST),
        {"resourceType": "PractitionerRole", "id": "d", "practitioner": {"display": "Dr A. Example"}, "organization": {"reference": "#t"}},
    ]
    if document:
        contained.append({"resourceType": "DocumentReference", "id": "doc", "status": "current", "category": [concept("information-category", category)],
            "content": [{"attachment": {"contentType": "application/pdf", "title": "Letter.pdf", "data": base64.b64encode(document).decode()}}]})  # fmt: skip
        answers.append({"contentReference": {"reference": "#doc"}})
    return {
        "resourceType": "Communication", "status": "completed", "contained": contained, "basedOn": [{"reference": f"Task/{request}"}],
        "extension": [
            {"url": f"{BASE}/StructureDefinition/answered-by", "valueString": "The single point of contact"},
            {"url": f"{BASE}/StructureDefinition/consent-code", "valueCode": "not_sought"},
        ],
        "category": [concept("health-answer-kind", "full")], "sender": {"reference": "#d"},
        "reasonCode": [{**concept("release-basis", "public_interest"), "text": "Serious harm is likely without it"}],
        "payload": answers,
    }  # fmt: skip


def inner(resource, kind):
    return [one for one in resource["contained"] if one["resourceType"] == kind]


def inputs(resource, code):
    found = [one for one in resource["input"] if one["type"]["coding"][0]["code"] == code]
    return [value for one in found for name, value in one.items() if name != "type"]


# What it can do.
statement, _ = call(ASKS, "metadata")
assert statement["fhirVersion"] == "4.0.1" and {one["type"] for one in statement["rest"][0]["resource"]} == {"Task", "Communication"}

# Created by FHIR; the same again is the same; another under the key is a conflict.
made, heads = call(ASKS, "Task", task(), 201, officer, Idempotency_Key="asks-1")
request = made["id"]
assert heads["Location"] == f"/fhir/R4/Task/{request}" and made["status"] == "requested" and heads["Ledger-Checkpoint"], (heads, made)
assert call(ASKS, "Task", task(), 201, officer, Idempotency_Key="asks-1")[0]["id"] == request
other = task()
other["priority"] = "stat"
assert refused(ASKS, "Task", other, 409, who=officer, Idempotency_Key="asks-1")[0]["code"] == "conflict"
first, _ = call(ASKS, "Task", task(), 201, officer, If_None_Exist="identifier=x|1")
again, _ = call(ASKS, "Task", task(), 200, officer, If_None_Exist="identifier=x|1")
assert first["id"] == again["id"] != request

# It is the same request by the other interface.
status, view = demo[TRUST].json(f"/api/v1/health-requests/{request}")
assert status == 200 and (view["agency"], view["holder"], view["state"], view["nominal"]) == (ASKS, TRUST, "requested", person["ref"]), view

# Searched: nothing is opened, and each page leads to the next.
found, _ = call(TRUST, f"Task?status=requested&owner=Organization/{TRUST}&_count=1")
assert found["type"] == "searchset" and found["total"] >= 2 and len([e for e in found["entry"] if e["search"]["mode"] == "match"]) == 1, found
entry = found["entry"][0]["resource"]
assert entry["meta"]["tag"][0]["code"] == "SUBSETTED" and "reasonCode" not in entry and person["name"] not in json.dumps(found), entry
following = next(link["url"] for link in found["link"] if link["relation"] == "next").split("/fhir/R4/")[1]
assert call(TRUST, following)[0]["entry"][0]["resource"]["id"] != entry["id"]
assert demo[TRUST].json(f"/api/v1/health-requests/{request}")[1]["state"] == "requested", "a search opens nothing"
assert call(TRUST, f"Task?_id={request}&status=completed")[0]["total"] == 0
assert refused(TRUST, "Task?patient=1", status=400)[0]["code"] == "not-supported"
lenient, _ = call(TRUST, f"Task?patient=1&_id={request}", Prefer="handling=lenient")
assert lenient["total"] == 1 and lenient["entry"][-1]["search"]["mode"] == "outcome", lenient

# Read by the trust: opened, and so logged.
read, _ = call(TRUST, f"Task/{request}", who=spoc)
assert inner(read, "Patient")[0]["name"][0]["text"] == person["name"] and inner(read, "Patient")[0]["birthDate"] == person["date_of_birth"], read
assert inputs(read, "necessity") == ["Appointments were missed."] and inputs(read, "legal_basis") == ["s325"] and "tag" not in read.get("meta", {}), read
assert call(TRUST, f"Task/{request}", who=spoc)[0]["status"] == "received"
assert demo[ASKS].json(f"/api/v1/health-requests/{request}")[1]["state"] == "received"
assert call(ASKS, f"Task/{request}")[0]["meta"]["tag"][0]["code"] == "SUBSETTED"
assert inputs(call(ASKS, f"Task/{request}", who=officer)[0], "decision") == ["Where the person may live"]

# Not yours and not there are the same bytes.
nobody = demo["southwark-housing"].ask(f"/fhir/R4/Task/{request}")
nothing = demo["southwark-housing"].ask(f"/fhir/R4/Task/{uuid.uuid4()}")
assert nobody[0] == nothing[0] == 404 and nobody[1] == nothing[1] and json.loads(nobody[1])["resourceType"] == "OperationOutcome", nobody

# About somebody who is not found: a draft, which its sender alone reads, with what is missing; completed, it is asked.
lost = task()
del lost["contained"][0]["identifier"]
lost["contained"][0].update(birthDate="1951-05-05", name=[{"text": "Nobody Known"}])
kept, heads = call(ASKS, "Task", lost, 201, officer)
assert heads["Location"] == f"/fhir/R4/Task/{kept['id']}" and kept["status"] == "draft", (heads, kept)
draft, _ = call(ASKS, f"Task/{kept['id']}", who=officer)
assert draft["status"] == "draft" and inner(draft, "CommunicationRequest")[0]["status"] == "draft", draft
assert "whom it is about" in draft["statusReason"]["text"] and f"/api/v1/exchanges/{kept['id']}" in draft["statusReason"]["text"], draft
assert inputs(draft, "necessity") == ["Appointments were missed."] and inner(draft, "Patient")[0]["name"][0]["text"] == "Nobody Known", draft
assert "reasonCode" not in call(ASKS, f"Task/{kept['id']}")[0], "in nobody's name nothing is read"
refused(TRUST, f"Task/{kept['id']}", status=404)
refused("southwark-housing", f"Task/{kept['id']}", status=404)
known = {"identifiers": [{"kind": "PNC", "value": person["pnc_id"]}, {"kind": "DOB", "value": person["date_of_birth"]}]}
status, completed = demo[ASKS].json(f"/api/v1/exchanges/{kept['id']}", {"nominal": known}, officer, "PATCH")
assert status == 200 and completed["state"] == "released", completed
assert call(ASKS, f"Task/{kept['id']}", who=officer)[0]["status"] == "requested"
# A level that is not the record's is for its sender to confirm.
level = task()
level["input"][1]["valuePositiveInt"] = 3
doubtful, _ = call(ASKS, "Task", level, 201, officer)
assert doubtful["status"] == "draft" and "level" in doubtful["statusReason"]["text"], doubtful

# What is wrong is told in words, and nothing is recorded.
foreign = task()
foreign["for"] = {"reference": "https://other.example/fhir/Patient/1"}
assert refused(ASKS, "Task", foreign, who=officer)[0]["expression"] == ["Task.for.reference"]
unknown = task()
unknown["input"][6]["valueCode"] = "gossip"
assert refused(ASKS, "Task", unknown, who=officer)[0]["code"] == "code-invalid"
named = task()
named["contained"][1] = organization("a", "met-police")
assert refused(ASKS, "Task", named, who=officer)[0]["expression"] == ["Task.requester"]
unsaid = task()
unsaid["priority"] = "asap"
assert "stat" in refused(ASKS, "Task", unsaid, who=officer)[0]["diagnostics"]
assert refused(ASKS, "Task", task(), 415, kind="text/plain")[0]["code"] == "not-supported"
assert refused(ASKS, "Task", raw=b"{no json", status=400)[0]["code"] == "structure"
assert refused(ASKS, "Task", communication(request))[0]["expression"] == ["resourceType"]
refused(ASKS, "metadata", status=406, Accept="application/fhir+xml")
refused(ASKS, "Patient", status=404)
refused("southwark-housing", "Task", task(), who=None)
wrong = communication(request)
wrong["subject"] = {"type": "Patient", "identifier": {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": next(one["nhs_number"] for one in demo.nominals if one.get("nhs_number", person["nhs_number"]) != person["nhs_number"])}}
assert refused(TRUST, "Communication", wrong, who=spoc)[0]["expression"] == ["Communication.subject.identifier"]
linked = communication(request)
linked["contained"][2]["content"][0]["attachment"] = {"contentType": "application/pdf", "title": "Letter.pdf", "url": "https://other.example/letter.pdf"}
assert "nothing is fetched" in refused(TRUST, "Communication", linked, who=spoc)[0]["diagnostics"]
theirs = communication(request)
theirs["contained"][0] = organization("t", "kent-mental-health")
assert refused(TRUST, "Communication", theirs, who=spoc)[0]["expression"] == ["Communication.sender"]
assert refused(TRUST, "Communication", communication(uuid.uuid4().__str__().replace("-4", "-7", 1)), who=spoc)[0]["code"] in ("value", "not-found")
assert demo[TRUST].json(f"/api/v1/health-requests/{request}")[1]["answer"] is None

# Much base64 streams: refused or taken, memory stays flat.
pid = (demo.folder / "pid").read_text().strip()


def memory(what):
    line = next(line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


large = communication(first["id"], b"%PDF-1.7 " + bytes(45 << 20))
before, peak = memory("VmRSS"), memory("VmHWM")
call(TRUST, "Communication", large, 201, spoc)
assert memory("VmHWM") < max(peak, before + 40), (before, peak, memory("VmHWM"))

# Answered with a document, and read by whoever asked, its document with it.
sent, heads = call(TRUST, "Communication", {**communication(request), "subject": {"type": "Patient", "identifier": {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": person["nhs_number"]}}}, 201, spoc, Idempotency_Key="answers-1")
answer = sent["id"]
assert heads["Location"] == f"/fhir/R4/Communication/{answer}" and "data" not in json.dumps(sent["contained"]), sent
assert call(TRUST, "Communication", {**communication(request), "subject": wrong["subject"] and {"type": "Patient", "identifier": {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": person["nhs_number"]}}}, 201, spoc, Idempotency_Key="answers-1")[0]["id"] == answer
assert refused(TRUST, "Communication", communication(request), who=spoc)[0]["expression"] == ["Communication.basedOn"]
closed, _ = call(ASKS, f"Task/{request}", who=officer)
assert closed["status"] == "completed" and closed["output"][0]["valueReference"]["reference"] == f"Communication/{answer}", closed
listed, _ = call(ASKS, f"Communication?based-on=Task/{request}&status=completed")
assert listed["total"] == 1 and listed["entry"][0]["resource"]["id"] == answer and "Not collected" not in json.dumps(listed), listed
got, _ = call(ASKS, f"Communication/{answer}", who=asker)
words = [one["contentString"] for one in got["payload"] if "contentString" in one]
assert words == ["Not collected for six weeks"] and got["basedOn"][0]["identifier"]["value"] == request, got
attachment = inner(got, "DocumentReference")[0]["content"][0]["attachment"]
assert base64.b64decode(attachment["data"]) == LETTER and attachment["size"] == len(LETTER) and attachment["title"] == "Letter.pdf", attachment
assert got["meta"]["security"][0]["code"] == "R" and got["sender"]["reference"] == "#clinician", got
view = demo.exchange(ASKS, answer)
assert LETTER in demo.documents(ASKS, view, "spoc"), "the same by the other interface"
assert demo["southwark-housing"].ask(f"/fhir/R4/Communication/{answer}")[0] == 404

# The other way round: asked and answered by JSON with a document, read as FHIR.
given = {
    "requester": {"name": "S. Officer", "role": "Offender manager", "phone": "01632 960001"},
    "subject": {"address": "1 Sample Street, Anytown"}, "mappa": {"category": "1", "level": "2", "lead_agency": person["lead_agency"]},
    "need": {"to_whom": ["A former partner: assault"], "why_now": "Appointments were missed.", "serves": "manage", "decision": "Where", "bases": ["s325"]},
    "questions": {"asked": ["engagement"]}, "consent": {"sought": "refused"},
    "handling": {"urgency": "standard", "readers": ["The meeting"], "retention": "Ever", "may_tell": "yes"},
}  # fmt: skip
status, asked = demo[ASKS].json("/api/v1/health-requests", {"nominal": {"ref": person["ref"]}, "answers": given}, officer)
assert status == 201, asked
theirs, _ = call(TRUST, f"Task/{asked['id']}", who=spoc)
assert inputs(theirs, "decision") == ["Where"] and inputs(theirs, "consent") == ["refused"] and inner(theirs, "CommunicationRequest")[0]["payload"][0]["extension"][1]["valueCode"] == "engagement", theirs
boundary = uuid.uuid4().hex
form = {"documents": [{"title": "Note.txt", "category": "HEALTH_RISK", "document": "note"}], "answers": {
    "answer": {"outcome": "partial", "reason": "third_party_confidence", "reason_words": "Another's", "answered_by": "The single point of contact"},
    "basis": {"clinician": "Dr A. Example", "consent": "given"}, "risk": {"engagement": "Missed three"},
}}  # fmt: skip
NOTE = b"a note of some length about how it went that week"
multipart = b"".join([
    f'--{boundary}\r\nContent-Disposition: form-data; name="form"\r\nContent-Type: application/json\r\n\r\n{json.dumps(form)}\r\n'.encode(),
    f'--{boundary}\r\nContent-Disposition: form-data; name="note"; filename="n.txt"\r\nContent-Type: text/plain\r\n\r\n'.encode(), NOTE, f"\r\n--{boundary}--\r\n".encode(),
])  # fmt: skip
status, said = demo[TRUST].json(f"/api/v1/health-requests/{asked['id']}/response", (f"multipart/form-data; boundary={boundary}", multipart), spoc)
assert status == 201, said
got, _ = call(ASKS, f"Communication/{said['id']}", who=asker)
assert got["statusReason"]["coding"][0]["code"] == "third_party_confidence" and got["category"][0]["coding"][0]["code"] == "partial", got
assert base64.b64decode(inner(got, "DocumentReference")[0]["content"][0]["attachment"]["data"]) == NOTE
assert call(ASKS, f"Task/{asked['id']}", who=officer)[0]["status"] == "completed"

# A document that is not what it is called waits for a person; what was said with it does not.
also, _ = call(ASKS, "Task", task(), 201, officer)
lies, _ = call(TRUST, "Communication", communication(also["id"], b"MZ\x90\0" + bytes(range(256)) * 40), 201, spoc)
cells = demo.exchange(TRUST, lies["id"])["decisions"]
assert {cell["outcome"] for cell in cells if cell["item"] == max(one["item"] for one in cells)} == {"hold"}, cells
assert "permit" in {cell["outcome"] for cell in cells}, cells

# What was called back is made in error, and says nothing more.
status, _ = demo[TRUST].json(f"/api/v1/health-requests/{asked['id']}/wrong-patient", {"reasons": "another of that name"}, spoc, "POST")
assert status == 200
back, _ = call(ASKS, f"Communication/{said['id']}", who=asker)
assert back["status"] == "entered-in-error" and "Missed three" not in json.dumps(back), back

# What was withdrawn is not answered.
gone, _ = call(ASKS, "Task", task(), 201, officer)
status, _ = demo[ASKS].json(f"/api/v1/exchanges/{gone['id']}/withdrawal", {"reasons": "not needed any more"}, officer, "POST")
assert status == 200, status
assert "withdrawn" in refused(TRUST, "Communication", communication(gone["id"]), who=spoc)[0]["diagnostics"]
assert call(ASKS, f"Task/{gone['id']}", who=officer)[0]["status"] == "cancelled"

# Every resource that came is right FHIR.
text = "\n".join(json.dumps(one) for one in seen)
checked = subprocess.run([sys.executable, pathlib.Path(__file__).with_name("fhir_validate.py")], input=text, capture_output=True, text=True)
assert checked.returncode == 0, checked.stderr[-4000:]

demo.run("ledger", "verify", "--key", demo.key)
demo.lives()
print("health requests in FHIR hold,", len(seen), "resources are right")

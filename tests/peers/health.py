"""A health information request over a running demo, from agency to agency by their systems: asked, accepted, given to colleagues, answered, refused, passed on, called back.

usage: health.py DEMO_DIR GATEWAY_BINARY
"""

import copy, json

import jsonschema
from mail import peer, text_of

demo = peer()
ASKS, UNIT = "london-probation", "london-coordination"
TRUST = next(agency["id"] for agency in demo.state["agencies"] if agency["kind"] == "mental-health-trust")
person = next(one for one in demo.nominals if one["level"] >= 2 and TRUST in one["partners"] and ASKS in one["partners"] + [one["lead_agency"]])
officer, spoc = demo.user(ASKS, "practitioner"), demo.user(TRUST, "spoc")
guardian, clinician = demo.user(TRUST, "caldicott"), demo.user(TRUST, "clinician")
coordinator, chair = demo.user(UNIT, "coordinator"), demo.user(UNIT, "chair")
ANSWERS = {
    "requester": {"name": "S. Officer", "role": "Offender manager", "phone": "01632 960001"},
    "subject": {"address": "1 Sample Street, Anytown"},
    "mappa": {"category": "1", "level": "2", "lead_agency": person["lead_agency"]},
    "need": {
        "to_whom": ["A former partner: assault"], "why_now": "Appointments were missed.", "serves": "manage",
        "decision": "Where the person may live", "bases": ["s325", "public_interest"],
    },
    "questions": {"asked": ["engagement", "medication"]},
    "consent": {"sought": "not_sought", "why_not": "danger"},
    "handling": {"urgency": "standard", "readers": ["The meeting"], "retention": "As long as under MAPPA", "may_tell": "yes"},
}  # fmt: skip
FULL = {
    "answer": {"outcome": "full", "answered_by": "The single point of contact"},
    "basis": {"clinician": "Dr A. Example", "consent": "not_sought", "public_interest": "Serious harm is likely without it"},
    "risk": {"engagement": "Missed three", "medication": "Not collected for six weeks"},
}
REFUSED = {"answer": {
    "outcome": "refused", "reason": "third_party_confidence", "reason_words": "It was told in confidence", "answered_by": "The single point of contact",
}}  # fmt: skip


def ask(answers=ANSWERS, status=201, **more):
    got, answer = demo[ASKS].json("/api/v1/health-requests", {"nominal": {"ref": person["ref"]}, "answers": answers, **more}, officer)
    assert got == status, (got, answer)
    return answer


def respond(request, answers, status=201, **more):
    got, answer = demo[TRUST].json(f"/api/v1/health-requests/{request}/response", {"answers": answers, **more}, spoc)
    assert got == status, (got, answer)
    return answer


def view(agency, request):
    status, answer = demo[agency].json(f"/api/v1/health-requests/{request}")
    assert status == 200, answer
    return answer


def act(agency, request, what, who, body=None, status=200):
    got, answer = demo[agency].json(f"/api/v1/health-requests/{request}/{what}", body, who, "POST")
    assert got == status, (what, got, answer)
    return answer


# The schemas, and their examples as they are posted.
schemas = {}
for form in ("health-request", "health-response"):
    status, text, headers = demo[TRUST].ask(f"/schemas/{form}.json")
    assert status == 200 and headers["Content-Type"] == "application/schema+json", (form, status)
    schemas[form] = json.loads(text)
    jsonschema.validate(schemas[form]["examples"][0], schemas[form])
for about in demo.nominals:
    if ASKS not in about["partners"] + [about["lead_agency"]]:
        continue
    for agency in (TRUST, UNIT, "southwark-housing") if TRUST in about["partners"] else (TRUST,):
        words = json.dumps(schemas["health-request"]["examples"][0]).replace("$NOMINAL", about["ref"]).replace("$AGENCY", agency)
        status, asked = demo[ASKS].json("/api/v1/health-requests", json.loads(words))
        assert status == 201 and asked["id"] and asked["nominal"] == about["ref"], (about["ref"], agency, asked)
    words = json.dumps(schemas["health-response"]["examples"][0]).replace("$NOMINAL", about["ref"]).replace("$AGENCY", ASKS)
    status, answer = demo[TRUST].json(f"/api/v1/health-requests/{asked['id']}/response", json.loads(words))
    assert status == 201 and answer["id"], (about["ref"], answer)

# Asked, opened, accepted; each question signed by whoever knows; answered; read by whoever asked.
before = demo[UNIT].json("/api/v1/health-counts", person=coordinator)[1]
asked = ask()
assert asked["state"] == "released", asked
request = asked["id"]
assert view(ASKS, request)["state"] == "requested" and view(ASKS, request)["holder"] == TRUST
own = demo.exchange(TRUST, request)
for item in own["items"]:
    assert demo[TRUST].ask(f"/api/v1/exchanges/{request}/documents/{item['n']}", person=spoc)[0] == 200
assert view(ASKS, request)["state"] == "received"
act(TRUST, request, "accept", spoc)
assert view(UNIT, request)["state"] == "accepted"
given = act(TRUST, request, "questions", spoc, {"question": "medication", "person": clinician})
waiting = demo[TRUST].json("/api/v1/health-questions", person=clinician)[1]["health_questions"]
assert [one["question"] for one in waiting] == ["medication"], waiting
# Whoever it was given to is told by mail, once, and of nobody.
head, raw = demo.wait(lambda head: "A question waits for you" in head["Subject"], what="a mail of the question")
assert clinician in head["To"] and "act by" in head["Subject"], head
part, _ = demo.opened(raw)
words = text_of(part) + head["Subject"]
assert "/health-questions" in words
for private in (person["name"], person["ref"], person["pnc_id"], person["date_of_birth"], "medication", *person["name"].split()):
    assert private not in words, (private, words)
status, signed = demo[TRUST].json(f"/api/v1/health-questions/{waiting[0]['id']}/answer", {"answer": "Not collected for six weeks"}, clinician)
assert status == 200 and signed["signed"], signed
status, gathered = demo[TRUST].json(f"/api/v1/health-requests/{request}/signed-answers", person=spoc)
assert gathered["signed_answers"][0]["answer"] == "Not collected for six weeks", gathered
answer = respond(request, FULL)
assert answer["state"] == "released" and answer["nominal"] == person["ref"], answer
closed = view(ASKS, request)
assert (closed["state"], closed["outcome"], closed["answer"]) == ("completed", "full", answer["id"]), closed
mine = demo.exchange(ASKS, answer["id"])
assert "HEALTH_RISK" in {item["category"] for item in mine["items"]}, mine["items"]
for item in mine["items"]:
    got = demo[ASKS].ask(f"/api/v1/exchanges/{answer['id']}/documents/{item['n']}", person=demo.user(ASKS, "spoc"))
    assert got[0] == 200, (item, got[1])
respond(request, FULL, status=422)

# Called back: nobody reads it any more, and it waits again.
act(TRUST, request, "wrong-patient", spoc, {"reasons": "another patient of that name"})
assert view(ASKS, request)["state"] == "accepted" and view(ASKS, request)["answer"] is None
assert demo[ASKS].ask(f"/api/v1/exchanges/{answer['id']}/documents/1", person=demo.user(ASKS, "spoc"))[0] != 200

# Refused, with a reason and not without; looked at by the guardian and the chair.
silent = copy.deepcopy(REFUSED)
del silent["answer"]["reason"]
assert respond(request, silent, status=422)["errors"][0]["pointer"] == "/answers/answer/reason"
respond(request, REFUSED)
assert view(UNIT, request)["stage"] == "caldicott"
act(UNIT, request, "review", chair, {"stands": True, "reasons": "too early"}, status=404)
act(TRUST, request, "review", spoc, {"stands": True, "reasons": "own work"}, status=403)
act(TRUST, request, "review", guardian, {"stands": True, "reasons": "it is another's secret"})
stands = act(UNIT, request, "review", chair, {"stands": True, "reasons": "noted"})
assert stands["state"] == "rejected" and stands["stage"] is None and [step["kind"] for step in stands["steps"]][-2:] == ["upheld", "noted"], stands

# Not everybody's: to others it is not there.
for agency in ("southwark-housing", "met-police"):
    for path in ("", "/questions"):
        assert demo[agency].ask(f"/api/v1/health-requests/{request}{path}")[0] == 404, (agency, path)
assert demo["southwark-housing"].json("/api/v1/health-requests", {"nominal": {"ref": person["ref"]}, "answers": ANSWERS})[0] == 403

# Counted: with n of N.
after = demo[UNIT].json("/api/v1/health-counts", person=coordinator)[1]
assert after["refused"]["n"] == before["refused"]["n"] + 1 and after["withheld_for_confidentiality"]["n"] == before["withheld_for_confidentiality"]["n"] + 1, (before, after)
assert after["shared"]["of"] == before["shared"]["of"] + 1, (before, after)
assert demo[ASKS].json("/api/v1/health-counts", person=officer)[0] == 404

# A level that is not the record's is for its sender to confirm; left out, it is the record's.
other = copy.deepcopy(ANSWERS)
other["mappa"]["level"] = "2" if person["level"] == 3 else "3"
doubtful = ask(other)
assert (doubtful["state"], doubtful["missing"], doubtful["decisions"]) == ("incomplete", ["/level"], []), doubtful
assert demo[TRUST].ask(f"/api/v1/health-requests/{doubtful['id']}")[0] == 404
status, confirmed = demo[ASKS].json(f"/api/v1/exchanges/{doubtful['id']}", {}, officer, "PATCH")
assert status == 200 and confirmed["state"] == "released", confirmed
del other["mappa"]["level"]
assert ask(other)["state"] == "released"

# The record shows each step.
kinds = [event["kind"] for event in demo[UNIT].all(f"/api/v1/nominals/{person['ref']}/events", "events", person=coordinator)]
for kind in ("health-asked", "health-accepted", "health-answered", "health-wrong-patient", "health-reopened", "health-refused", "health-upheld", "health-closed"):
    assert kind in kinds, (kind, kinds)
# Silence: late on the record, told and mailed to the trust and to the unit's coordinator, about nobody.
late = ask()["id"]
demo.advance("P8D")
for subject, agency in (("An answer is late", TRUST), ("A request is not answered", UNIT)):
    head, raw = demo.wait(lambda head: head["Subject"].startswith(subject + ":"), what=subject)
    part, _ = demo.opened(raw)
    words = text_of(part) + head["Subject"]
    for private in (person["name"], person["ref"], person["pnc_id"], person["date_of_birth"], *person["name"].split()):
        assert private not in words, (private, words)
assert view(ASKS, late)["late"]
assert demo[UNIT].json("/api/v1/health-counts", person=coordinator)[1]["overdue"]["n"] >= 1

told = [name for name, raw in demo.sent().items() if b"A question waits for you" in raw]
assert len(told) == 1, told

demo.run("ledger", "verify", "--key", demo.key)
demo.lives()
print("health requests hold")

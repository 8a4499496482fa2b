"""A hospital flag over a running demo, from agency to agency by their systems: set, answered when the person comes, renewed, ended, lapsed, cleared.

usage: flag.py DEMO_DIR GATEWAY_BINARY
"""

import datetime, json, time

import jsonschema
from mail import peer, text_of

demo = peer()
SETS, UNIT = "london-probation", "london-coordination"
TRUST = next(agency["id"] for agency in demo.state["agencies"] if agency["kind"] == "health")
people = [one for one in demo.nominals if one["level"] >= 2 and SETS in one["partners"] + [one["lead_agency"]]]
person, other = people[0], people[1]
officer, spoc, coordinator = demo.user(SETS, "practitioner"), demo.user(TRUST, "spoc"), demo.user(UNIT, "coordinator")
FLAG = {
    "alert": {"serves": "staff", "text": "May become aggressive when kept waiting"},
    "attending": {"staff_do": "Two members of staff see him"},
    "contact": {"who": "S. Officer, offender manager", "phone": "01632 960001", "hours": "Day and night"},
}


def day(after=0):
    return (demo.now() + datetime.timedelta(days=after)).date().isoformat()


def answers(review, decided=-3, **more):
    return {**FLAG, "decision": {"decided_on": day(decided), "review_on": day(review)}, **more}


def sets(review=90, status=201, about=person, by=SETS, decided=-3, **more):
    given = {"nominal": {"ref": about["ref"]}, "recipients": [TRUST], "answers": answers(review, decided), **more}
    got, answer = demo[by].json("/api/v1/hospital-flags", given, demo.user(by, "practitioner" if by == SETS else "spoc"))
    assert got == status, (got, answer)
    return answer


def came(flag, status=201, by=TRUST, who=None, **more):
    said = {
        "attendance": {"who": "person", "day": day(), "time": "14:30", "place": "Emergency department", "still": "yes"},
        "contact": {"who": "Sister R. Example", "phone": "01632 960003"}, "safety": {"words": "Calm"},
    }  # fmt: skip
    got, answer = demo[by].json(f"/api/v1/hospital-flags/{flag}/attendance", {"answers": said, **more}, who)
    assert got == status, (got, answer)
    return answer


def view(agency, flag, status=200):
    got, answer = demo[agency].json(f"/api/v1/hospital-flags/{flag}")
    assert got == status, answer
    return answer


def act(agency, flag, what, who=None, body=None, status=200):
    got, answer = demo[agency].json(f"/api/v1/hospital-flags/{flag}/{what}", body, who, "POST")
    assert got == status, (what, got, answer)
    return answer


def document(flag, n=1, person=None):
    return demo[TRUST].ask(f"/api/v1/exchanges/{flag}/documents/{n}", person=person or spoc)


def mailed(subject):
    """A notice of this subject that says nothing of anybody."""
    head, raw = demo.wait(lambda head: head["Subject"].startswith(subject + ":"), what=subject)
    part, _ = demo.opened(raw)
    words = text_of(part) + head["Subject"]
    for private in (person["name"], person["ref"], person["pnc_id"], person["date_of_birth"], *person["name"].split()):
        assert private not in words, (private, words)
    return head


# The schemas, and their examples as they are posted.
for form, place in (("hospital-flag", "/api/v1/hospital-flags"), ("hospital-attendance", None)):
    status, text, headers = demo[TRUST].ask(f"/schemas/{form}.json")
    assert status == 200 and headers["Content-Type"] == "application/schema+json", (form, status)
    schema = json.loads(text)
    jsonschema.validate(schema["examples"][0], schema)
    words = json.loads(json.dumps(schema["examples"][0]).replace("$NOMINAL", other["ref"]).replace("$AGENCY", TRUST))
    if place:
        status, example = demo[SETS].json(place, words, officer)
    else:
        status, said = demo[TRUST].json(f"/api/v1/hospital-flags/{example['id']}/attendance", {"answers": words["answers"]}, spoc)
        example = said
    assert status == 201 and example["state"] == "released", example

# Set: two items to the trust and to nobody else; read there, and said to be over at its review.
flag = sets()["id"]
own = demo.exchange(TRUST, flag)
assert {item["category"] for item in own["items"]} == {"IDENT", "RISK"}, own["items"]
assert not [item for item in own["items"] if "OFFENCE" in item["category"]]
for item in own["items"]:
    got = document(flag, item["n"])
    assert got[0] == 200, got[1]
assert view(TRUST, flag)["state"] == "set" and view(UNIT, flag)["review_on"] == day(90)
listed = demo[TRUST].json("/api/v1/hospital-flags")[1]["hospital_flags"]
assert flag in [one["id"] for one in listed], listed
assert demo[TRUST].ask(f"/api/v1/nominals/{person['ref']}", person=spoc)[0] in (403, 404), "the trust has no record"

# In words: a review too far, a meeting to come, another body, another kind of sender.
assert "more than 6 months away" in sets(200, status=422)["errors"][0]["detail"]
assert sets(200, status=422)["errors"][0]["pointer"] == "/answers/decision/review_on"
assert sets(90, status=422, decided=1)["errors"][0]["pointer"] == "/answers/decision/decided_on"
assert sets(status=422, recipients=["southwark-housing"])["errors"][0]["pointer"] == "/recipients/0"
assert sets(status=422, recipients=[TRUST, "southwark-housing"])["errors"][0]["pointer"] == "/recipients"
assert sets(status=422)["errors"][0]["pointer"] == "/after", "one is there"
sets(status=403, by="southwark-housing")
low = next((one for one in demo.nominals if one["level"] == 1 and SETS in one["partners"] + [one["lead_agency"]]), None)
if low:
    assert "level 2 or 3" in sets(status=422, about=low)["errors"][0]["detail"]

# The person came: said by the trust's system, told at once to those who are owed it, and read by them.
said = came(flag)
assert said["state"] == "released" and said["nominal"] == person["ref"], said
owed = {SETS, UNIT, person["lead_agency"]}
assert {cell["recipient"] for cell in said["decisions"]} == owed, said["decisions"]
for cell in said["decisions"]:
    assert "ISP-33" in [rule["rule"] for rule in cell["rules"]], cell
mine = demo.exchange(SETS, said["id"])
for item in mine["items"]:
    assert demo[SETS].ask(f"/api/v1/exchanges/{said['id']}/documents/{item['n']}", person=officer)[0] == 200
notices = demo[SETS].json("/api/v1/notices")[1]["notices"]
assert [one for one in notices if one["kind"] == "flag-attended" and one["exchange"] == flag], notices
assert mailed("A hospital says that somebody came")
came(flag, status=403, by="london-mental-health")
assert [step["exchange"] for step in view(SETS, flag)["steps"]] == [said["id"]]

# Renewed: the earlier one is over, and nothing of it is to be cleared.
second = sets(120, after=flag)["id"]
assert (view(TRUST, flag)["state"], view(TRUST, second)["state"]) == ("renewed", "set")
assert document(flag)[0] != 200 and document(second)[0] == 200
act(TRUST, flag, "cleared", spoc, status=409)

# Ended, by those who may and with reasons; the trust learns that, and not why; cleared.
act(TRUST, second, "end", spoc, {"reasons": "not needed"}, status=403)
act(SETS, second, "end", officer, {"reasons": " "}, status=422)
ended = act(UNIT, second, "end", coordinator, {"reasons": "the meeting decided so"})
assert ended["state"] == "to-clear" and ended["steps"][-1]["reasons"] == "the meeting decided so", ended
assert "decided so" not in json.dumps(view(TRUST, second))
assert document(second)[0] != 200
came(second, status=422)
mailed("A hospital flag is to be cleared")
assert act(TRUST, second, "cleared")["state"] == "cleared" and act(TRUST, second, "cleared")["state"] == "cleared"

# To others it is not there.
for agency in ("southwark-housing", "capital-tagging"):
    view(agency, second, status=404)
    act(agency, second, "cleared", status=404)

# Its review passes: reminded of, over by itself, and not cleared in time.
third = sets(30)["id"]
demo.advance("P20D")
mailed("A hospital flag is to be reviewed")
assert view(TRUST, third)["state"] == "set"
demo.advance("P11D")
for _ in range(100):
    if view(TRUST, third)["state"] == "to-clear":
        break
    time.sleep(0.2)
assert view(SETS, third)["because"] == "lapsed"
assert document(third)[0] != 200
demo.advance("P10D")
mailed("A hospital flag is not cleared")

# The record shows each step.
kinds = [event["kind"] for event in demo[UNIT].all(f"/api/v1/nominals/{person['ref']}/events", "events", person=coordinator)]
for kind in ("flag-set", "flag-attended", "flag-renewed", "flag-ended", "flag-cleared", "flag-reminded", "flag-lapsed", "flag-uncleared"):
    assert kind in kinds, (kind, kinds)
demo.run("ledger", "verify", "--key", demo.key)
demo.lives()
print("hospital flags hold")

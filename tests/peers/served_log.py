"""A row in every covered table, and the served log: it holds, and does not once what is served was changed under it."""
import json
import urllib.request
from demo import database, multipart, peer, settle

demo = peer()
db = database(demo.folder)

# A certificate that is revoked, kept as it was before.
columns = [name for name, *_ in db.columns("credential")]
row = db.rows(f"select {', '.join(columns)} from credential where agency = 'elm-house'")[0]
(demo.folder / "before.json").write_text(json.dumps(dict(zip(columns, row))))
demo.run("key", "revoke", "--certificate", demo.agencies["elm-house"]["api_cert"])

# What the month leaves out: an absence, a change of level, a body in a file.
demo.run("user", "away", demo.user("met-police", "spoc"), "--from", "2026-03-03T09:00:00Z", "--until", "2026-03-04T09:00:00Z")
demo.run("nominal", "change", demo.nominals[8]["ref"], "--level", "2", "--rationale", "the plan needs more agencies")
report = bytes(range(256)) * 8192
exchange = demo.submission(items=[{"title": "report.pdf", "category": "RISK", "document": "report"}])
for n in (1, 2):
    status, answer, _ = demo["met-police"].ask("/api/v1/exchanges", multipart(exchange, report=("application/pdf", report + b"%d" % n)))
    assert status == 201, answer

# A form that is asked for, sent, and used by a meeting.
held = next(person for person in demo.nominals if person.get("prison_number"))
coordinator = demo.user("london-coordination", "coordinator")
asked = {"form": "annex-f", "nominal": held["ref"], "meeting_on": "2099-02-27"}
status, answer, _ = demo["london-coordination"].ask("/api/v1/form-requests", asked, coordinator)
assert status == 201, answer
example = json.loads(demo["hmp-northgate"].ask("/schemas/annex-f.json")[1])["examples"][0]
form = {**example, "nominal": {"ref": held["ref"]}, "recipients": ["london-coordination"]}
status, answer, _ = demo["hmp-northgate"].ask("/api/v1/annex-f", form, demo.user("hmp-northgate", "practitioner"))
assert status == 201, answer
used = {"meeting_on": "2026-03-02", "effect": "the plan follows it"}
status, answer, _ = demo["london-coordination"].ask(f"/api/v1/exchanges/{json.loads(answer)['id']}/consideration", used, coordinator)
assert status == 204, answer

# And one that its sender takes back: another person's, for a row that is as another is no change.
status, answer, _ = demo["hmp-northgate"].ask("/api/v1/annex-f", form, demo.user("hmp-northgate", "manager"))
assert status == 201, answer
for _ in range(2):
    withdrawn = demo["hmp-northgate"].ask(f"/api/v1/exchanges/{json.loads(answer)['id']}/withdrawal", {"reasons": "sent too soon"}, demo.user("hmp-northgate", "manager"))
    assert withdrawn[0] == 200, withdrawn
# Health information that is asked for, agreed to, and given to a colleague to answer.
trust = next(agency["id"] for agency in demo.state["agencies"] if agency["kind"] == "mental-health-trust")
known = next(person for person in demo.nominals if trust in person["partners"] and "london-probation" in [*person["partners"], person["lead_agency"]])
example = json.loads(demo[trust].ask("/schemas/health-request.json")[1])["examples"][0]
ask = {**example, "nominal": {"ref": known["ref"]}, "recipients": [trust]}
status, answer, _ = demo["london-probation"].ask("/api/v1/health-requests", ask, demo.user("london-probation", "practitioner"))
assert status == 201, answer
request = f"/api/v1/health-requests/{json.loads(answer)['id']}"
spoc = demo.user(trust, "spoc")
assert demo[trust].ask(f"{request}/accept", person=spoc, method="POST")[0] == 200
given = demo[trust].ask(f"{request}/questions", {"question": example["answers"]["questions"]["asked"][0], "person": demo.user(trust, "clinician")}, spoc)
assert given[0] == 200, given

# A hospital is given a flag, and says that the person came.
acute = next(agency["id"] for agency in demo.state["agencies"] if agency["kind"] == "health")
example = json.loads(demo[acute].ask("/schemas/hospital-flag.json")[1])["examples"][0]
flag = {**example, "nominal": {"ref": known["ref"]}, "recipients": [acute]}
status, answer, _ = demo["london-probation"].ask("/api/v1/hospital-flags", flag, demo.user("london-probation", "practitioner"))
assert status == 201, answer
came = json.loads(demo[acute].ask("/schemas/hospital-attendance.json")[1])["examples"][0]["answers"]
came = demo[acute].ask(f"/api/v1/hospital-flags/{json.loads(answer)['id']}/attendance", {"answers": came}, demo.user(acute, "spoc"))
assert came[0] == 201, came

# A trust has a mailbox at MESH, and one kind of exchange its own way.
demo.run("agency", "change", trust, "--mesh-mailbox", "X26ABC2", "--route", "annex-f=api")

# Somebody is moved: claimed by the prison that has them, confirmed by the one before.
with urllib.request.urlopen(demo.state["ops"] + "/clock") as answer:
    day = json.load(answer)["now"][:10]
claim = {"nominal": {"ref": held["ref"]}, "since": day}
status, answer, _ = demo["hmp-southfield"].ask("/api/v1/custody-claims", claim, demo.user("hmp-southfield", "practitioner"))
assert status == 201, answer
left = {"answer": "confirm", "left_on": day}
status, answer, _ = demo["hmp-northgate"].ask(f"/api/v1/custody-claims/{json.loads(answer)['id']}/answer", left, demo.user("hmp-northgate", "practitioner"))
assert status == 200, answer

settle(db)
verify = ["ledger", "verify", "--key", demo.key, "--url", demo.state["api"] + "/ledger", "--ca", demo.state["ca"]]
demo.command(*verify)
db.unguard()
log, size = db.rows(f"select id, size from log where origin = '{demo.state['ledger']['origin']}'")[0]
(data,), = db.rows(f"select data from log_leaf where log = '{log}' and idx = 5")
(tile,), = db.rows(f"select data from log_tile where log = '{log}' and level = 0 and n = 0")
(note,), = db.rows(f"select checkpoint from log where id = '{log}'")


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


for what, place, changed, kept in [
    ("a leaf's data", f"log_leaf set data = {{}} where log = '{log}' and idx = 5", db.blob(flipped(data, 0)), db.blob(data)),
    ("a tile", f"log_tile set data = {{}} where log = '{log}' and level = 0 and n = 0", db.blob(flipped(tile, 32 * 7)), db.blob(tile)),
    ("the checkpoint", f"log set checkpoint = {{}} where id = '{log}'", f"'{note.replace(str(size), str(size - 1), 1)}'", f"'{note}'"),
]:
    db.do("update " + place.format(changed))
    said = demo.command(*verify, status=1)
    assert {"a leaf's data": "entry 5 ", "a tile": "entry 7 ", "the checkpoint": "`checkpoint`"}[what] in said, (what, said)
    db.do("update " + place.format(kept))
    demo.command(*verify)
demo.run("ledger", "verify", "--key", demo.key)

"""Nothing of a person lies in clear: not in the databases, in no file, in no log, not at the operator's listener.

What is looked for is taken from demo.json, from the API, and from posts of this script's own."""
import base64, json, pathlib, re
from clear import look
from demo import database, multipart, settle
from mail import peer, pdf
from pages import Browser

demo = peer()
db = database(demo.folder)
needles = set()
OWN = {"name": "Zebedee Quillfeather", "alias": "Ignatius Larkspurrow", "gp": "Doctor Hesperia Wolfsbane", "child": "Tamsin Quillfeather-Underhay",
       "clinician": "Doctor Ulrika Bramblewick", "user": "Philippa Nightingoose", "email": "p.nightingoose@police.example",
       "stranger": "q.stranger@elsewhere.example", "born": "1971-11-23", "pnc": "1991/0345678", "cro": "345678/91", "nhs": "9990001",
       "prison": "Q7361XZ", "crn": "Q736190", "address": "17 Marmalade Crescent, Peckham"}
POLICIES = pathlib.Path(__file__).parents[2] / "policies"
RULES = "\n".join(file.read_text() for file in sorted(POLICIES.rglob("*.cedar"))).lower() + " minutes "
LETTERS = "ZABCDEFGHJKLMNPQRTUVWXY"
OWN["pnc"] += LETTERS[int("910345678") % 23]
OWN["cro"] += LETTERS[int("91345678") % 23]
OWN["nhs"] = next(number for n in range(100) if (number := f"99900012{n:02}") and
                  (11 - sum(int(d) * w for d, w in zip(number, range(10, 1, -1))) % 11) % 11 == int(number[9]))
WORDS = {what: f"{text} {OWN['name']} {OWN['address']}" for what, text in {
    "necessity": "the landlord must be warned of", "title": "Statement of", "text": "Yesterday evening there was", "reasons": "the plan names",
    "statement": "within the hour there comes", "reason": "only they have seen", "interest": "the neighbours fear", "rationale": "three agencies know",
    "property": "Flat 9 beside", "consent": "asked for by", "behaviour": "On the wing there shouted", "attitude": "To nobody but the chaplain spoke",
    "at_risk": "A sister of the wife of", "decision": "Whether a hostel takes in", "phone": "Ring before noon the aunt of", "medication": "Twice a week injects himself",
    "known": "Since the autumn of 2019 comes", "public": "Grave harm is near for those around", "confidence": "Told over the garden wall by", "alert": "Shouts when kept waiting, does",
    "staff_do": "Two of you sit with", "seen": "In the corridor there sat down", "mail": "On the towpath at dusk stood", "subject": "About the evening of",
    "stranger": "Nobody proves that it was", "draft": "Not yet sent to anyone: that", "draft_file": "In a file of a draft stands", "withdrawn": "In error was written of"}.items()}
DOCUMENT = b"%PDF-1.4\n" + "".join(f"Line {n}: {WORDS['text']}\n" for n in range(400)).encode()


def person(name=None, born=None, *identifiers):
    if name:
        needles.update([name, *(part for word in name.split() for part in [word, *word.split("-")])])
    if born:
        year, month, day = born.split("-")
        needles.update([born, f"{day}/{month}/{year}", f"{int(day)}/{int(month)}/{year}", f"{day}{month}{year}", born.replace("-", "")])
    for value in filter(None, identifiers):
        bare = re.sub(r"[ /-]", "", value)
        needles.update([value, bare] + ([f"{bare[:3]} {bare[3:6]} {bare[6:]}"] if bare.isdigit() else []))
        if short := re.fullmatch(r"(?:19|20)(\d\d)/0*(\d+[A-Z])", value):
            needles.add("/".join(short.groups()))


def text(*texts):
    """Words of the month; a title may be what a rule is called as well."""
    lines = {line.strip()[:60] for words in filter(None, texts) for line in words.splitlines()}
    needles.update(line for line in lines if line.lower() not in RULES)


def ask(agency, path, body=None, by=None, method=None, expected=(200, 201)):
    status, answer, _ = demo[agency].ask(path, body, by, method)
    assert status in expected, (path, status, answer)
    return json.loads(answer)


# Posts of its own: a document, an emergency, two that are incomplete, a malformed one; what is held is decided, with reasons.
nominal = demo.run("nominal", "add", "--area", "london", "--level", "2", "--category", "1", "--lead", "met-police", "--partner", "london-probation",
                   "--trust", "london-mental-health", "--gp", OWN["gp"], *(f"--identifier={kind}={OWN[word]}" for kind, word in (
                       ("NAME", "name"), ("NAME", "alias"), ("DOB", "born"), ("PNC", "pnc"), ("CRO", "cro"), ("NHS", "nhs"), ("PRISON", "prison"), ("CRN", "crn")))).split()[-1]
demo.run("nominal", "change", nominal, "--level", "3", "--rationale", WORDS["rationale"])
demo.run("user", "add", OWN["email"], "--agency", "met-police", "--name", OWN["user"], "--role", "practitioner")
coordinator, guardian = demo.user("london-coordination", "coordinator"), demo.user("london-mental-health", "caldicott")
spoc = demo.user("met-police", "spoc")
both = {"identifiers": [{"kind": "PNC", "value": OWN["pnc"]}, {"kind": "DOB", "value": OWN["born"]}, {"kind": "NAME", "value": OWN["name"]}]}
said = {"nominal": both, "necessity": WORDS["necessity"], "property": WORDS["property"],
        "recipients": [{"agency": "london-probation", "reason": WORDS["reason"]}], "items": [
            {"title": WORDS["title"], "category": "RISK", "text": WORDS["text"], "child": OWN["child"], "public_interest": WORDS["interest"]},
            {"title": OWN["name"] + ".pdf", "category": "HEALTH_CLIN", "owner": "london-mental-health", "document": OWN["name"], "clinician": OWN["clinician"]}]}
parts = {OWN["name"]: ("application/pdf", DOCUMENT)}
sent = ask("met-police", "/api/v1/exchanges", multipart(demo.submission(**said), **parts))
ask("met-police", "/api/v1/exchanges?dry_run=true", multipart(demo.submission(**said), **parts))
holds = [hold for hold in demo["london-mental-health"].all("/api/v1/holds", "holds", guardian) if hold["exchange"] == sent["id"]]
assert holds, sent
ask("london-mental-health", f"/api/v1/holds/{holds[0]['id']}", {"decision": "approve", "reasons": WORDS["reasons"]}, guardian)
urgent = ask("met-police", "/api/v1/exchanges", multipart(demo.submission(**{
    **said, "emergency": {"statement": WORDS["statement"], "confirm_recipients": ["london-probation"]}}), **parts), spoc)
unknown = {"identifiers": [{"kind": "NAME", "value": OWN["alias"]}, {"kind": "PNC", "value": OWN["pnc"]}, {"kind": "DOB", "value": "1970-01-02"}]}
open_one = ask("met-police", "/api/v1/exchanges", multipart(demo.submission(**{**said, "nominal": unknown}), **parts))
assert open_one["state"] == "incomplete", open_one
ask("london-coordination", "/api/v1/unmatched", by=coordinator)
ask("london-coordination", f"/api/v1/unmatched/{open_one['id']}", {"nominal": nominal, "reasons": WORDS["reasons"]}, coordinator)
needless = ask("met-police", "/api/v1/exchanges", multipart(demo.submission(**{**said, "necessity": None}), **parts))
ask("met-police", f"/api/v1/exchanges/{needless['id']}", {"necessity": WORDS["necessity"]}, method="PATCH")
ask("met-police", "/api/v1/exchanges", demo.submission(nominal={"identifiers": [{"kind": "PNC", "value": OWN["name"]}]}), expected=(422,))
ask("met-police", "/api/v1/inbox", by=OWN["stranger"], expected=(403, 404, 422))
for path in (f"/api/v1/nominals/{nominal}", f"/api/v1/nominals/{nominal}/events"):
    ask("met-police", path, by=spoc)
assert demo["london-probation"].ask(f"/api/v1/exchanges/{sent['id']}/documents/1", person=demo.user("london-probation", "spoc"))[0] == 200
demo.run("hold", "list", "--as", guardian)

# By the other ways in and out: a form, a health request with its answer and a document, a flag, mail that is proved and mail that is not, a draft
# with a file; and something that is taken back.
held = next(one for one in demo.nominals if one.get("prison_number"))
TRUST, ASKS, SPOC = "london-mental-health", "london-probation", demo.user("london-mental-health", "spoc")
known = next(one for one in demo.nominals if TRUST in one["partners"] and ASKS in [*one["partners"], one["lead_agency"]] and one["level"] >= 2)
ACUTE = next(agency["id"] for agency in demo.state["agencies"] if agency["kind"] == "health")
shown = {form: json.loads(demo[TRUST].ask(f"/schemas/{form}.json")[1])["examples"][0]
         for form in ("annex-f", "health-request", "health-response", "hospital-flag", "hospital-attendance")}


def filled(form, **words):
    """The answers of a form's example, with words of this script's own in them."""
    answers = json.loads(json.dumps(shown[form]["answers"]))
    for place, word in words.items():
        section, field = place.split("__")
        answers.setdefault(section, {})[field] = [WORDS[word]] if isinstance(answers.get(section, {}).get(field), list) else WORDS[word]
    return answers


report = {"nominal": {"ref": held["ref"]}, "recipients": ["london-coordination"], "answers": filled("annex-f", behaviour__summary="behaviour", behaviour__attitude="attitude")}
ask("hmp-northgate", "/api/v1/annex-f", report, demo.user("hmp-northgate", "practitioner"))
asked = ask(ASKS, "/api/v1/health-requests", {"nominal": {"ref": known["ref"]}, "recipients": [TRUST], "answers": filled(
    "health-request", need__to_whom="at_risk", need__decision="decision", subject__address="phone")}, demo.user(ASKS, "practitioner"))
answer = {"documents": [{"title": OWN["name"] + ".pdf", "category": "HEALTH_RISK", "document": "paper"}], "answers": filled("health-response", risk__medication="medication", risk__known="known", basis__public_interest="public")}
boundary = multipart(answer, paper=("application/pdf", DOCUMENT))
ask(TRUST, f"/api/v1/health-requests/{asked['id']}/response", (boundary[0], boundary[1].replace(b'name="exchange"; filename="exchange"', b'name="form"')), SPOC)
refused = ask(ASKS, "/api/v1/health-requests", {**shown["health-request"], "nominal": {"ref": known["ref"]}, "recipients": [TRUST]}, demo.user(ASKS, "practitioner"))
ask(TRUST, f"/api/v1/health-requests/{refused['id']}/response", {"answers": {"answer": {
    "outcome": "refused", "reason": "third_party_confidence", "reason_words": WORDS["confidence"], "answered_by": OWN["clinician"]}}}, SPOC)
flag = ask(ASKS, "/api/v1/hospital-flags", {"nominal": {"ref": known["ref"]}, "recipients": [ACUTE], "answers": filled(
    "hospital-flag", alert__text="alert", attending__staff_do="staff_do")}, demo.user(ASKS, "practitioner"))
ask(ACUTE, f"/api/v1/hospital-flags/{flag['id']}/attendance", {"answers": filled("hospital-attendance", safety__words="seen")}, demo.user(ACUTE, "spoc"))
wrong = ask("met-police", "/api/v1/exchanges", demo.submission(**{**said, "items": [{"title": WORDS["withdrawn"], "category": "RISK", "text": WORDS["withdrawn"]}]}), spoc)
ask("met-police", f"/api/v1/exchanges/{wrong['id']}/withdrawal", {"reasons": WORDS["withdrawn"]}, spoc)
officer = demo.officer("met-police")
letter, to = demo.sealed(demo.submission(nominal=both, necessity=WORDS["necessity"], items=[
    {"title": WORDS["subject"], "category": "RISK", "text": WORDS["mail"]}, {"title": OWN["name"] + ".pdf", "category": "RISK", "document": "it"}]), officer,
    {OWN["name"] + ".pdf": ("application/pdf", pdf(WORDS["mail"].encode()))})
assert demo.send(letter, officer.address, to)[0] == 250
forged = (f"From: {OWN['user']} <{OWN['stranger']}>\r\nTo: {to[0]}\r\nSubject: {WORDS['subject']}\r\nDate: Mon, 02 Mar 2026 09:00:00 +0000\r\n"
          f"Message-ID: <{OWN['crn']}@elsewhere.example>\r\nContent-Type: text/plain\r\n\r\n{WORDS['stranger']}\r\n").encode()
assert demo.send(forged, OWN["stranger"], to)[0] == 250
assert demo.apart(), "nothing is kept apart"
writer = Browser(demo).sign_in("met-police", "practitioner")
page = writer.upload("/messages/new", {**writer.get("/messages/new").hidden, "title": WORDS["draft"], "text": WORDS["draft"], "name": OWN["name"], "do": "save"},
                     OWN["name"] + ".txt", WORDS["draft_file"].encode() * 3000, "text/plain")
assert page.status == 303, page.words
settle(db)

# What to look for.
person(OWN["name"], OWN["born"], OWN["pnc"], OWN["cro"], OWN["nhs"], OWN["prison"], OWN["crn"])
for who in ("alias", "gp", "child", "clinician", "user"):
    person(OWN[who])
needles.update([OWN["email"], OWN["stranger"], OWN["address"], OWN["address"].split(",")[0], *WORDS.values()])
needles.add(DOCUMENT[3000:3040].decode().splitlines()[0])
for one in demo.nominals:
    person(one["name"], one["date_of_birth"], one.get("pnc_id"), one.get("nhs_number"), one.get("prison_number"))
    status, known = demo["london-coordination"].json(f"/api/v1/nominals/{one['ref']}", person=coordinator)
    if status == 200:
        for identifier in known["identifiers"]:
            if identifier["kind"] == "NAME":
                person(identifier["value"])
            elif identifier["kind"] != "DOB":
                person(None, None, identifier["value"])
for agency in demo.state["agencies"]:
    for user in agency["users"]:
        person(user["name"])
        needles.update([user["email"], user["password"], user["totp_secret"]])
    connection, by = demo[agency["id"]], agency["users"][0]["email"]
    for summary in connection.all("/api/v1/exchanges", "exchanges"):
        exchange = ask(agency["id"], f"/api/v1/exchanges/{summary['id']}")
        text(exchange["necessity"], *(item["title"] for item in exchange["items"]))
        if summary["role"] == "received" and agency.get("custody") != "agency":
            for item in exchange["items"]:
                status, content, headers = connection.ask(f"/api/v1/exchanges/{summary['id']}/documents/{item['n']}", person=by)
                if status == 200 and headers["Content-Type"].startswith("text/"):
                    text(content.decode())
                elif status == 200:
                    text(*(words.decode() for words in re.findall(rb"\(([ -~]{12,})\) *Tj", content)))
# Names end in words that say that they are invented.
needles = {needle for needle in needles if len(needle) >= 4 and needle.lower() not in {"test", "sample", "fixture", "report", "doctor"}}
assert len(needles) > 300, len(needles)

# The example in the description of the API is the contract's, and the first nominal of every demo is its person.
EXAMPLES = {("ops /openapi.json", words) for words in ("99/123456X", "1980-02-01", "Risk note")}
found = look(demo, db, needles) - EXAMPLES
assert not found, "in clear: " + "\n".join(f"{words!r} in {name}" for name, words in sorted(found))
# And it can fail: a word in a cell, in a file and inside base64 is found.
db.do(f"insert into idempotency (id, request, exchange, created_at) values ('x', 'of {OWN['name']}', '{sent['id']}', 0)")
(demo.folder / "planted").write_bytes(b"\0\1\2" + base64.b64encode(b"ab" + OWN["address"].encode()) + b"\0 " + b"Kieran wrote this")
found = {(name, words.lower()) for name, words in look(demo, db, needles)}
for name, words in (("table idempotency", OWN["name"]), ("file planted", "kieran")):
    assert (name, words.lower()) in found, (name, words, found)
assert sum(name == "file planted" for name, _ in found) > 1, found
raw = {name for name, words in found if OWN["name"].lower() in words}
assert raw & {"file records.db-wal", "file records.db", "files of PostgreSQL", "pg_dump"}, raw

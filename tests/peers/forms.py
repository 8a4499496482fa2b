"""A prison's form over a running demo, by every way that a machine has: the API, a signed mail, a batch. One record, to the byte.

usage: forms.py DEMO_DIR GATEWAY_BINARY
"""

import copy, datetime, email, email.policy, io, json, re, subprocess, time, zipfile
from xml.sax.saxutils import escape

import jsonschema, smime, styles
from mail import peer, text_of

demo = peer()
PRISON, UNIT = "hmp-northgate", "london-coordination"
person = next(one for one in demo.nominals if one.get("prison_number") == "A1234BC")
writer, manager, security = (demo.user(PRISON, role) for role in ("practitioner", "manager", "security"))
NONE = {"none": True}
ANSWERS = {
    "header": {"report_type": "review", "meeting_date": "20/3/2026"},
    "offender": {
        "family_name": "Tindale-Sample", "given_names": "Oscar", "sex": "male", "ethnicity": "White British",
        "dob": person["date_of_birth"], "prison_number": "a1234bc", "pnc_id": person["pnc_id"],
    },
    "mappa": {"category": "2", "level": "3", "lead_agency": person["lead_agency"]},
    "custody": {"status": "remand", "establishment": "NGT", "arrived_on": "2026-01-05", "security_category": "u", "incentive_level": "STD", "previous": NONE},
    "sentence": {"index_offences": [{"description": "Burglary"}]},
    "behaviour": {
        "summary": "Quiet on the wing. ", "with_staff": "Polite", "with_prisoners": "Keeps apart", "attitude": "Denies it",
        "adjudications": [{"date": "2026-02-03", "prison": "ngt", "description": "Fight", "finding": "Proved"}],
        "incidents": NONE, "segregation": NONE,
    },
    "security": {"escape_status": "none", "intelligence": "He is owed a debt.", "associates": NONE},
    "substance": {"tests": NONE},
    "selfharm": {"acct": NONE},
    "contacts": {"visitors": NONE, "telephone": NONE, "letters": NONE, "victim_attempts": NONE},
    "publicprot": {"restrictions": NONE},
    "interventions": {"programmes": NONE, "reports": NONE},
    "risk": {
        "assessments": [{"tool": "OASys", "dimension": "risk of serious harm", "result": "high", "date": "2026-01-20", "assessor": "S. Officer"}],
        "change": "same", "rotl": NONE,
    },
    "health": {"held": "none_known"},
    "protective": {"factors": "His sister."},
    "licence": {"actions": NONE},
    "author": {"name": "S. Officer", "role": "Offender supervisor", "phone": "020 7946 0000", "email": writer},
}  # fmt: skip


def changed(path, value):
    """The answers with another one at a path."""
    answers = copy.deepcopy(ANSWERS)
    section, field = path
    answers[section][field] = value
    return answers


def form(answers=ANSWERS, **more):
    return {"recipients": [UNIT], "answers": answers, **more}


def view(exchange):
    return demo.exchange(PRISON, exchange)


def sign(exchange):
    """The manager countersigns, security clears."""
    for role, who in (("manager", manager), ("security", security)):
        waiting = [one for one in demo[PRISON].all("/api/v1/holds", "holds", person=who) if one["exchange"] == exchange and one["role"] == role]
        assert waiting, (role, exchange)
        for one in waiting:
            status, answer = demo[PRISON].json(f"/api/v1/holds/{one['id']}", {"decision": "approve", "reasons": "read and right"}, who)
            assert status == 200, answer


def read(exchange):
    """What the unit's single point of contact has of it: (kind, content), and what stays in the portal."""
    own = demo.exchange(UNIT, exchange)
    found = []
    for item in own["items"]:
        status, content, _ = demo[UNIT].ask(f"/api/v1/exchanges/{exchange}/documents/{item['n']}", person=demo.user(UNIT, "coordinator"))
        found.append((item["category"], item["title"], status, content if status == 200 else None))
    return found


def printed(pdf):
    """The words of a PDF, as poppler reads them."""
    assert pdf.startswith(b"%PDF-")
    made = subprocess.run(["pdftotext", "-raw", "-enc", "UTF-8", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(made.stdout.decode().split())


# The schema, and the API.
status, text, headers = demo[PRISON].ask("/schemas/annex-f.json")
assert status == 200 and headers["Content-Type"] == "application/schema+json", (status, headers)
schema = json.loads(text)
assert schema["$id"] == "/schemas/annex-f.json" and "behaviour" in schema["properties"]["answers"]["properties"]
assert demo[PRISON].ask("/schemas/annex-z.json")[0] == 404
for prison in (PRISON, "hmp-southfield"):
    for about in demo.nominals[:3]:
        for agency in (UNIT, "southwark-housing", prison):
            words = json.dumps(schema["examples"][0]).replace("$NOMINAL", about["ref"]).replace("$AGENCY", agency)
            jsonschema.validate(json.loads(words), schema)
            status, answer = demo[prison].json("/api/v1/annex-f", json.loads(words))
            assert status == 201 and answer["id"], (prison, about["ref"], agency, answer)
status, posted = demo[PRISON].json("/api/v1/annex-f", form(), writer)
assert status == 201 and posted["state"] == "held" and posted["nominal"] == person["ref"], posted
assert {cell["outcome"] for cell in posted["decisions"]} == {"hold"}, posted["decisions"]
roles = {reviewer["role"] for cell in posted["decisions"] for reviewer in cell["reviewers"]}
assert roles == {"manager", "security"}, roles
sign(posted["id"])
by_api = read(posted["id"])
assert {"CUSTODY", "SUBSTANCE", "CONTACTS", "RISK", "INTEL"} <= {kind for kind, *_ in by_api}, by_api
assert [status for kind, _, status, _ in by_api if kind == "INTEL"] == [403], "it is read in the portal"

# To print: what the reader may take away, and what it may not is named with the reason. A reading each time.
status, pdf, headers = demo[UNIT].ask(f"/api/v1/exchanges/{posted['id']}/form.pdf", person=demo.user(UNIT, "coordinator"))
assert status == 200 and headers["Content-Type"] == "application/pdf" and headers["Protective-Marking"] == "OFFICIAL-SENSITIVE", (status, headers)
said = printed(pdf)
for words in ("Quiet on the wing.", "Oscar", "There are none", "“Annex F: Security” is not in this file: ", "This is read in the portal and not taken away"):
    assert words in said, (words, said)
assert "owed a debt" not in said, said
status, own, _ = demo[PRISON].ask(f"/api/v1/exchanges/{posted['id']}/form.pdf", person=writer)
assert status == 200 and "owed a debt" in printed(own) and "is not in this file" not in printed(own)
assert demo["southwark-housing"].ask(f"/api/v1/exchanges/{posted['id']}/form.pdf")[0] == 404

custody = next(json.loads(content) for kind, _, _, content in by_api if kind == "CUSTODY")
assert custody["form"] == "annex-f" and custody["answers"]["behaviour"]["summary"] == "Quiet on the wing."

# A signed mail with the same form attached: as JSON, or as the Word file that was downloaded and filled in.
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def written(document, name, values):
    """A Word file whose controls of a name hold these values, one each, as an officer would have typed them."""
    parts = iter(values)

    def one(control):
        text = next(parts, None)
        if text is None:
            return control[0]
        return re.sub(r"(<w:t[^>]*>)[^<]*(</w:t>)", lambda found: found[1] + escape(text) + found[2], control[0].replace("<w:showingPlcHdr/>", ""), count=1)

    control = r'<w:sdt><w:sdtPr>(?:(?!</w:sdtPr>).)*<w:tag w:val="%s"/>.*?</w:sdtContent></w:sdt>' % re.escape(name)
    filled, found = re.subn(control, one, document, flags=re.S)
    assert found, name
    return filled


def word(answers):
    """The form as it is downloaded, filled in."""
    status, file, headers = demo[PRISON].ask("/schemas/annex-f.docx")
    assert status == 200 and headers["Content-Type"] == WORD, status
    pack = zipfile.ZipFile(io.BytesIO(file))
    document = pack.read("word/document.xml").decode()
    for section, fields in answers.items():
        for field, value in fields.items():
            path = f"{section}.{field}"
            if value == NONE:
                document = written(document, f"{path}.-none", ["\u2612"])
            elif isinstance(value, list):
                for column in {name for row in value for name in row}:
                    document = written(document, f"{path}.{column}", [row.get(column, "") for row in value])
            else:
                document = written(document, path, [value])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in pack.infolist():
            new.writestr(item, document if item.filename == "word/document.xml" else pack.read(item.filename))
    return out.getvalue()


officer = demo.officer(PRISON)
mistyped = changed(("offender", "pnc_id"), "99/123456Y")
MAILS = {
    "right": (("annex-f.json", "application/json", json.dumps(form()).encode()), "held"),
    "wrong": (("annex-f.json", "application/json", json.dumps(form(mistyped)).encode()), "quarantined"),
    "right, Word": (("Annex-F Tindale.docx", WORD, word(ANSWERS)), "held"),
    "wrong, Word": (("annex-f.docx", WORD, word(mistyped)), "quarantined"),
    "cut off, Word": (("annex-f.docx", WORD, word(ANSWERS)[:-4000]), "quarantined"),
}
for name, (file, state) in MAILS.items():
    before = {one["id"] for one in demo.exchanges(PRISON)}
    entity = styles.python(f"To: {UNIT}\n\n", [file])
    to = [demo.address(UNIT)]
    mail = demo.mail(smime.encrypt(smime.sign_detached(entity, officer), demo.certificate), officer, to, "A report")
    code, words = demo.send(mail, officer.address, to)
    assert code == 250, (code, words)
    (mailed,) = [one for one in demo.exchanges(PRISON) if one["id"] not in before]
    assert mailed["state"] == state, (name, mailed)
    if state == "held":
        sign(mailed["id"])
        assert read(mailed["id"]) == by_api, "the same to the byte"

# A batch, of which one row is wrong and one is a form that was sent before; and the same batch again.
rows = [form(), form(changed(("behaviour", "with_staff"), "Rude")), form(changed(("mappa", "level"), "9")), "no form"]
batch = demo.folder / "batch.jsonl"
batch.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
before = {one["id"] for one in demo.exchanges(PRISON)}
said = json.loads(demo.run("annex-f", "import", batch, "--as", writer, "--json", status=1))
assert (said["sent"], said["sent_before"], said["wrong"]) == (2, 0, 2), said
report = [json.loads(line) for line in open(said["report"])]
assert sorted(line["row"] for line in report) == [1, 2, 3, 4], report
(wrong,) = [line for line in report if line["row"] == 3]
assert [error["pointer"] for error in wrong["errors"]] == ["/answers/mappa/level"], wrong
imported = {line["row"]: line["exchange"] for line in report if line["outcome"] == "sent"}
assert {one["id"] for one in demo.exchanges(PRISON)} - before == set(imported.values())
sign(imported[1])
assert read(imported[1]) == by_api, "the same to the byte"
again = json.loads(demo.run("annex-f", "import", batch, "--as", writer, "--json", status=1))
assert (again["sent"], again["sent_before"], again["wrong"]) == (0, 2, 2), again
assert len(demo.exchanges(PRISON)) == len(before) + 2, "nothing is sent twice"

# What is wrong is named, all at once, and nothing is recorded; what another agency may not write is said.
bad = changed(("offender", "pnc_id"), "99/123456Y")
bad["header"]["meeting_date"] = "31/2/2026"
status, problem = demo[PRISON].json("/api/v1/annex-f", form(bad), writer)
assert status == 422, problem
assert {error["pointer"] for error in problem["errors"]} == {"/answers/offender/pnc_id", "/answers/header/meeting_date"}, problem
assert "123456Y" not in json.dumps(problem)
assert demo["southwark-housing"].json("/api/v1/annex-f", form())[0] == 403
# Another prison, and a person's reference alone: kept, and back to its sender to be confirmed.
there = demo.user("hmp-southfield", "practitioner")
status, kept = demo["hmp-southfield"].json("/api/v1/annex-f", form(nominal={"ref": person["ref"]}), there)
assert status == 201 and kept["state"] == "incomplete" and kept["missing"] == ["/custody"], kept
# The writer may not countersign; the same key is one exchange.
status, own = demo[PRISON].json("/api/v1/annex-f", form(), manager, Idempotency_Key="one")
again = demo[PRISON].json("/api/v1/annex-f", form(), manager, Idempotency_Key="one")
assert again[1]["id"] == own["id"]
hold = next(one for one in demo[PRISON].all("/api/v1/holds", "holds", person=manager) if one["exchange"] == own["id"] and one["role"] == "manager")
status, refused = demo[PRISON].json(f"/api/v1/holds/{hold['id']}", {"decision": "approve", "reasons": "mine"}, manager)
assert status == 403, refused
# What waits for one person is listed, and decided many at once: what was opened, and unchanged.
queue = lambda person: demo[PRISON].json("/api/v1/form-queue", person=person)[1]["forms"]
status, theirs = demo[PRISON].json("/api/v1/annex-f", form(), writer)
listed = {one["exchange"]: one for one in queue(manager)}
assert listed[own["id"]]["hindrance"] and not listed[theirs["id"]]["hindrance"], listed
one = listed[theirs["id"]]
assert one["form"] == "annex-f" and one["roles"] == ["manager"] and not one["opened"] and one["answered"] < one["asked"], one
deciding = {"decision": "approve", "reasons": "read, and right", "forms": [{"exchange": id, "mark": listed[id]["mark"]} for id in (own["id"], theirs["id"])]}
became = lambda: [one["became"] for one in demo[PRISON].json("/api/v1/form-queue", deciding, manager)[1]["forms"]]
assert became() == ["hindered", "not-opened"]
for hold in one["holds"]:
    assert demo[PRISON].ask(f"/api/v1/holds/{hold}/document", person=manager)[0] == 200
assert next(one for one in queue(manager) if one["exchange"] == theirs["id"])["opened"]
assert became() == ["hindered", "decided"] and became() == ["hindered", "already"]
assert any(one["exchange"] == theirs["id"] for one in queue(demo.user(PRISON, "security"))), "its intelligence waits to be released"
assert demo[PRISON].ask("/api/v1/form-queue")[0] == 403 and queue(writer) == []
status, problem = demo[PRISON].json("/api/v1/form-queue", {"decision": "yes", "forms": []}, manager)
assert status == 422 and [one["pointer"] for one in problem["errors"]] == ["/decision", "/forms", "/reasons"], problem
# A coordinator asks for a form, the prison answers, and the meeting's use of it is noted.
coordinator = demo.user(UNIT, "coordinator")
meeting = (demo.now().date() + datetime.timedelta(days=40)).isoformat()
asking = {"form": "annex-f", "nominal": person["ref"], "meeting_on": meeting}
status, asked = demo[UNIT].json("/api/v1/form-requests", asking, coordinator)
assert status == 201 and asked["agency"] == PRISON and not asked["late"], asked
assert demo[UNIT].json("/api/v1/form-requests", asking, coordinator)[1]["id"] == asked["id"], "asked twice it is asked once"
assert demo["met-police"].json("/api/v1/form-requests", asking, demo.user("met-police", "practitioner"))[0] in (403, 404)
waiting = lambda agency: demo[agency].json("/api/v1/form-requests")[1]["form_requests"]
assert [one["id"] for one in waiting(PRISON)] == [asked["id"]] and not waiting("met-police")
status, answer = demo[PRISON].json("/api/v1/annex-f", form(), writer)
assert waiting(UNIT)[0]["exchange"] == answer["id"], waiting(UNIT)
used = {"meeting_on": demo.now().date().isoformat(), "effect": "the licence conditions follow it"}
assert demo[UNIT].ask(f"/api/v1/exchanges/{answer['id']}/consideration", used, coordinator)[0] == 204
assert demo[UNIT].ask(f"/api/v1/exchanges/{answer['id']}/consideration", used, coordinator)[0] == 409

# The person is moved: claimed by identifiers that match exactly, answered by the prison on record.
NEXT, today = "hmp-southfield", demo.now().date().isoformat()
theirs = demo.user(NEXT, "practitioner")
kinds = lambda **more: [{"kind": kind, "value": value} for kind, value in more.items()]
claim = {"nominal": {"identifiers": kinds(PRISON="A1234BC", DOB=person["date_of_birth"])}, "since": today}
for wrong, pointer in [
    ({"nominal": {"identifiers": kinds(PRISON="A1234BC")}}, "/nominal"),
    ({"nominal": {"identifiers": kinds(PRISON="A1234BC", DOB="1901-01-01")}}, "/nominal"),
    ({"nominal": {"ref": "0195a000-0000-7000-8000-000000000009"}}, "/nominal"),
    ({"since": "3 March"}, "/since"),
    ({"since": "2999-01-01"}, "/since"),
]:
    status, problem = demo[NEXT].json("/api/v1/custody-claims", {**claim, **wrong}, theirs)
    assert status == 422 and [one["pointer"] for one in problem["errors"]] == [pointer], problem
assert demo[NEXT].ask("/api/v1/custody-claims", claim)[0] == 403, "a person's act"
assert demo["met-police"].ask("/api/v1/custody-claims", claim, demo.user("met-police", "practitioner"))[0] == 403
assert demo[PRISON].ask("/api/v1/custody-claims", claim, writer)[0] == 409, "it holds the person already"
status, claimed = demo[NEXT].json("/api/v1/custody-claims", claim, theirs)
assert status == 201 and (claimed["holder"], claimed["waits_for"], claimed["state"]) == (PRISON, "holder", "open"), claimed
assert demo[NEXT].json("/api/v1/custody-claims", claim, theirs)[1]["id"] == claimed["id"], "claimed twice it is claimed once"
listed = lambda agency, by: demo[agency].json("/api/v1/custody-claims", person=by)[1]["custody_claims"]
assert [one["id"] for one in listed(PRISON, writer)] == [claimed["id"]] and listed(UNIT, coordinator)
assert not listed("met-police", demo.user("met-police", "practitioner"))
path, left = f"/api/v1/custody-claims/{claimed['id']}/answer", {"answer": "confirm", "left_on": today}
assert demo["met-police"].ask(path, left, demo.user("met-police", "practitioner"))[0] == 404
assert demo[NEXT].ask(path, left, theirs)[0] == 403, "the other prison's to say"
assert demo[PRISON].ask(path, {"answer": "perhaps"}, writer)[0] == 422
assert demo[UNIT].ask(path, {"answer": "settle", "for": "claimant", "reasons": "the list says so"}, coordinator)[0] == 409, "there is time"
status, done = demo[PRISON].json(path, left, writer)
assert status == 200 and (done["state"], done["left_on"]) == ("confirmed", today), done
assert demo[PRISON].ask(path, left, writer)[0] == 200 and demo[PRISON].ask(path, {"answer": "dispute", "reasons": "no"}, writer)[0] == 409
owed = demo[NEXT].json("/api/v1/hand-overs")[1]["hand_overs"]
assert [(one["nominal"], one["ended"]) for one in owed] == [(person["ref"], None)], owed
assert demo[UNIT].json("/api/v1/hand-overs")[1]["hand_overs"] == owed and not demo["met-police"].json("/api/v1/hand-overs")[1]["hand_overs"]
carried = {one["exchange"] for one in demo[NEXT].json("/api/v1/inbox")[1]["deliveries"]}
assert carried, "what the prison before reported is there"

# Whoever has no page of the gateway open is mailed, once a notice: the kind, by when and where, and nothing of anybody.
SUBJECTS = {
    "A form is asked for": (PRISON, "/forms/requests", True),
    "A meeting used a form": (PRISON, "/notices", False),
    "A claim of custody waits": (PRISON, "/custody", True),
    "A claim of custody was answered": (NEXT, "/custody", False),
    "A first form is owed": (NEXT, "/custody", True),
}
for subject, (agency, place, due) in SUBJECTS.items():
    of = lambda head: head["Subject"].startswith(subject + ":")
    head, raw = demo.wait(of, what=subject)
    part, layers = demo.opened(raw)
    words = text_of(part)
    assert layers == ["signed"] and demo.to(demo.agencies[agency]["email"])(head), head.as_string()
    assert words.endswith("Sign in here to see it: " + demo.state["portal"] + place), words
    assert (": act by " in head["Subject"], "Please act by" in words) == (due, due), (head["Subject"], words)
    told = words + head["Subject"]
    for private in (person["name"], person["ref"], person["prison_number"], person["pnc_id"], person["date_of_birth"], *person["name"].split()):
        assert private not in told, (private, told)
time.sleep(2.5)
heads = [email.message_from_bytes(raw, policy=email.policy.default)["Subject"] for raw in demo.sent().values()]
for subject in SUBJECTS:
    assert sum(head.startswith(subject + ":") for head in heads) == 1, (subject, heads)

# Whoever names nobody too often is kept from claiming, right or wrong, and the coordinator is told and mailed.
other = demo.user(NEXT, "manager")
guess = {"nominal": {"ref": "0195a000-0000-7000-8000-000000000009"}, "since": today}
assert [demo[NEXT].ask("/api/v1/custody-claims", guess, other)[0] for _ in range(6)] == [422] * 5 + [429]
status, problem = demo[NEXT].json("/api/v1/custody-claims", claim, other)
assert status == 429 and "try again in" in problem["detail"], problem
head, raw = demo.wait(lambda head: head["Subject"].startswith("Claims of custody match nobody"), what="often tried")
assert demo.to(coordinator)(head), head.as_string()
demo.run("ledger", "verify", "--key", demo.key)
demo.lives()
print("forms hold")

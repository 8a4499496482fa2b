"""Nothing of a person lies in clear: not in the databases, in no file, in no log, not at the operator's listener.

What is looked for is taken from demo.json, from the API, and from posts of this script's own."""
import base64, json, pathlib, re, shutil, subprocess, tempfile, urllib.request
from demo import Postgres, Sqlite, database, multipart, peer

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
    "property": "Flat 9 beside", "consent": "asked for by"}.items()}
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

work = pathlib.Path(tempfile.mkdtemp(prefix="surfaces", dir=demo.folder.parent))
ALLOWED = {"demo.json", "log.key", "master.key", "pid"}


def spelled(needle):
    """A needle as base64 and hexadecimal would hide it, wherever it begins."""
    raw = needle.encode()
    yield raw
    if len(raw) >= 9:
        yield raw.hex().encode()
        for shift in range(3):
            coded = base64.b64encode(b"\0" * shift + raw)
            yield coded[(0, 2, 3)[shift]:len(coded) - (0, 3, 2)[(len(raw) + shift) % 3]]


def surfaces():
    """Everything that lies somewhere, by name."""
    for file in demo.folder.rglob("*"):
        # What is in `mail` has left: it bears its recipient's address, and mail_headers_grep.py looks for all else.
        if file.is_file() and file.name not in ALLOWED and file.parent.name not in ("pki", "mail"):
            yield f"file {file.relative_to(demo.folder)}", file.read_bytes()
    stores = [db] if db.name == "postgres" else [db, Sqlite(f"sqlite://{demo.folder}/keys.db")]
    for store in stores:
        for table in store.tables():
            cells = (cell if isinstance(cell, bytes) else str(cell).encode() for row in store.rows(f"select * from {table}") for cell in row)
            yield f"table {table}", b"\n".join(cells)
    if db.name == "postgres":
        url = db.url
        yield "pg_dump", subprocess.run(["pg_dump", "--data-only", url], capture_output=True, check=True).stdout
        db.psql("checkpoint")
        raw = db.psql("select encode(pg_read_binary_file(pg_relation_filepath(oid)), 'hex') from pg_class where relkind in ('r', 'i', 't')"
                      " and pg_relation_filepath(oid) like 'base/%' and oid >= 16384")
        yield "files of PostgreSQL", b"\n".join(map(bytes.fromhex, raw.split()))
    for path in ("/metrics", "/openapi.json", "/healthz", "/readyz"):
        yield f"ops {path}", urllib.request.urlopen(demo.state["ops"] + path).read()


def stands(content, at, found):
    """A short word must stand in text, as a word: four letters turn up in any ciphertext."""
    if len(found) >= 8:
        return True
    around = content[max(0, at - 40):at + len(found) + 40]
    place = min(40, at)
    before, after = re.search(rb"[ -~]*$", around[:place])[0], re.match(rb"[ -~]*", around[place + len(found):])[0]
    word = not re.search(rb"[A-Za-z0-9+/=]$", before) and not re.match(rb"[A-Za-z0-9+/=]", after)
    alike = found in (found.lower(), found.upper(), found.title())
    return word and alike and len(before) + len(after) >= 4


def look():
    """Each needle found, with where."""
    patterns = work / "needles"
    patterns.write_bytes(b"\n".join(sorted({spelling for needle in needles for spelling in spelled(needle)})))
    found = set()
    for name, content in surfaces():
        file = work / "surface"
        file.write_bytes(content)
        done = subprocess.run(["grep", "-aobiF", "-f", patterns, file], capture_output=True, env={"LC_ALL": "C"})
        for line in done.stdout.split(b"\n"):
            if line:
                at, _, words = line.partition(b":")
                if stands(content, int(at), words):
                    found.add((name, words.decode(errors="replace")))
    return found


# The example in the description of the API is the contract's, and the first nominal of every demo is its person.
EXAMPLES = {("ops /openapi.json", words) for words in ("99/123456X", "1980-02-01", "Risk note")}
try:
    found = look() - EXAMPLES
    assert not found, "in clear: " + "\n".join(f"{words!r} in {name}" for name, words in sorted(found))
    # And it can fail: a word in a cell, in a file and inside base64 is found.
    db.do(f"insert into idempotency (id, request, exchange, created_at) values ('x', 'of {OWN['name']}', '{sent['id']}', 0)")
    (demo.folder / "planted").write_bytes(b"\0\1\2" + base64.b64encode(b"ab" + OWN["address"].encode()) + b"\0 " + b"Kieran wrote this")
    found = {(name, words.lower()) for name, words in look()}
    for name, words in (("table idempotency", OWN["name"]), ("file planted", "kieran")):
        assert (name, words.lower()) in found, (name, words, found)
    assert sum(name == "file planted" for name, _ in found) > 1, found
    raw = {name for name, words in found if OWN["name"].lower() in words}
    assert raw & {"file records.db-wal", "file records.db", "files of PostgreSQL", "pg_dump"}, raw
finally:
    shutil.rmtree(work)

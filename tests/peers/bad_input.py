"""Input as it must not be, by every way that there is. Each answer names the field and says what to do, in words that repeat nobody's data; nothing is
recorded of what is refused, and what can be kept is kept.

usage: bad_input.py DEMO_DIR GATEWAY_BINARY
"""

import base64, copy, json, re, socket, ssl, urllib.parse
import smime, styles, verify_receipt
from authority import CLIENT, Authority
from demo import ODD, Connection, database, multipart, settle
from mail import pdf, peer
from pages import Browser

demo = peer()
db = database(demo.folder)
ASKS, HOUSING, TRUST, UNIT = "london-probation", "southwark-housing", "london-mental-health", "london-coordination"
officer, practitioner = demo.officer("met-police"), demo.user(ASKS, "practitioner")
person = demo.nominals[0]
# In a form and on a page a lone carriage return is a space.
HIDDEN = {what: mark for what, mark in ODD.items() if mark != "\r"}
NAME = "Quentin{}Marchbanks"
heard = []


def counts():
    return [db.rows(f"select count(*) from {table}")[0][0] for table in ("exchange", "item", "cell", "delivery", "quarantine", "health_request")]


def nothing(act):
    """Does something of which nothing may be recorded."""
    before = counts()
    given = act()
    assert counts() == before, (str(given)[:300], before, counts())
    return given


def aloud(way, what, words, *needed):
    """An answer's words say what to do, and repeat nothing of a person."""
    heard.append((way, what, words))
    for word in needed:
        assert word.lower() in words.lower(), (way, what, word, words)
    # The examples of a PNC ID and of a birthday are this person's.
    said = words.replace("1999/0123456X", "…").replace("such as 1980-02-01", "…")
    for private in ("Quentin", "Marchbanks", person["name"], person["pnc_id"], person["date_of_birth"]):
        assert private not in said, (way, what, private, words)


def refused(way, what, answer, pointer, *needed):
    """A problem of one field."""
    status, problem = answer[0], json.loads(answer[1]) if isinstance(answer[1], bytes) else answer[1]
    assert status == 422, (way, what, status, problem)
    faults = {one["pointer"]: one["detail"] for one in problem["errors"]}
    assert pointer in faults, (way, what, pointer, faults)
    aloud(way, what, faults[pointer], *needed)


def post(body, **headers):
    return demo["met-police"].ask("/api/v1/exchanges", body, **headers)


def submission(**changes):
    return {**demo.submission(0, [ASKS, HOUSING]), **changes}


def named(name, **more):
    return {"identifiers": [{"kind": "NAME", "value": name}, {"kind": "PNC", "value": person["pnc_id"]}], **more}


# Characters that hide or end something, in each field that takes words: API, form, FHIR.
item = {"title": "Risk note", "category": "RISK", "text": "Seen at the gate."}
for what, mark in ODD.items():
    odd = NAME.format(mark)
    for pointer, body in {
        "/nominal/identifiers/0/value": submission(nominal=named(odd)),
        "/necessity": submission(necessity=odd),
        "/bases/0": submission(bases=[odd]),
        "/property": submission(property=odd),
        "/items/0/title": submission(items=[{**item, "title": odd}]),
        "/items/0/clinician": submission(items=[{**item, "category": "HEALTH_CLIN", "clinician": odd}]),
        "/recipients/0/reason": submission(recipients=[{"agency": ASKS, "reason": odd}]),
    }.items():
        refused("API", f"{what} in {pointer}", nothing(lambda: post(body)), pointer)
    exchange = submission(items=[{"title": odd, "category": "RISK", "document": "it"}])
    refused("API", f"{what} in a document's title", nothing(lambda: post(multipart(exchange, it=("application/pdf", b"%PDF-1.4")))), "/items/0/title")
example = {form: json.loads(demo[TRUST].ask(f"/schemas/{form}.json")[1])["examples"][0] for form in ("annex-f", "health-request")}
held = next(one for one in demo.nominals if one.get("prison_number"))
writer = demo.user("hmp-northgate", "practitioner")
for what, mark in HIDDEN.items():
    form = copy.deepcopy(example["annex-f"])
    form["answers"]["offender"]["given_names"] = NAME.format(mark)
    form.update(nominal={"ref": held["ref"]}, recipients=[UNIT])
    status, answer = nothing(lambda: demo["hmp-northgate"].json("/api/v1/annex-f", form, writer))
    assert status == 422 and answer["errors"][0]["pointer"] == "/answers/offender/given_names", (what, answer)
    aloud("form", what, answer["errors"][0]["detail"])
known = next(one for one in demo.nominals if TRUST in one["partners"] and ASKS in [*one["partners"], one["lead_agency"]] and one["level"] >= 2)
asked = {**example["health-request"], "nominal": {"ref": known["ref"]}, "recipients": [TRUST]}
status, made = demo[ASKS].json("/api/v1/health-requests", asked, practitioner)
assert status == 201, made
task = json.loads(demo[ASKS].ask(f"/fhir/R4/Task/{made['id']}", person=practitioner)[1])
sends = {name: value for name, value in task.items() if name not in ("id", "meta", "identifier", "lastModified", "authoredOn", "businessStatus", "output")}
FHIR = "application/fhir+json"


def fhir(resource):
    return demo[ASKS].ask("/fhir/R4/Task", (FHIR, json.dumps(resource).encode()), practitioner)


for what, mark in HIDDEN.items():
    resource = copy.deepcopy(sends)
    patient = next(one for one in resource["contained"] if one["resourceType"] == "Patient")
    patient["name"] = [{"text": NAME.format(mark)}]
    status, answer, _ = nothing(lambda: fhir(resource))
    answer = json.loads(answer)
    assert status == 422 and answer["resourceType"] == "OperationOutcome", (what, status, answer)
    aloud("FHIR", what, answer["issue"][0]["diagnostics"])

# In a browser: the page is shown again with what is wrong beside the field, and nothing is sent. In a draft it may lie: it is nobody's yet.
browser = Browser(demo).sign_in("met-police", "practitioner")
year, month, day = person["date_of_birth"].split("-")
filled = {"name": person["name"], "born-day": day, "born-month": month, "born-year": year, "pnc": person["pnc_id"], "to": [ASKS], "purpose": "MANAGE",
          "necessity": "whoever manages him must know", "basis": ["CJA 2003 s.325"], "title": "Risk note", "text": "Seen at the gate.", "category": "RISK"}


def portal(**changes):
    """Writes a message and goes as far as it goes: the page where it stops."""
    page = browser.get("/messages/new")
    basis = re.search(r'name="basis"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="basis"', page.markup)
    form = {**page.hidden, **filled, "basis": [basis[1] or basis[2]], **changes, "do": "check"}
    page = browser.post("/messages/new", form)
    if page.status == 303:
        page = browser.get(page.headers["Location"])
    return page


page = nothing(portal)
assert page.status == 200 and "Check before you send" in page.words, page.words
for what, mark in HIDDEN.items():
    for field in ("name", "necessity", "title"):
        page = nothing(lambda: portal(**{field: NAME.format(mark)}))
        assert page.status in (200, 422) and "There is a problem" in page.words, (what, field, page.status, page.words[:600])
        said = re.search(r"There is a problem (.{0,300})", page.words)[1]
        aloud("portal", f"{what} in {field}", said)
for what, changes, needed in [
    ("a wrong check letter", {"pnc": person["pnc_id"][:-1] + ("A" if person["pnc_id"][-1] != "A" else "B")}, "Check the PNC ID"),
    ("a date that is none", {"born-day": "31", "born-month": "2"}, "real date of birth"),
    ("nobody it is for", {"to": []}, "Choose who it is for"),
]:
    page = nothing(lambda: portal(**changes))
    assert page.status in (200, 422) and "There is a problem" in page.words, (what, page.status, page.words[:600])
    aloud("portal", what, re.search(r"There is a problem (.{0,200})", page.words)[1].replace(person["name"], ""), needed)

# Pieces of a file that begin where it does not go on, or are longer than what is left: it is said where it does, and nothing of them is kept.
page = browser.get("/messages/new")
token = page.hidden["token"]
place = browser.post("/messages/new", {**page.hidden, **filled, "do": "save"}).headers["Location"].partition("?")[0]
about = {"token": token, "name": "film.bin", "type": "application/octet-stream", "size": "10"}
there = f"{place}/files/" + json.loads(browser.post(f"{place}/files", about).body)["id"]


def piece(start, octets):
    page = browser.ask("POST", f"{there}?from={start}", octets, "application/octet-stream", **{"x-form-token": token})
    assert page.status == 200, (start, page.status, page.words[:600])
    return json.loads(page.body)


for start, octets in [(at, b"0123456789") for at in (1, 10, 11, -1, 2**63 - 1, -(2**63))] + [(0, b"0123456789a"), (0, b"x" * 200_000)]:
    said = piece(start, octets)
    assert (said["has"], said["whole"]) == (0, False), (start, said)
assert piece(0, b"0123456789")["whole"]

# A text is kept as it was written, to the byte; on a page what would turn or hide it is written out.
odd = "".join(f"{what}: {mark}\n" for what, mark in HIDDEN.items() if what != "no character")
status, answer, _ = post(submission(items=[{**item, "text": odd}]))
assert status == 201, answer
exchange = json.loads(answer)["id"]
assert demo[ASKS].ask(f"/api/v1/exchanges/{exchange}/documents/1")[1] == odd.encode()
page = Browser(demo).sign_in(ASKS, "practitioner").get(f"/messages/{exchange}")
assert page.status == 200 and not [mark for mark in HIDDEN.values() if mark in page.markup] and "\\u{202e}" in page.words, page.words



# By mail it is kept, and its sender is told what to mend: what is proved is never lost.
def exact(text, attachments=()):
    """A mail that carries each character of its text as it is."""
    coded = lambda head, octets: f"{head}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode() + smime.base64_lines(octets)
    files = [coded(f"Content-Type: {kind}\r\nContent-Disposition: attachment; filename*=UTF-8''{urllib.parse.quote(name)}", octets) for name, kind, octets in attachments]
    return styles.multipart("mixed", [coded('Content-Type: text/plain; charset="utf-8"', text.encode()), *files], styles.boundary("exact-"))


def received(said, **how):
    """A mail of the officer's: what became of it as its sender sees that, and in which words it is answered."""
    seen = demo.sent()
    mail, to = demo.sealed(said, officer, **how)
    assert demo.send(mail, officer.address, to)[0] == 250, said
    event, words, _ = demo.receipt(officer, seen)
    return demo.exchange("met-police", event["exchange"]), words.replace(person["name"], "")


def mailed(what, said, **how):
    """One that its sender has to complete: decided for nobody, and sent to nobody."""
    before = counts()
    view, words = received(said, **how)
    assert [now - was for now, was in zip(counts(), before)] == [1, len(said["items"]), 0, 0, 0, 0], (what, before, counts())
    aloud("mail", what, words, "Sign in here to see what is missing")
    return view


wrong = person["pnc_id"][:-1] + ("A" if person["pnc_id"][-1] != "A" else "B")
view = mailed("a wrong check letter", demo.submission(0, [ASKS], nominal={"identifiers": [{"kind": "PNC", "value": wrong}, {"kind": "DOB", "value": person["date_of_birth"]}]}))
assert view["state"] == "incomplete" and "/nominal" in view["missing"], view
for what, mark in ODD.items():
    odd = NAME.format(mark)
    view = mailed(f"{what} in a name, a reason and a basis", demo.submission(0, [ASKS], nominal=named(odd), necessity=odd, bases=[odd]), style=exact)
    assert view["state"] == "incomplete" and view["missing"] == ["/details", "/nominal", "/necessity", "/bases"], (what, view)
    # A file's name is cleaned of it, and so is a subject where nothing is hidden by that; else the mail is kept apart whole.
    cleaned, name = NAME.format({"\r": " "}.get(mark, mark[1:])), f"{odd}.pdf"
    paper = {"title": name, "category": "RISK", "document": "it"}
    view, _ = received(demo.submission(0, [ASKS], items=[item, paper]), documents={name: ("application/pdf", pdf(b"% paper"))}, style=exact)
    assert view["state"] == "released" and view["items"][1]["title"] == f"{cleaned}.pdf", (what, view)
    view, words = received(demo.submission(0, [ASKS]), subject=f"=?utf-8?b?{base64.b64encode(odd.encode()).decode()}?=")
    if what in ("NUL", "an escape", "a lone carriage return"):
        assert view["state"] == "released" and view["items"][0]["title"] == cleaned, (what, view)
    else:
        assert view["state"] == "quarantined" and view["deliveries"] == [] and mark not in json.dumps(view, ensure_ascii=False), (what, view)
        aloud("mail", f"{what} in a subject", words, "/items/0/title", "leave it out")

# Check letters and digits of every kind.
for kind, value in [("PNC", "99/123456A"), ("CRO", "123456/91A"), ("NHS", "9990001220"), ("PRISON", "A12345"), ("DOB", "2026-02-30"), ("DOB", "2999-01-01"), ("PNC", "x")]:
    refused("API", f"{kind} {value}", nothing(lambda: post(submission(nominal={"identifiers": [{"kind": kind, "value": value}, {"kind": "DOB", "value": "1980-02-01"}]}))),
            "/nominal/identifiers/0/value")

# Agencies: mistyped, suspended, of no protocol.
refused("API", "an agency mistyped", nothing(lambda: post(submission(recipients=["london-probaton"]))), "/recipients/0", "did you mean `london-probation`")
refused("API", "no agency at all", nothing(lambda: post(submission(recipients=["zzzzzzzzzz"]))), "/recipients/0", "ask the coordination unit")
refused("API", "an owner mistyped", nothing(lambda: post(submission(items=[{**item, "owner": "london-mental-heath"}]))), "/items/0/owner", "did you mean `london-mental-health`")
with demo.wire() as wire:
    wire.mail(officer.address)
    code, words = wire.rcpt(f"london-probaton@{demo.domain}")
assert code == 550, (code, words)
aloud("mail", "an agency mistyped", words.decode(), "before the @")
view, words = received(demo.submission(0, ["london-probaton"]), recipients=[demo.address(ASKS)])
assert view["deliveries"] == [], view
aloud("mail", "an agency mistyped in the details", words, "london-probation")
demo.run("agency", "suspend", HOUSING)
refused("API", "a suspended agency", nothing(lambda: post(submission())), "/recipients/1", "suspended")
# By mail it is one that is not there, and is again once it is restored.
def addressed(agency):
    with demo.wire() as wire:
        wire.mail(officer.address)
        return wire.rcpt(demo.address(agency))


code, words = addressed(HOUSING)
assert code == 550 and (code, words) == addressed("london-probaton"), (code, words)
demo.run("agency", "restore", HOUSING)
assert addressed(HOUSING)[0] == 250

# A proved mail of an agency that is suspended is answered as any other and kept apart; its sender is told nothing, and it goes once the agency is restored.
demo.run("agency", "suspend", "met-police")
settle(db)
seen, before, was = demo.sent(), counts(), demo.apart()
mail, to = demo.sealed(demo.submission(0, [ASKS]), officer)
code, words = demo.send(mail, officer.address, to)
assert code == 250 and b"kept as" in words, (code, words)
assert [now - then for now, then in zip(counts(), before)] == [0, 0, 0, 0, 1, 0], (before, counts())
((reason, _, whom),) = demo.apart()[len(was):]
assert (reason, whom) == ("sender-suspended", [ASKS]), (reason, whom)
assert db.rows("select agency from quarantine where reason = 'sender-suspended'") == [("met-police",)]
settle(db)
assert demo.sent().keys() == seen.keys(), "a mail about it was sent"
coordinator = Browser(demo).sign_in(UNIT, "coordinator")
coordinator.post("/coordination/reason", {**coordinator.get("/quarantine").hidden, "reason": "the morning round"})
assert "Its sender is suspended" in (page := coordinator.get("/quarantine")).words, page.words
demo.run("agency", "restore", "met-police")
assert demo.send(mail, officer.address, to)[0] == 250
event, _, _ = demo.receipt(officer, seen)
assert demo.exchange("met-police", event["exchange"])["state"] == "released"

# A client's certificate of the authority's own that nobody enrolled, and none at all: told in words. One of a foreign authority, and one of this that is
# for mail: refused in the handshake, by either TLS.
place = demo.folder / "certificates"
own, foreign = Authority.of_demo(demo, place / "own"), Authority.made(place / "foreign")
nobodys = own.issue("nobody", use=(CLIENT,), encrypting=False)
unknown, without = Connection(demo.state["api"], demo.state["ca"], nobodys.certificate, nobodys.key), demo.fresh("met-police")
without.wire._context = ssl.create_default_context(cafile=demo.state["ca"])
for what, line in (("a certificate that is not enrolled", unknown), ("no certificate", without)):
    for path, body in (("/api/v1/exchanges", submission()), ("/api/v1/inbox", None)):
        status, answer, headers = nothing(lambda: line.ask(path, body))
        assert (status, headers["WWW-Authenticate"], headers["Content-Type"]) == (401, "ClientCertificate", "application/problem+json"), (what, status, answer)
        aloud("API", what, json.loads(answer)["detail"], "show a client certificate that the gateway has enrolled for your agency")


def alert(certificate, key, newest):
    """What the gateway says to a certificate in the handshake, after which nothing is sent."""
    context = ssl.create_default_context(cafile=demo.state["ca"])
    context.load_cert_chain(certificate, key)
    context.maximum_version = newest
    host, port = demo.state["api"].removeprefix("https://").split(":")
    try:
        with context.wrap_socket(socket.create_connection((host, int(port)), timeout=30), server_hostname=host) as wire:
            return f"no alert, but {wire.recv(1)}"
    except ssl.SSLError as error:
        return error.reason


strange = foreign.issue("stranger", use=(CLIENT,), encrypting=False)
spoc = next(user for user in demo.agencies["met-police"]["users"] if user.get("smime_cert"))
for newest in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
    assert (said := alert(strange.certificate, strange.key, newest)).endswith("ALERT_UNKNOWN_CA"), said
    assert (said := alert(spoc["smime_cert"], spoc["smime_key"], newest)).endswith("ALERT_UNSUPPORTED_CERTIFICATE"), said

# Somebody of another area: the exchange goes to that area's log and coordinator.
demo.run("area", "add", "kent", "--name", "Kent", "--origin", "gateway.example/kent")
for agency, kind in (("kent-police", "police"), ("kent-coordination", "coordination"), ("kent-probation", "probation")):
    demo.run("agency", "add", agency, "--name", agency, "--kind", kind, "--area", "kent", "--signed-on", "2026-01-05", "--signed-until", "2027-12-31")
there = demo.run("nominal", "add", "--area", "kent", "--level", "2", "--category", "1", "--lead", "kent-police", "--partner", "kent-probation", "--partner", "met-police",
                 "--identifier=CRN=K123456", "--identifier=DOB=1975-05-05", "--identifier=NAME=Kenneth Weald").split()[-1]
body = demo.submission(recipients=["kent-probation"], nominal={"identifiers": [{"kind": "CRN", "value": "K123456"}, {"kind": "DOB", "value": "1975-05-05"}]})
status, answer, _ = post(body)
sent = json.loads(answer)
assert status == 201 and sent["nominal"] == there and sent["state"] == "released", sent
opening = json.loads(base64.b64decode(sent["receipt"].split("\n")[1].removeprefix("extra ")))
assert opening["event"]["area"] == "kent", opening
assert db.rows(f"select area from exchange where id = '{sent['id']}'") == [("kent",)]
# It is proved by Kent's key and not by London's, to the gateway's own command and to the verifier that is not ours.
keys = {area["id"]: area["verifier_key"] for area in json.loads(demo.run("area", "list", "--json"))["areas"]}
proof = demo.folder / "kent.tlog-proof"
proof.write_text(sent["receipt"])
for area, holds in (("kent", True), ("london", False)):
    demo.command("receipt", "verify", proof, "--key", keys[area], status=0 if holds else 1)
    try:
        entry = verify_receipt.check_receipt(sent["receipt"], verify_receipt.read_key(keys[area]))
        assert holds, f"a receipt of Kent's holds by the key of {area}"
        verify_receipt.check_log(f"{demo.state['api']}/ledger/{area}", demo.state["ca"], verify_receipt.read_key(keys[area]), *entry)
    except ValueError as wrong:
        assert not holds and f"not signed by `{keys[area].split('+')[0]}`" in str(wrong), (area, wrong)
# Kent's coordinator sees it in the person's record; for London's there is neither.
ours = own.issue("kent-coordination", use=(CLIENT,), encrypting=False)
demo.run("key", "add", "kent-coordination", "--certificate", ours.certificate)
demo.run("user", "add", "coordinator@kent.example", "--agency", "kent-coordination", "--name", "K. Ordinator", "--role", "coordinator")
kents, record = Connection(demo.state["api"], demo.state["ca"], ours.certificate, ours.key), f"/api/v1/nominals/{there}"
for what in (record, f"{record}/events", f"/api/v1/exchanges/{sent['id']}"):
    status, answer = demo[UNIT].json(what, person=demo.user(UNIT, "coordinator"))
    assert status == 404, (what, status, answer)
seen = {event["exchange"] for event in kents.all(f"{record}/events", "events", "coordinator@kent.example")}
assert sent["id"] in seen, seen


# Bodies that are longer or shorter than they say.
def raw(head, body, ends=True, waits=True):
    """A request by hand, after which the line ends unless it is to stay; all that comes back, unless nobody waits for it."""
    context = ssl.create_default_context(cafile=demo.state["ca"])
    who = demo.agencies["met-police"]
    context.load_cert_chain(who["api_cert"], who["api_key"])
    host, port = demo.state["api"].removeprefix("https://").split(":")
    with context.wrap_socket(socket.create_connection((host, int(port)), timeout=30), server_hostname=host) as wire:
        wire.sendall(("\r\n".join(["POST /api/v1/exchanges HTTP/1.1", f"Host: {host}", "Content-Type: application/json", *head]) + "\r\n\r\n").encode() + body)
        # A TLS socket's own way would stop reading in TLS as well.
        if ends:
            super(ssl.SSLSocket, wire).shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while waits and (more := wire.recv(1 << 16)):
                answer += more
        except (ConnectionError, ssl.SSLError, TimeoutError):
            pass
        return answer


def answers(answer):
    """(status, body) of each answer on a line."""
    found = re.split(rb"(?<![\w/])HTTP/1\.1 (\d{3}) [^\r]*\r\n", b"\n" + answer)[1:]
    return [(int(status), said.partition(b"\r\n\r\n")[2]) for status, said in zip(found[::2], found[1::2])]


good = json.dumps(submission()).encode()
chunk, said = b"%x\r\n%s\r\n" % (len(good), good), f"Content-Length: {len(good)}"
for what, head, body in (
    ("shorter than it says", [f"Content-Length: {len(good) + 50}"], good),
    ("longer than it says", [f"Content-Length: {len(good) - 20}", "Connection: close"], good),
    ("of a chunk that is shorter than it says", ["Transfer-Encoding: chunked"], b"%x\r\n" % (len(good) + 9) + good),
    ("without its last chunk", ["Transfer-Encoding: chunked"], chunk),
):
    ((status, answer),) = answers(nothing(lambda: raw(head, body)))
    assert status == 400, (what, status, answer)
    aloud("API", f"a body {what}", json.loads(answer)["detail"], "send")
    # Whoever is gone hears nothing of it, and nothing is there.
    nothing(lambda: raw(head, body, waits=False))
((status, _),) = answers(nothing(lambda: raw([said, f"Content-Length: {len(good) - 20}"], good)))
assert status == 400, status
# What comes after a whole one is no second one: not another's body, not what looks like a request, not a request on a line that was to end.
# Where two lengths are told, the chunks count, nothing of them is left over, and the line ends.
second = b"POST /api/v1/exchanges HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
whole = second + f"{said}\r\n\r\n".encode() + good
for what, head, body, expected in (
    ("a second body", [said], good + good, {201, 400}),
    ("a request that does not say how long it is", [said], good + second + b"\r\n" + good, {201, 400}),
    ("a request", [said, "Connection: close"], good + whole, {201}),
    ("a request, after two lengths", [f"Content-Length: {len(good) - 20}", "Transfer-Encoding: chunked"], chunk + b"0\r\n\r\n" + whole, {201}),
):
    before, given = counts(), answers(raw(head, body, ends=False))
    assert given[0][0] == 201 and {status for status, _ in given} == expected, (what, given)
    assert [now - was for now, was in zip(counts(), before)] == [1, 1, 2, 2, 0, 0], (what, before, counts())
    status, text, _ = demo[ASKS].ask(f"/api/v1/exchanges/{json.loads(given[0][1])['id']}/documents/1")
    assert (status, text) == (200, b"Seen at the school gate."), (what, status, text)
large = b'{"necessity": "' + b"x" * (40 << 20)
answer = nothing(lambda: raw([f"Content-Length: {len(large)}"], large))
assert answer.startswith(b"HTTP/1.1 413"), answer[:300]
aloud("API", "a body larger than any", json.loads(answer.partition(b"\r\n\r\n")[2])["detail"])
kind, body = multipart(submission(items=[{"title": "a.pdf", "category": "RISK", "document": "it"}]), it=("application/pdf", b"%PDF-1.4" + bytes(100_000)))
status, answer, _ = nothing(lambda: post((kind, body[:-2000])))
assert status == 400, (status, answer)
aloud("API", "multipart without its end", json.loads(answer)["detail"])
status, answer, _ = nothing(lambda: post((kind, body.replace(b'name="it"', b'name="other"'))))
assert status == 422, (status, answer)
aloud("API", "a document that is not there", json.dumps(json.loads(answer)["errors"]), "/items/0/document")
with demo.wire() as wire:
    code, words = wire.docmd("MAIL", f"FROM:<{officer.address}> SIZE=104857601")
assert code == 552, (code, words)
aloud("mail", "a mail larger than any", words.decode())
# A mail that is cut short, and is taken: kept apart as it came, with its reason, and nobody's exchange.
mail, to = demo.sealed(submission(), officer)
cut = mail[: len(mail) // 2].rpartition(b"\r\n")[0] + b"\r\n"
assert nothing(lambda: demo.send(cut, "x@elsewhere.example", ["nobody@elsewhere.example"]))[0] == 550
settle(db)
seen, before, was = demo.sent(), counts(), demo.apart()
code, words = demo.send(cut, officer.address, to)
assert code == 250 and b"kept as" in words, (code, words)
assert [now - then for now, then in zip(counts(), before)] == [0, 0, 0, 0, 1, 0], (before, counts())
((reason, size, whom),) = demo.apart()[len(was):]
assert reason in ("unreadable", "not-opened") and (size, whom) == (len(cut), [ASKS, HOUSING]), (reason, size, len(cut), whom)
settle(db)
assert demo.sent().keys() == seen.keys(), "a mail about it was sent"

# A cursor of another's list, or changed; a key with another body.
for n in range(3):
    assert post(submission(necessity=f"{n}"))[0] == 201
status, page = demo[ASKS].json("/api/v1/inbox?limit=1")
assert page["next"]
for agency, path in ((HOUSING, "/api/v1/inbox?cursor="), (ASKS, "/api/v1/exchanges?cursor="), (HOUSING, "/api/v1/exchanges?cursor=")):
    status, problem = demo[agency].json(path + page["next"])
    assert status == 400, (agency, path, problem)
    aloud("API", "a cursor from another agency", problem["detail"], "leave it out")
status, problem = demo[ASKS].json("/api/v1/inbox?cursor=" + page["next"][:-1] + ("A" if page["next"][-1] != "A" else "B"))
assert status == 400, problem
assert post(submission(), Idempotency_Key="bad-1")[0] == 201
status, answer, _ = nothing(lambda: post(submission(necessity="another"), Idempotency_Key="bad-1"))
assert status == 409, answer
aloud("API", "an idempotency key with another body", json.loads(answer)["detail"], "key")
assert demo[HOUSING].json("/api/v1/exchanges", demo.submission(0, ["met-police"]), Idempotency_Key="bad-1")[0] == 201, "another agency's key is another key"

# A document without a label is held, by the API and by mail; one that is not what it says as well.
def held_beside(what, sent):
    """The second item waits for a person, the first does not."""
    assert {cell["outcome"] for cell in sent["decisions"] if cell["item"] == 2} == {"hold"}, (what, sent)
    assert {cell["outcome"] for cell in sent["decisions"] if cell["item"] == 1} == {"permit"}, (what, sent)


status, answer, _ = post(submission(items=[item, {"title": "paper", "text": "What is this?"}]))
held_beside("by the API", json.loads(answer))
held_beside("by mail", received(demo.submission(0, [ASKS], items=[item, {"title": "paper.pdf", "document": "it"}]), documents={"paper.pdf": ("application/pdf", pdf(b"% paper"))})[0])
PROGRAM = b"MZ\x90\0" + bytes(range(256)) * 400
for what, title, kind, content, finds in (
    ("a program that says it is a report", "report.pdf", "application/pdf", PROGRAM, "is called a PDF but its content is a Windows program"),
    ("an archive under another type", "report", "application/pdf", b"PK\x03\x04" + bytes(900), "is called a PDF but its content is a ZIP archive"),
    ("a program by its name", "setup.exe", "application/octet-stream", b"\1\2\3", "could run"),
):
    status, answer, _ = post(multipart(submission(items=[item, {"title": title, "category": "RISK", "document": "it"}]), it=(kind, content)))
    sent = json.loads(answer)
    assert status == 201, (what, status, sent)
    held_beside(what, sent)
    aloud("API", what, "; ".join(sent["warnings"]), finds, "waits for a person")
status, answer, _ = post(multipart(submission(items=[{"title": "report.pdf", "category": "RISK", "document": "it"}]), it=("application/pdf", b"%PDF-1.7\n" + PROGRAM)))
sent = json.loads(answer)
assert status == 201 and not sent.get("warnings") and {cell["outcome"] for cell in sent["decisions"]} == {"permit"}, sent
# What is not whole goes to nobody, and its sender is shown what is missing.
status, answer, _ = post(submission(necessity=None))
sent = json.loads(answer)
assert sent["state"] == "incomplete" and sent["missing"] == ["/necessity"], (status, sent)
page = Browser(demo).sign_in("met-police", "spoc").get(f"/messages/{sent['id']}")
assert page.status == 200 and "why it is needed" in page.words and "send it again with what is missing" in page.words, page.words
settle(db)
demo.run("ledger", "verify", "--key", demo.key)
demo.lives()
for way, what, words in heard:
    print(f"{way}: {what}: {words[:240]}")

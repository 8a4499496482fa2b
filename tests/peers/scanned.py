"""Documents by the API go past a real clamd, which knows EICAR's test file, before they are anybody's: malware in one item refuses the whole
request, is kept apart and readable by nobody; what the scanner cannot take waits for a person; while the scanner is away nothing is taken, and the
same request, under the same key, is taken when it is back.

usage: scanned.py FOLDER GATEWAY_BINARY
"""

import json, pathlib, sys, uuid
from clamd import clamd
from demo import database, multipart
from mail import pdf
from postfix import free_port
from running import Gateway

folder, CLAMD = pathlib.Path(sys.argv[1]), free_port()
daemon = clamd(folder, CLAMD, CLAMD_STREAM_MAX="5M")
gateway = Gateway(folder, sys.argv[2], "--clamd", f"127.0.0.1:{CLAMD}")
demo = gateway.start()
police, probation = demo["met-police"], demo.user("london-probation", "spoc")
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
PLAN, LARGE = pdf(b"% a plan\n" * 30000), pdf(b"% a plan\n" * 700000)
text = {"title": "Risk note", "category": "RISK", "text": "Seen at the school gate."}


def count(table):
    records = database(demo.folder)
    try:
        return records.rows(f"select count(*) from {table}")[0][0]
    finally:
        records.close()


def counts():
    return tuple(count(table) for table in ("exchange", "item", "delivery", "hold", "quarantine"))


def post(*files, query="", key=None, items=(text,)):
    """An exchange of these items and documents: the status, the answer, its header fields."""
    documents = {f"d{n}": (kind, content) for n, (kind, content) in enumerate(files)}
    named = [{"title": f"paper {n}", "category": "RISK", "document": name} for n, name in enumerate(documents)]
    said = demo.submission(items=[*items, *named])
    headers = {"Idempotency-Key": key} if key else {}
    kind, body = multipart(said, **documents) if documents else ("application/json", json.dumps(said).encode())
    wire = demo.fresh("met-police").wire
    wire.request("POST", "/api/v1/exchanges" + query, body, {"Content-Type": kind, **headers})
    answer = wire.getresponse()
    return answer.status, json.loads(answer.read()), answer.headers


def infected(item, *files, **how):
    before, preview = counts(), how.get("query")
    status, problem, headers = post(*files, **how)
    assert status == 422 and headers["Content-Type"] == "application/problem+json", (status, problem)
    assert problem["type"] == "urn:mappa-gateway:problem:malware" and problem["title"] and "take out" in problem["detail"], problem
    assert [one["pointer"] for one in problem["errors"]] == [f"/items/{item - 1}"] and f"item {item} " in problem["errors"][0]["detail"], problem
    grown = tuple(now - was for now, was in zip(counts(), before))
    assert grown == (0, 0, 0, 0, 0 if preview else 1), (item, grown)
    assert demo["london-probation"].all("/api/v1/inbox", "deliveries") == [], "nothing of it is delivered"
    if not preview:
        reason, size, addressed = demo.apart()[-1]
        assert (reason, addressed) == ("malware", ["london-probation"]), demo.apart()[-1]


# Malware: in a document alone, behind megabytes, in the second of three, in an item of text, in a JSON post; also in a preview.
infected(2, ("application/pdf", EICAR))
infected(2, ("application/pdf", PLAN + EICAR))
infected(3, ("application/pdf", PLAN), ("application/octet-stream", EICAR), ("application/pdf", PLAN))
infected(1, items=[{**text, "text": EICAR.decode()}])
infected(1, ("application/pdf", PLAN), items=[{**text, "text": EICAR.decode()}])
infected(2, ("application/pdf", EICAR), query="?dry_run=true")
said = demo.words()
assert "Eicar-Test-Signature" in said and EICAR.decode() not in said and "Risk note" not in said, "the signature is logged, no content"
# It lies sealed: in no file and no row in clear, and what was sealed beside it is not kept.
records = database(demo.folder)
try:
    live = [row[0] for row in records.rows("select id from blob")]
    kept = {row[0] for row in records.rows("select blob from quarantine where blob is not null")}
finally:
    records.close()
assert set(live) == kept, (live, kept)
for file in demo.folder.rglob("*"):
    if file.is_file() and "clamd" not in file.parts and file.name != "scanned.py":
        assert EICAR not in file.read_bytes(), file

# Clean goes through, and comes out as it went in.
status, answer, _ = post(("application/pdf", PLAN))
assert status == 201 and answer["state"] == "released" and answer["warnings"] == [], answer
own = demo.exchange("london-probation", answer["id"])
assert demo.documents("london-probation", own, "spoc") == [text["text"].encode(), PLAN]

# Larger than the scanner takes: held, with words for whoever decides, and never delivered unseen; what is beside it goes.
status, answer, _ = post(("application/pdf", LARGE))
assert status == 201, (status, answer)
assert {(cell["item"], cell["outcome"]) for cell in answer["decisions"]} == {(1, "permit"), (2, "hold")}, answer["decisions"]
assert len(answer["warnings"]) == 1 and "item 2" in answer["warnings"][0] and "too large" in answer["warnings"][0], answer["warnings"]
(hold,) = [
    hold
    for agency in demo.agencies
    for user in demo.agencies[agency]["users"][:1]
    for hold in demo[agency].all("/api/v1/holds", "holds", user["email"])
    if hold["exchange"] == answer["id"]
]
assert hold["item"]["category"] == "UNLABELLED" and any("malware" in note for note in hold["item"].get("notes", hold.get("notes", []))), hold

# The scanner is away: nothing is taken, whatever it is; it comes back, and the same request under the same key is one exchange.
daemon.terminate()
daemon.wait()
key, before = str(uuid.uuid4()), counts()
for files in ((("application/pdf", PLAN),), (), (("application/pdf", PLAN), ("application/pdf", PLAN[:9000]))):
    status, problem, headers = post(*files, key=key)
    assert status == 503 and int(headers["Retry-After"]) > 0, (status, problem, headers)
    assert problem["type"] == "urn:mappa-gateway:problem:unavailable" and "nothing was recorded" in problem["detail"], problem
assert counts() == before, (before, counts())
daemon = clamd(folder, CLAMD, CLAMD_STREAM_MAX="5M")
answers = [post(("application/pdf", PLAN), key=key) for _ in range(2)]
assert [status for status, *_ in answers] == [201, 201] and len({answer["id"] for _, answer, _ in answers}) == 1, answers
assert count("exchange") == before[0] + 1
demo.lives()
daemon.terminate()
daemon.wait()
demo.run("ledger", "verify", "--key", demo.key)
print("nothing goes on that was not looked at")

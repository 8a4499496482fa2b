"""The story over a running demo, with curl, Python and OpenSSL-made files only.

usage: story.py DEMO_DIR GATEWAY_BINARY
Each step is an assertion; the last line is `story holds`.
"""
import json, pathlib, subprocess, sys, urllib.request

folder, gateway = pathlib.Path(sys.argv[1]), sys.argv[2]
demo = json.loads((folder / "demo.json").read_text())
agencies = {agency["id"]: agency for agency in demo["agencies"]}
nominal = demo["nominals"][0]
report = folder / "story.pdf"
report.write_bytes(b"%PDF-1.4\n" + bytes(range(256)) * 2000)


def call(agency, path, *more, person=None):
    who = agencies[agency]
    command = ["curl", "-s", "--cacert", demo["ca"], "--cert", who["api_cert"], "--key", who["api_key"],
               "-w", "\n%{http_code}", demo["api"] + path, *more]
    if person:
        command += ["-H", "X-On-Behalf-Of: " + person]
    body, _, status = subprocess.run(command, capture_output=True, check=True).stdout.rpartition(b"\n")
    return int(status), body


def asked(agency, path, body=None, person=None, method=None):
    more = ["-H", "Content-Type: application/json", "-d", json.dumps(body)] if body is not None else []
    status, answer = call(agency, path, *more, *(["-X", method] if method else []), person=person)
    return status, json.loads(answer)


def user(agency, role):
    return next(u["email"] for u in agencies[agency]["users"] if u["role"] == role)


def submission(**changes):
    body = {"nominal": {"identifiers": [{"kind": "PNC", "value": nominal["pnc_id"]},
                                        {"kind": "DOB", "value": nominal["date_of_birth"]}]},
            "recipients": ["southwark-housing", "london-probation"], "purpose": "MANAGE",
            "necessity": "whoever houses him must know", "bases": ["CJA 2003 s.325"],
            "items": [{"title": "Risk note", "category": "RISK", "text": "Seen at the school gate."},
                      {"title": "report.pdf", "category": "HEALTH_CLIN", "owner": "london-mental-health",
                       "document": "report"}]}
    return {**body, **changes}


def post(body, query=""):
    status, answer = call("met-police", "/api/v1/exchanges" + query,
                          "-F", "exchange=" + json.dumps(body) + ";type=application/json",
                          "-F", f"report=@{report};type=application/pdf")
    return status, json.loads(answer)


def cells(answer):
    return {(c["recipient"], c["item"]): (c["outcome"], [r["rule"] for r in c["rules"]]) for c in answer["decisions"]}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


# 4. A preview sends nothing.
before = len(asked("southwark-housing", "/api/v1/inbox")[1]["deliveries"])
status, preview = post(submission(), "?dry_run=true")
assert status == 200 and preview.get("id") is None and preview.get("receipt") is None, preview
assert len(asked("southwark-housing", "/api/v1/inbox")[1]["deliveries"]) == before

# 1. The police post; the matrix answers in words.
status, sent = post(submission())
assert status == 201 and sent["state"] == "released", sent
matrix = cells(sent)
assert matrix == cells(preview)
assert matrix["southwark-housing", 1][0] == "permit"
assert matrix["southwark-housing", 2][0] == "refuse" and "ISP-17" in matrix["southwark-housing", 2][1]
assert matrix["london-probation", 1][0] == "permit"
assert matrix["london-probation", 2][0] == "hold"
exchange = "/api/v1/exchanges/" + sent["id"]

# 2. Probation takes what is its own; the rest is as if it were not there.
inbox = asked("london-probation", "/api/v1/inbox")[1]["deliveries"]
delivery = next(d for d in inbox if d["exchange"] == sent["id"])
assert [i["title"] for i in delivery["items"]] == ["Risk note"]
assert call("london-probation", exchange + "/documents/1", "--head")[0] == 405
unread = next(d for d in asked("met-police", exchange)[1]["deliveries"] if d["recipient"] == "london-probation")
assert unread["state"] != "opened", unread
assert call("london-probation", exchange + "/documents/1") == (200, b"Seen at the school gate.")
held = call("london-probation", exchange + "/documents/2")
absent = call("london-probation", "/api/v1/exchanges/00000000-0000-7000-8000-000000000000/documents/1")
stranger = call("capital-tagging", exchange)
assert held == absent == stranger and held[0] == 404, (held, absent, stranger)
assert call("london-probation", f"/api/v1/inbox/{delivery['id']}/acknowledge", "-X", "POST")[0] == 200
deliveries = asked("met-police", exchange)[1]["deliveries"]
assert next(d for d in deliveries if d["recipient"] == "london-probation")["state"] == "acknowledged"

# 3. The Caldicott guardian approves, with reasons that cannot be empty.
guardian = user("london-mental-health", "caldicott")
holds = asked("london-mental-health", "/api/v1/holds", person=guardian)[1]["holds"]
hold = "/api/v1/holds/" + next(h["id"] for h in holds if h["exchange"] == sent["id"])
status, problem = asked("london-mental-health", hold, {"decision": "approve", "reasons": " "}, guardian)
assert status == 422 and problem["errors"][0]["pointer"] == "/reasons", problem
assert asked("london-mental-health", hold, {"decision": "approve", "reasons": "needed for the plan"}, guardian)[0] == 200
status, body = call("london-probation", exchange + "/documents/2", person=user("london-probation", "spoc"))
assert status == 200 and body == report.read_bytes()
assert call("southwark-housing", exchange + "/documents/2", person=user("southwark-housing", "spoc"))[0] == 404

# 5. Incomplete is kept; the coordinator alone sees candidates and matches.
one = {"identifiers": [{"kind": "PNC", "value": nominal["pnc_id"]}]}
none = {"identifiers": [{"kind": "PNC", "value": "1999/1234567B"}]}
(s1, partly), (s2, nobody) = post(submission(nominal=one)), post(submission(nominal=none))
assert s1 == s2 == 201 and partly["state"] == nobody["state"] == "incomplete"
assert partly["missing"] == nobody["missing"] == ["/nominal"] and partly["decisions"] == []
assert asked("met-police", "/api/v1/unmatched")[0] in (403, 404)
coordinator = user("london-coordination", "coordinator")
unmatched = asked("london-coordination", "/api/v1/unmatched", person=coordinator)[1]["unmatched"]
assert any(u["exchange"] == partly["id"] for u in unmatched)
status, matched = asked("london-coordination", "/api/v1/unmatched/" + partly["id"],
                        {"nominal": nominal["ref"], "reasons": "the officer rang to confirm"}, coordinator)
assert status in (200, 201) and matched["state"] == "released", matched
status, problem = post(submission(nominal={"identifiers": [{"kind": "PNC", "value": "99/123456A"}]}))
assert status == 422 and problem["errors"][0]["pointer"].startswith("/nominal/identifiers/0"), problem
status, waits = post(submission(necessity=None))
assert waits["missing"] == ["/necessity"]
status, completed = asked("met-police", "/api/v1/exchanges/" + waits["id"], {"necessity": "as before"}, method="PATCH")
assert status == 200 and completed["state"] == "released", completed

# 5, in an emergency: somebody unknown gets a provisional nominal; the coordinator says who it was.
officer = user("met-police", "spoc")
alarm = submission(nominal={"identifiers": [{"kind": "NAME", "value": "Nobody Known"}]}, recipients=["london-probation"],
                   items=[{"title": "Alarm", "category": "RISK", "text": "A man at the school gate, with a knife."}],
                   emergency={"statement": "he is there now", "confirm_recipients": ["london-probation"]})
status, problem = asked("met-police", "/api/v1/exchanges", alarm)
assert status == 422 and problem["errors"][0]["pointer"] == "/emergency", problem
status, alarmed = asked("met-police", "/api/v1/exchanges", alarm, officer)
assert status == 201 and alarmed["state"] == "released" and alarmed["nominal"], alarmed
assert call("london-probation", f"/api/v1/exchanges/{alarmed['id']}/documents/1")[0] == 200
provisional = alarmed["nominal"]
status, known = asked("london-coordination", "/api/v1/unmatched/" + alarmed["id"],
                      {"nominal": nominal["ref"], "reasons": "he was arrested and named"}, coordinator)
assert known["nominal"] == nominal["ref"] != provisional, known
status, record = asked("london-coordination", "/api/v1/nominals/" + provisional, person=coordinator)
assert status == 200 and nominal["ref"] in json.dumps(record), record

# What was wrong is corrected wherever it went, though the correction names one recipient.
correction = submission(recipients=["london-probation"], items=[
    {"title": "Corrected", "category": "RISK", "text": "It was another man at the school gate.",
     "corrects": {"exchange": sent["id"], "item": 1}}])
status, corrected = asked("met-police", "/api/v1/exchanges", correction)
assert {c["recipient"] for c in corrected["decisions"]} == {"london-probation", "southwark-housing"}, corrected
assert call("southwark-housing", f"/api/v1/exchanges/{corrected['id']}/documents/1")[0] == 200
assert asked("southwark-housing", exchange)[1]["items"][0]["corrected"] is True

# 6. The timeline, for those who may see it.
events, cursor = [], ""
while cursor is not None:
    page = asked("london-coordination", f"/api/v1/nominals/{nominal['ref']}/events?limit=200" + cursor, person=coordinator)[1]
    events += page["events"]
    cursor = page["next"] and "&cursor=" + page["next"]
kinds = {e["kind"] for e in events if e["exchange"] == sent["id"]}
assert {"exchange-recorded", "hold-approved", "item-read", "delivery-moved"} <= kinds, kinds
assert all(e["proof"].startswith("c2sp.org/tlog-proof@v1\n") for e in events)
assert call("capital-tagging", f"/api/v1/nominals/{nominal['ref']}/events", person=user("capital-tagging", "spoc"))[0] == 404

# 3, later. An unanswered hold escalates by its clock.
post(submission())
move = urllib.request.Request(demo["ops"] + "/clock", json.dumps({"advance": "P7D"}).encode(),
                              {"Content-Type": "application/json"})
urllib.request.urlopen(move).read()
escalated = asked("london-coordination", "/api/v1/holds?limit=200", person=coordinator)[1]["holds"]
assert any(h["role"] == "caldicott" for h in escalated), escalated

# 7. Receipts and the log verify, by ours and by a verifier that is not; a changed bit does not.
receipt, key = folder / "story.tlog-proof", folder / "story.key"
receipt.write_text(sent["receipt"])
key.write_text(demo["ledger"]["verifier_key"])
independent = str(pathlib.Path(__file__).parent / "verify_receipt.py")
ledger = [demo["api"] + "/ledger", "--ca", demo["ca"]]
for command in ([gateway, "receipt", "verify", str(receipt), "--key", str(key)],
                [gateway, "ledger", "verify", "--key", str(key), "--url", *ledger],
                [gateway, "ledger", "verify", "--key", str(key), "--dir", str(folder)],
                [gateway, "policy", "explain", "--dir", str(folder), sent["id"]],
                [sys.executable, independent, str(receipt), "--key", str(key), "--tiles", *ledger]):
    done = run(*command)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
lines = sent["receipt"].split("\n")
for place in (1, 2, 3):  # the opening, the index, the first hash of the path
    changed = list(lines)
    middle = len(changed[place]) - 5 if place != 2 else len(changed[place]) - 1
    changed[place] = changed[place][:middle] + ("1" if changed[place][middle] != "1" else "2") + changed[place][middle + 1:]
    (folder / "changed.tlog-proof").write_text("\n".join(changed))
    done = run(gateway, "receipt", "verify", str(folder / "changed.tlog-proof"), "--key", str(key))
    assert done.returncode == 1, (place, done.stdout, done.stderr)
print("story holds")

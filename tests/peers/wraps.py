"""A key for each reader and item that is permitted, and for no other: what the database wraps is what the API's answers permit, cell for cell,
over a month's exchanges and a mix of this script's own; and when one more wrap lies there, it shows.

usage: wraps.py DEMO_DIR GATEWAY_BINARY
"""

import collections, json, random, urllib.request

from demo import database, peer, settle

demo = peer()
db = database(demo.folder)
chance = random.Random(17)
UNIT, TRUST, ASKS = "london-coordination", "london-mental-health", "london-probation"
OWN_KEY = next(agency["id"] for agency in demo.state["agencies"] if agency.get("custody") == "agency")
coordinator = demo.user(UNIT, "coordinator")
KINDS = ["RISK", "HEALTH_CLIN", "HEALTH_RISK", "VICTIM", "INTEL", "OFFENCE", "LOCATION", "SUBSTANCE", "CHILD", "CUSTODY", "MINUTES", None]
seen = collections.Counter()


def ask(agency, path, body=None, by=None, method=None, expected=(200, 201)):
    status, answer = demo[agency].json(path, body, by, method)
    assert status in expected, (path, status, answer)
    return answer


def says(view):
    """What an answer permits, holds and refuses."""
    return {(cell["recipient"], cell["item"]): cell["outcome"] for cell in view["decisions"]}


def permitted():
    """(exchange, reader, item) of each cell that a sender's view of each exchange permits; of what was withdrawn none opens any more."""
    cells = set()
    for id, sender in db.rows("select id, sender from exchange"):
        view = ask(sender, f"/api/v1/exchanges/{id}")
        if not view.get("withdrawn"):
            cells |= {(id, reader, item) for (reader, item), outcome in says(view).items() if outcome == "permit"}
    return cells


def wrapped():
    """The same of each wrap that opens for anybody."""
    rows = db.rows("select w.exchange, w.agency, i.n from wrap w join item i on i.id = w.item and i.exchange = w.exchange where w.state = 'active'")
    assert len(rows) == len(set(rows)), "a reader has an item twice"
    return set(rows)


def alike(when):
    settle(db)
    cells, wraps = permitted(), wrapped()
    assert cells == wraps, (when, "permitted and not wrapped:", cells - wraps, "wrapped and not permitted:", wraps - cells)
    (number,), = db.rows("select count(*) from wrap where state = 'active'")
    assert number == len(cells), (when, number, len(cells))
    return len(cells)


def decide(share):
    """Whoever may decide what is held does, by chance."""
    for agency in demo.state["agencies"]:
        for user in agency["users"]:
            for hold in demo[agency["id"]].all("/api/v1/holds", "holds", user["email"]):
                if chance.random() > share:
                    continue
                word = chance.choice(["approve", "approve", "refuse"])
                body = {"decision": word, "reasons": "as the plan says"}
                if hold["item"]["category"] == "UNLABELLED" and word == "approve":
                    body["category"] = "RISK"
                status, answer = demo[agency["id"]].json(f"/api/v1/holds/{hold['id']}", body, user["email"])
                seen[f"{word} {status}"] += 1
                assert status in (200, 403, 409, 422), (hold, answer)


assert alike("the month") > 20

# Posts of every kind of information, from and to all sorts: permitted, held and refused, several items and readers at a time.
agencies = [agency["id"] for agency in demo.state["agencies"]]
posted = []
for n in range(40):
    person = demo.nominals[n % len(demo.nominals)]
    near = [agency for agency in [*person["partners"], person["lead_agency"]] if agency in agencies]
    sender = chance.choice(near)
    others = [agency for agency in agencies if agency != sender]
    recipients = {*chance.sample(others, chance.randint(1, 3)), *chance.sample([agency for agency in near if agency != sender], 1)}
    if n % 5 == 0 and OWN_KEY != sender:
        recipients.add(OWN_KEY)
    items = []
    for piece in range(chance.randint(1, 4)):
        kind = chance.choice(KINDS)
        item = {"title": f"Note {n}-{piece}", "text": f"Words of note {n}-{piece}, which nobody has written before."}
        items.append({**item, **({"category": kind} if kind else {}), **({"owner": TRUST} if kind and kind.startswith("HEALTH") else {})})
    body = demo.submission(n % len(demo.nominals), sorted(recipients), items=items)
    if n % 11 == 10:
        body["necessity"] = None
    if n % 13 == 12:
        body["nominal"] = {"identifiers": body["nominal"]["identifiers"][:1]}
    if n % 7 == 6:
        ask(sender, "/api/v1/exchanges?dry_run=true", body)
    answer = ask(sender, "/api/v1/exchanges", body)
    posted.append((sender, answer))
    seen.update(says(answer).values())
    seen[answer["state"]] += 1
    view = ask(sender, f"/api/v1/exchanges/{answer['id']}")
    assert says(view) == says(answer), (answer, view)
assert min(seen[word] for word in ("permit", "hold", "refuse", "incomplete")) > 0, seen
assert not db.rows("select w.id from wrap w join exchange e on e.id = w.exchange where e.state in ('incomplete', 'held', 'refused')")
alike("posts")

# What was incomplete is completed, by its sender or by the coordinator; an emergency passes a hold by, and is looked at afterwards.
for sender, answer in posted:
    if answer["state"] == "incomplete" and answer["missing"] == ["/necessity"]:
        ask(sender, f"/api/v1/exchanges/{answer['id']}", {"necessity": "whoever manages him must know"}, method="PATCH")
for one in demo[UNIT].all("/api/v1/unmatched", "unmatched", coordinator):
    if one["candidates"]:
        seen["matched"] += 1
        ask(UNIT, f"/api/v1/unmatched/{one['exchange']}", {"nominal": one["candidates"][0]["nominal"], "reasons": "the officer rang"}, coordinator)
alarm = demo.submission(0, [ASKS, "southwark-housing"], emergency={"statement": "he is there now", "confirm_recipients": [ASKS, "southwark-housing"]},
                        items=[{"title": "Alarm", "category": "RISK", "text": "At the gate, now."},
                               {"title": "Where she is", "category": "VICTIM", "text": "At her sister's, by the river."}])
ask("met-police", "/api/v1/exchanges", alarm, demo.user("met-police", "spoc"))
alike("what was completed, and an emergency")
decide(0.5)
alike("half of what was held")
decide(1)
assert seen["approve 200"] > 3 and seen["refuse 200"] > 1, seen
alike("all that was held")

# Late readers: a prison that takes a person over, a health body that a request is passed on to.
held = next(person for person in demo.nominals if person.get("prison_number"))
example = json.loads(demo["hmp-northgate"].ask("/schemas/annex-f.json")[1])["examples"][0]
form = {**example, "nominal": {"ref": held["ref"]}, "recipients": [UNIT, ASKS]}
sent = ask("hmp-northgate", "/api/v1/annex-f", form, demo.user("hmp-northgate", "practitioner"))
for role in ("manager", "security"):
    by = demo.user("hmp-northgate", role)
    for hold in demo["hmp-northgate"].all("/api/v1/holds", "holds", by):
        if hold["exchange"] == sent["id"] and hold["role"] == role:
            ask("hmp-northgate", f"/api/v1/holds/{hold['id']}", {"decision": "approve", "reasons": "as seen"}, by)
before = alike("a form")
with urllib.request.urlopen(demo.state["ops"] + "/clock") as answer:
    day = json.load(answer)["now"][:10]
claim = ask("hmp-southfield", "/api/v1/custody-claims", {"nominal": {"ref": held["ref"]}, "since": day}, demo.user("hmp-southfield", "practitioner"))
assert alike("a claim") == before, "a claim opens nothing"
ask("hmp-northgate", f"/api/v1/custody-claims/{claim['id']}/answer", {"answer": "confirm", "left_on": day}, demo.user("hmp-northgate", "practitioner"))
after = alike("custody")
assert after > before and any(reader == "hmp-southfield" and id == sent["id"] for id, reader, _ in wrapped()), "the new prison reads nothing"
known = next(person for person in demo.nominals if TRUST in person["partners"] and ASKS in [*person["partners"], person["lead_agency"]])
example = json.loads(demo[ASKS].ask("/schemas/health-request.json")[1])["examples"][0]
asked = ask(ASKS, "/api/v1/health-requests", {**example, "nominal": {"ref": known["ref"]}, "recipients": [TRUST]}, demo.user(ASKS, "practitioner"))
before = alike("a health request")
other = next(agency["id"] for agency in demo.state["agencies"] if agency["kind"] == "health")
answers = {"answer": {"outcome": "redirected", "redirected_to": other, "answered_by": "The single point of contact"}}
ask(TRUST, f"/api/v1/health-requests/{asked['id']}/response", {"answers": answers}, demo.user(TRUST, "spoc"))
alike("a request that is passed on")
assert any(reader == other and id == asked["id"] for id, reader, _ in wrapped()), "the next body reads nothing"

# A correction goes to all who have the mistake; a withdrawal takes back what opens, and is no decision anew.
wrong = ask("met-police", "/api/v1/exchanges", demo.submission(0, ["southwark-housing", ASKS]))
right = {"title": "Corrected", "category": "RISK", "text": "It was another man.", "corrects": {"exchange": wrong["id"], "item": 1}}
ask("met-police", "/api/v1/exchanges", demo.submission(0, [ASKS], items=[right]))
alike("a correction")
ask("met-police", f"/api/v1/exchanges/{wrong['id']}/withdrawal", {"reasons": "sent in error"}, demo.user("met-police", "spoc"))
alike("a withdrawal")
demo.run("key", "rotate", "london-probation")
total = alike("a new key")
demo.run("ledger", "verify", "--key", demo.key)

# And it can fail: one more wrap, of a reader that is permitted nothing of it.
db.unguard()
exchange, reader, n = min(wrapped())
stranger = next(agency for agency in agencies if not any(id == exchange and agency == who for id, who, _ in wrapped()))
columns = [name for name, *_ in db.columns("wrap")]
changed = {"id": "'planted'", "agency": f"'{stranger}'"}
taken = ", ".join(changed.get(name, f"w.{name}") for name in columns)
db.do(f"insert into wrap ({', '.join(columns)}) select {taken} from wrap w join item i on i.id = w.item"
      f" where w.exchange = '{exchange}' and w.agency = '{reader}' and i.n = {n}")
assert wrapped() - permitted() == {(exchange, stranger, n)}
print(f"{total} cells are permitted, and {total} wraps lie there: {dict(seen)}")

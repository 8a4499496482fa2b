"""What is not yours and what is not there are one answer: a thousand pairs of each, of every kind of thing that has an address, have equal bytes,
and take times that differ by less than the noise. Over the API, as FHIR, and in the portal.

usage: absent.py DEMO_DIR GATEWAY_BINARY [PAIRS]
"""

import concurrent.futures, gc, http.client, itertools, json, random, statistics, sys, time, uuid
from demo import database, settle
from mail import peer
from pages import Browser

demo = peer()
db = database(demo.folder)
PAIRS = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
# Of acts fewer; so many of each thing lie there. Bytes are compared by so many lines side by side, times by one.
ACTS, THINGS, LINES, TIMED = max(PAIRS // 5, 40), 40, 8, min(PAIRS, 180)
ASKS, HOUSING, TRUST, UNIT = "london-probation", "southwark-housing", "london-mental-health", "london-coordination"
# How much further apart than the noise times have to be, three times in a row, to be told apart.
MARGIN = 4
ACUTE = next(agency["id"] for agency in demo.state["agencies"] if agency["kind"] == "health")


def made(agency, path, body, by=None, status=201):
    got, answer = demo[agency].json(path, body, by)
    assert got == status, (path, got, answer)
    return answer


# What is London's and not the strangers'.
sent = [made("met-police", "/api/v1/exchanges", demo.submission(0, [ASKS, HOUSING], items=[
    {"title": f"Note {n}", "category": "RISK", "text": f"Words of note {n}."},
    {"title": f"Report {n}", "category": "HEALTH_CLIN", "owner": TRUST, "text": f"A report, number {n}."}]))["id"] for n in range(THINGS)]
open_ones = [made("met-police", "/api/v1/exchanges", demo.submission(0, [ASKS], necessity=None))["id"] for _ in range(4)]
guardian, officer, spoc = demo.user(TRUST, "caldicott"), demo.user(ASKS, "practitioner"), demo.user(TRUST, "spoc")
known = next(one for one in demo.nominals if TRUST in one["partners"] and ASKS in [*one["partners"], one["lead_agency"]] and one["level"] >= 2)
example = {form: json.loads(demo[TRUST].ask(f"/schemas/{form}.json")[1])["examples"][0] for form in ("health-request", "health-response", "annex-f", "hospital-flag")}
requests = [made(ASKS, "/api/v1/health-requests", {**example["health-request"], "nominal": {"ref": known["ref"]}, "recipients": [TRUST]}, officer)["id"] for _ in range(8)]
answered = []
for request in requests[:3]:
    words = example["health-response"]["answers"]
    answered.append(made(TRUST, f"/api/v1/health-requests/{request}/response", {"answers": words}, spoc)["id"])
question = example["health-request"]["answers"]["questions"]["asked"][0]
for request in requests[3:]:
    made(TRUST, f"/api/v1/health-requests/{request}/questions", {"question": question, "person": demo.user(TRUST, "clinician")}, spoc, 200)
questions = [one["id"] for one in demo[TRUST].all("/api/v1/health-questions", "health_questions", demo.user(TRUST, "clinician"))]
flags = [made(ASKS, "/api/v1/hospital-flags", {**example["hospital-flag"], "nominal": {"ref": known["ref"]}, "recipients": [ACUTE]}, officer)["id"]]
held = next(person for person in demo.nominals if person.get("prison_number"))
form = made("hmp-northgate", "/api/v1/annex-f", {**example["annex-f"], "nominal": {"ref": held["ref"]}, "recipients": [UNIT]}, demo.user("hmp-northgate", "practitioner"))["id"]
claim = made("hmp-southfield", "/api/v1/custody-claims", {"nominal": {"ref": held["ref"]}, "since": demo.now().date().isoformat()}, demo.user("hmp-southfield", "practitioner"))["id"]
holds = [hold["id"] for hold in demo[TRUST].all("/api/v1/holds", "holds", guardian)]
deliveries = [box["id"] for box in demo[ASKS].all("/api/v1/inbox", "deliveries")]
writer = Browser(demo).sign_in("met-police", "practitioner")
page = writer.post("/messages/new", {**writer.get("/messages/new").hidden, "title": "A draft", "do": "save"})
drafts = [page.headers["Location"].split("?")[0].rsplit("/", 1)[1]]
STRANGER = "capital-tagging"
nominals = [one["ref"] for one in demo.nominals if STRANGER not in [*one["partners"], one["lead_agency"]]]
no_prison = [one["ref"] for one in demo.nominals if "hmp-eastmoor" not in [*one["partners"], one["lead_agency"]]]
assert holds and deliveries and questions and nominals, (holds, deliveries, questions)
settle(db)

YES = {"decision": "approve", "reasons": "it is needed"}
DONE = {"stands": True, "reasons": "noted"}
X = "/api/v1/exchanges/{}"
H = "/api/v1/health-requests/{}"
F = "/api/v1/hospital-flags/{}"
# What is asked: its address, the ids of others' things, who asks; and for an act its body and method.
KINDS = [
    (X, sent, STRANGER, "practitioner"),
    (X + "/documents/1", sent, STRANGER, "practitioner"),
    (X + "/documents/1/key", sent, STRANGER, "practitioner"),
    (X + "/receipt", sent, STRANGER, "practitioner"),
    (X + "/form.pdf", [form], STRANGER, "practitioner"),
    ("/api/v1/holds/{}/document", holds, STRANGER, "spoc"),
    ("/api/v1/nominals/{}", nominals, STRANGER, "spoc"),
    ("/api/v1/nominals/{}/events", nominals, STRANGER, "spoc"),
    (H, requests, ACUTE, "spoc"),
    (H + "/questions", requests, ACUTE, "spoc"),
    (H + "/signed-answers", requests, ACUTE, "spoc"),
    (F, flags, TRUST, "spoc"),
    ("/fhir/R4/Task/{}", requests, ACUTE, "spoc"),
    ("/fhir/R4/Communication/{}", answered, ACUTE, "spoc"),
    ("/api/v1/inbox/{}/acknowledge", deliveries, STRANGER, "practitioner", None, "POST"),
    ("/api/v1/holds/{}", holds, STRANGER, "spoc", YES, "POST"),
    (X, open_ones, STRANGER, "practitioner", {"necessity": "as before"}, "PATCH"),
    (X + "/withdrawal", sent, STRANGER, "practitioner", {"reasons": "in error"}, "POST"),
    (X + "/consideration", [form], "hmp-eastmoor", "practitioner", {"meeting_on": "2026-03-02", "effect": "none"}, "POST"),
    ("/api/v1/unmatched/{}", open_ones, STRANGER, "spoc", {"nominal": nominals[0], "reasons": "it is he"}, "POST"),
    (H + "/accept", requests, ACUTE, "spoc", None, "POST"),
    (H + "/review", requests, ACUTE, "spoc", DONE, "POST"),
    (H + "/wrong-patient", requests, ACUTE, "spoc", {"reasons": "another of that name"}, "POST"),
    (H + "/response", requests, ACUTE, "spoc", {"answers": example["health-response"]["answers"]}, "POST"),
    ("/api/v1/health-questions/{}/answer", questions, ACUTE, "spoc", {"answer": "Nothing"}, "POST"),
    (F + "/end", flags, TRUST, "spoc", {"reasons": "over"}, "POST"),
    (F + "/cleared", flags, TRUST, "spoc", None, "POST"),
    ("/api/v1/custody-claims/{}/answer", [claim], "hmp-eastmoor", "practitioner", {"answer": "confirm", "left_on": "2026-03-02"}, "POST"),
]  # fmt: skip
PAGES = [
    ("/messages/{}", sent), ("/messages/{}/documents/1", sent), ("/messages/{}/receipt", sent), ("/messages/{}/reply", sent), ("/sent/{}", sent),
    ("/messages/{}/form", [form]), ("/holds/{}", holds), ("/drafts/{}", drafts), ("/nominals/{}", nominals), ("/health-requests/{}", requests),
    ("/hospital-flags/{}", flags), ("/health-questions/{}", questions), ("/custody/claims/{}", [claim]),
]  # fmt: skip


def nobodys(like):
    """An id of the same make that nothing has: its beginning is a time, its end chance."""
    return like[:-12] + uuid.uuid4().hex[:12]


def by_system(agency, role, body, method):
    line, who = demo.fresh(agency), demo.user(agency, role)

    def ask(path):
        try:
            return line.ask(path, body, who, method)
        except (OSError, http.client.HTTPException):
            # What is refused before its body was read ends the line.
            line.wire.close()
            return line.ask(path, body, who, method)

    return ask


def in_portal(browser):
    def ask(path):
        page = browser.get(path)
        return page.status, page.body, page.headers

    return ask


def answer(ask, path, id):
    """How long the answer took, microseconds; and all of it but its date, the checkpoint, and the id that was asked for."""
    place = path.replace("{}", id)
    began = time.perf_counter_ns()
    status, body, headers = ask(place)
    took = (time.perf_counter_ns() - began) / 1000
    kept = tuple(sorted((name, value) for name, value in headers.items() if name.lower() not in ("date", "ledger-checkpoint")))
    return took, (status, kept, body.replace(id.encode(), b"ID"))


def apart(found, control):
    """How far the medians of pairs are apart, and the noise: how far they are for halves of what is alike, all but one of a hundred times."""
    halves = []
    for _ in range(300):
        half = random.sample(control, len(control) // 2)
        halves.append(abs(statistics.median(half)))
    return statistics.median(found), sorted(halves)[-4]


def equal(asks, path, theirs, pairs):
    """Many pairs side by side, each by a line of its own: all have equal bytes."""
    ids, told = itertools.cycle(theirs), set()
    places = [(next(ids), n) for n in range(pairs)]

    def some(ask, mine):
        for id, _ in mine:
            told.add(answer(ask, path, id)[1])
            told.add(answer(ask, path, nobodys(id))[1])

    with concurrent.futures.ThreadPoolExecutor(len(asks)) as pool:
        for done in [pool.submit(some, ask, places[n::len(asks)]) for n, ask in enumerate(asks)]:
            done.result()
    assert len(told) == 1, (path, told)
    (said,) = told
    assert said[0] in (403, 404, 422), (path, said)
    return said


def measured(ask, path, theirs, pairs):
    """Asks for others' things and for what is not there in turn, in every order; the bytes are looked at as they come."""
    found, control, ids = [], [], itertools.cycle(theirs)
    for n in range(pairs + pairs // 10):
        id = next(ids)
        three = [id, nobodys(id), nobodys(id)]
        took = {}
        for place in ((0, 1, 2), (1, 2, 0), (2, 0, 1))[n % 3]:
            took[place], said = answer(ask, path, three[place])
            assert said == measured.first, (path, said, measured.first)
        # The first tenth warms up.
        if n >= pairs // 10:
            found.append(took[0] - took[1])
            control.append(took[2] - took[1])
    return apart(found, control)


def alike(what, asks, path, theirs, pairs, timed):
    """Equal in bytes, and in time as far as the noise lets tell: what is told apart is so three times, on the same side."""
    said, ask = [], asks[0]
    measured.first = equal(asks, path, theirs, pairs)
    for _ in range(3):
        between, noise = measured(ask, path, theirs, timed)
        said.append((between, noise))
        if abs(between) <= MARGIN * noise:
            break
    else:
        sides = {between > 0 for between, _ in said}
        if len(sides) == 1:
            apart_by_time.append(f"{what} {path}: {said} (µs apart, noise)")
    print(f"{what} {path}: {said[-1][0]:+.1f} µs apart, noise {said[-1][1]:.1f} µs, {measured.first[0]}")


def entries():
    return db.rows("select count(*) from log_leaf")[0][0]


gc.disable()
apart_by_time = []
heads = entries()
for path, theirs, agency, role, *act in KINDS:
    body, method = act or (None, None)
    assert theirs, path
    alike(agency, [by_system(agency, role, body, method) for _ in range(LINES)], path, theirs, *((ACTS, TIMED // 3) if act else (PAIRS, TIMED)))
browser = Browser(demo).sign_in(STRANGER, "practitioner")
pages = [in_portal(browser)]
for _ in range(LINES - 1):
    more = Browser(demo)
    more.jar = browser.jar
    pages.append(in_portal(more))
leaves = entries()
for path, theirs in PAGES:
    alike("portal", pages, path, theirs, PAIRS, TIMED // 3)
assert not apart_by_time, "others' things are told apart by time:\n" + "\n".join(apart_by_time)
assert entries() == leaves and leaves - heads <= 2, f"{leaves - heads} and {entries() - leaves} entries of the log tell of what was not there"
demo.run("ledger", "verify", "--key", demo.key)
demo.lives()
print(f"what is not yours is not there: {len(KINDS)} kinds by system and {len(PAGES)} pages, {PAIRS} and {ACTS} pairs of each")

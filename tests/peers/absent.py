"""What is not yours and what is not there are one answer: a thousand pairs of each, of every kind of thing that has an address, all have equal bytes,
and take times that differ by less than the noise: each pair is timed. Over the API, as FHIR, and in the portal.

usage: absent.py DEMO_DIR GATEWAY_BINARY [PAIRS]
"""

import gc, http.client, itertools, json, random, statistics, sys, time, uuid
from demo import database, settle
from mail import peer
from pages import Browser

demo = peer()
db = database(demo.folder)
PAIRS = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
# So many of each thing lie there.
THINGS = 40
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


def measured(ask, path, theirs, told):
    """Asks for others' things and for what is not there in pairs, each first in turn: how far apart, and the noise. What was answered goes into `told`.

    So the last of a pair and the first of the next are alike, and as near to each other as the two of a pair."""
    found, control, ids, last = [], [], itertools.cycle(theirs), None
    for n in range(PAIRS + PAIRS // 10):
        id = next(ids)
        pair, order, took = (id, nobodys(id)), (0, 1) if n % 2 else (1, 0), {}
        for place in order:
            took[place], said = answer(ask, path, pair[place])
            told.add(said)
        # The first tenth warms up.
        if n >= PAIRS // 10:
            found.append(took[0] - took[1])
            control += [] if last is None else [(took[order[0]] - last) * (1 if n % 2 else -1)]
            last = took[order[1]]
    return apart(found, control)


def tells(ask, path, theirs, told):
    """What is measured, and whether times tell: what is told apart is so three times, on the same side."""
    said = []
    for _ in range(3):
        between, noise = measured(ask, path, theirs, told)
        said.append((between, noise))
        if abs(between) <= MARGIN * noise or (between > 0) != (said[0][0] > 0):
            return said, False
    return said, True


def alike(what, ask, path, theirs):
    """Equal in bytes, and in time as far as the noise lets tell."""
    told = set()
    said, told_apart = tells(ask, path, theirs, told)
    noises.extend(noise for _, noise in said)
    assert len(told) == 1, (path, told)
    ((status, *_),) = told
    assert status in (403, 404, 422), (path, told)
    if told_apart:
        apart_by_time.append(f"{what} {path}: {said} (µs apart, noise)")
    print(f"{what} {path}: {said[-1][0]:+.1f} µs apart, noise {said[-1][1]:.1f} µs, {status}", flush=True)


def entries():
    return db.rows("select count(*) from log_leaf")[0][0]


gc.disable()
apart_by_time, noises = [], []
heads = entries()
for path, theirs, agency, role, *act in KINDS:
    body, method = act or (None, None)
    assert theirs, path
    alike(agency, by_system(agency, role, body, method), path, theirs)
pages = in_portal(Browser(demo).sign_in(STRANGER, "practitioner"))
leaves = entries()
for path, theirs in PAGES:
    alike("portal", pages, path, theirs)


# Times do tell where others' things take longer, by more than the noise has been.
def slower(path):
    time.sleep(longer if path.rsplit("/", 1)[1] in sent else 0)
    return plainly(path)


plainly, longer = by_system(STRANGER, "practitioner", None, None), max(0.02, 12 * max(noises) / 1e6)
told = tells(slower, X, sent, set())
assert told[1], f"what takes {longer * 1000:.0f} ms longer is not told apart: {told[0]}"
assert not apart_by_time, "others' things are told apart by time:\n" + "\n".join(apart_by_time)
assert entries() == leaves and leaves - heads <= 2, f"{leaves - heads} and {entries() - leaves} entries of the log tell of what was not there"
demo.run("ledger", "verify", "--key", demo.key)
demo.lives()
print(f"what is not yours is not there: {len(KINDS)} kinds by system and {len(PAGES)} pages, {PAIRS} pairs of each, all timed")

"""What is not yours and what is not there are one answer: a thousand pairs of each, of every kind of thing that has an address, all have equal bytes,
and take times that differ by less than the noise: each pair is timed. As many of either come a moment later than the rest: answers that are given at
set moments tell by that, and by no median. Over the API, as FHIR, and in the portal.

usage: absent.py DEMO_DIR GATEWAY_BINARY [PAIRS]
"""

import gc, http.client, itertools, json, math, random, re, statistics, sys, time, uuid
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
# A refusal is given so long after its question, or twice as long, and so on (`http::evenly`), microseconds.
MOMENT = 5000
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
FORMS = ("health-request", "health-response", "annex-f", "hospital-flag", "hospital-attendance")
example = {form: json.loads(demo[TRUST].ask(f"/schemas/{form}.json")[1])["examples"][0] for form in FORMS}
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
    (H + "/questions", requests, ACUTE, "spoc", {"question": question, "person": demo.user(ACUTE, "spoc")}, "POST"),
    (H + "/review", requests, ACUTE, "spoc", DONE, "POST"),
    (H + "/wrong-patient", requests, ACUTE, "spoc", {"reasons": "another of that name"}, "POST"),
    (H + "/response", requests, ACUTE, "spoc", {"answers": example["health-response"]["answers"]}, "POST"),
    ("/api/v1/health-questions/{}/answer", questions, ACUTE, "spoc", {"answer": "Nothing"}, "POST"),
    (F + "/attendance", flags, TRUST, "spoc", {"answers": example["hospital-attendance"]["answers"]}, "POST"),
    (F + "/end", flags, TRUST, "spoc", {"reasons": "over"}, "POST"),
    (F + "/cleared", flags, TRUST, "spoc", None, "POST"),
    ("/api/v1/custody-claims/{}/answer", [claim], "hmp-eastmoor", "practitioner", {"answer": "confirm", "left_on": "2026-03-02"}, "POST"),
]  # fmt: skip
# What has a part in its address that is no thing of anybody's.
ALL_OURS = {
    "/api/v1/forms/{form}": "a kind of form, which is known to all",
    "/schemas/{form}.json": "a kind of form, which is known to all",
    "/ledger/tile/{path}": "the log is public",
    "/ledger/{area}/checkpoint": "the log is public",
    "/ledger/{area}/tile/{path}": "the log is public",
}
PAGES = [
    ("/messages/{}", sent), ("/messages/{}/documents/1", sent), ("/messages/{}/receipt", sent), ("/messages/{}/reply", sent), ("/sent/{}", sent),
    ("/messages/{}/form", [form]), ("/holds/{}", holds), ("/drafts/{}", drafts), ("/nominals/{}", nominals), ("/health-requests/{}", requests),
    ("/hospital-flags/{}", flags), ("/health-questions/{}", questions), ("/custody/claims/{}", [claim]),
]  # fmt: skip


def untried():
    """What the API says that it has, with an address of something, and is neither asked for here nor left out with a reason."""
    tried = {(act[1] if act else "GET", path) for path, _, _, _, *act in KINDS}
    paths = demo[ASKS].json("/openapi.json")[1]["paths"]
    assert ALL_OURS.keys() <= paths.keys(), ALL_OURS.keys() - paths.keys()
    for path in (path for path in paths if "{" in path and path not in ALL_OURS):
        alike = re.compile("[^/]+".join(map(re.escape, re.split(r"\{[^}]+\}", path))))
        for method in (word.upper() for word in paths[path] if word in ("get", "put", "post", "patch", "delete")):
            if not any(word == method and alike.fullmatch(place) for word, place in tried):
                yield f"{method} {path}"


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
    assert took >= MOMENT, f"{path} is refused after {took:.0f} µs, before its moment"
    kept = tuple(sorted((name, value) for name, value in headers.items() if name.lower() not in ("date", "ledger-checkpoint")))
    return took, (status, kept, body.replace(id.encode(), b"ID"))


def apart(found, control):
    """How far the medians of pairs are apart, and the noise: how far they are for halves of what is alike, all but one of a hundred times."""
    halves = []
    for _ in range(300):
        half = random.sample(control, len(control) // 2)
        halves.append(abs(statistics.median(half)))
    return statistics.median(found), sorted(halves)[-4]


def later(found, control, moments):
    """How much larger the share of others' is that took longer than so many moments; and how far apart shares may be: three times as far as they are
    for halves of what is alike, and three times the standard error of so many pairs."""
    late = lambda pairs: [(one > moments * MOMENT) - (other > moments * MOMENT) for one, other in pairs]
    found, control = late(found), late(control)
    halves = [statistics.fmean(random.sample(control, len(control) // 2)) ** 2 for _ in range(100)]
    error = math.sqrt(max(1, sum(map(abs, found)))) / len(found)
    return statistics.fmean(found), 3 * max(error, math.sqrt(statistics.fmean(halves)))


def measured(ask, path, theirs, told, pairs=PAIRS):
    """Asks for others' things and for what is not there in pairs, each first in turn: by what is measured, how far apart, and how far that may be.
    What was answered goes into `told`.

    So the last of a pair and the first of the next are alike, and as near to each other as the two of a pair."""
    found, control, ids, last = [], [], itertools.cycle(theirs), None
    for n in range(pairs + pairs // 10):
        id = next(ids)
        pair, order, took = (id, nobodys(id)), (0, 1) if n % 2 else (1, 0), {}
        for place in order:
            took[place], said = answer(ask, path, pair[place])
            told.add(said)
        # The first tenth warms up.
        if n >= pairs // 10:
            found.append((took[0], took[1]))
            near = (took[order[0]], last)
            control += [] if last is None else [near if n % 2 else near[::-1]]
            last = took[order[1]]
    between, noise = apart(*([one - other for one, other in some] for some in (found, control)))
    # On a slow machine the most take several moments.
    usual = max(1, round(statistics.median(itertools.chain(*found)) / MOMENT))
    shares = {"share of the late": later(found, control, usual + 0.5), "share of those not early": later(found, control, usual - 0.5)}
    return {"µs": (between, MARGIN * noise), **shares}


def tells(ask, path, theirs, told):
    """What is measured, and what tells them apart: what does so three times, on the same side."""
    rounds = []
    while len(rounds) < 3:
        rounds.append(measured(ask, path, theirs, told))
        on_one_side = lambda what: all(abs(between) > may and between * rounds[0][what][0] > 0 for between, may in (one[what] for one in rounds))
        telling = list(filter(on_one_side, rounds[0]))
        if not telling:
            break
    return rounds, telling


def alike(what, ask, path, theirs):
    """Equal in bytes, and in time as far as the noise lets tell."""
    told = set()
    rounds, telling = tells(ask, path, theirs, told)
    noises.extend(one["µs"][1] / MARGIN for one in rounds)
    assert len(told) == 1, (path, told)
    ((status, *_),) = told
    assert status in (403, 404, 422), (path, told)
    apart_by_time.extend(f"{what} {path}: {measure}: {[one[measure] for one in rounds]} (apart, and as far as may be)" for measure in telling)
    (between, may), *shares = rounds[-1].values()
    of_late = max(shares, key=lambda one: abs(one[0]))[0]
    print(f"{what} {path}: {between:+.1f} µs apart, noise {may / MARGIN:.1f} µs; late {of_late:+.0%}; {status}", flush=True)


def entries():
    return db.rows("select count(*) from log_leaf")[0][0]


assert not (left := list(untried())), f"nobody asks for others' things by {left}: add them to KINDS, or to ALL_OURS with a reason"
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
rounds, telling = tells(slower, X, sent, set())
assert "µs" in telling, f"what takes {longer * 1000:.0f} ms longer is not told apart: {rounds}"


# And where every third of them alone is a moment later, by which no median moves; or several, where the machine's own noise is larger.
def slower_at_times(path):
    time.sleep(moments * MOMENT / 1e6 if path.rsplit("/", 1)[1] in sent and next(turns) % 3 == 0 else 0)
    return plainly(path)


turns = itertools.count()
for moments in (1, 2, 4, 8, 16):
    found = measured(slower_at_times, X, sent, set(), 150)
    if told := [what for what, (between, may) in found.items() if what != "µs" and between > may]:
        break
assert told, f"every third answer so many moments later is not told apart: {found}"
print(f"every third answer later by moments: {moments}, {told}: {found}")
assert not apart_by_time, "others' things are told apart by time:\n" + "\n".join(apart_by_time)
assert entries() == leaves and leaves - heads <= 2, f"{leaves - heads} and {entries() - leaves} entries of the log tell of what was not there"
demo.run("ledger", "verify", "--key", demo.key)
demo.lives()
print(f"what is not yours is not there: {len(KINDS)} kinds by system and {len(PAGES)} pages, {PAIRS} pairs of each, all timed")

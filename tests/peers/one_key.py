"""Fifty posts at once under one Idempotency-Key make one exchange and fifty equal answers; another body under it is said."""
import json, threading
from demo import database, multipart, peer

demo = peer()
report = b"%PDF-1.7\n" + bytes(range(256)) * 1024
exchange = demo.submission(items=[{"title": "Risk note", "category": "RISK", "text": "Seen at the school gate."},
                                  {"title": "report.pdf", "category": "RISK", "document": "report"}])
POSTS = {"json": demo.submission(), "multipart": multipart(exchange, report=("application/pdf", report))}


def counts():
    db = database(demo.folder)
    return [db.rows(f"select count(*) from {table}")[0][0] for table in ("exchange", "item", "cell", "delivery", "idempotency")]


for kind, body in POSTS.items():
    connections, answers, start = [demo.fresh("met-police") for _ in range(50)], [None] * 50, threading.Barrier(50)

    def post(n):
        start.wait()
        answers[n] = connections[n].ask("/api/v1/exchanges", body, Idempotency_Key=f"fifty-{kind}")

    before = counts()
    threads = [threading.Thread(target=post, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = [answer and answer[0] for answer in answers]
    assert statuses == [201] * 50, (kind, statuses, [answer[1] for answer in answers if answer and answer[0] != 201][:2])
    # Equal to the letter, but for the receipt's checkpoint: it is the newest at the answer, over the same entry.
    bodies = [json.loads(answer) for _, answer, _ in answers]
    receipts = {body.pop("receipt") for body in bodies}
    sent = bodies[0]
    assert all(body == sent for body in bodies), (kind, "the answers are not equal")
    assert len({tuple(receipt.split("\n")[:3]) for receipt in receipts}) == 1, (kind, "the receipts are of different entries")
    for receipt in receipts:
        (demo.folder / "one.tlog-proof").write_text(receipt)
        demo.command("receipt", "verify", demo.folder / "one.tlog-proof", "--key", demo.key)
    assert len({headers["Location"] for *_, headers in answers}) == 1
    items = len(sent["decisions"])
    assert [after - was for after, was in zip(counts(), before)] == [1, items, items, 1, 1], (kind, before, counts())
    # Later, the same answer still; of another agency it is another key; with another body it is an error that says so.
    status, again, _ = demo["met-police"].ask("/api/v1/exchanges", body, Idempotency_Key=f"fifty-{kind}")
    assert status == 201 and json.loads(again)["id"] == sent["id"]
    status, problem, headers = demo["met-police"].ask("/api/v1/exchanges", demo.submission(necessity="another reason"),
                                                      Idempotency_Key=f"fifty-{kind}")
    assert status in (409, 422) and headers["Content-Type"] == "application/problem+json", (status, problem)
    assert b"Idempotency-Key" in problem or b"idempotency key" in problem.lower(), problem
    status, other, _ = demo["london-probation"].ask("/api/v1/exchanges", demo.submission(recipients=["met-police"]),
                                                    Idempotency_Key=f"fifty-{kind}")
    assert status == 201 and json.loads(other)["id"] != sent["id"]
status, problem, _ = demo["met-police"].ask("/api/v1/exchanges", multipart(exchange, report=("application/pdf", report + b"x")),
                                            Idempotency_Key="fifty-multipart")
assert status in (409, 422), (status, problem)
inbox = demo["london-probation"].all("/api/v1/inbox", "deliveries")
assert len(inbox) == len(POSTS) == len({delivery["exchange"] for delivery in inbox}), inbox
demo.run("ledger", "verify", "--key", demo.key)

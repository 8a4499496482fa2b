"""The ledger fails under what a channel writes with it: nothing can be recorded, and what was sent stays known as sent."""

import threading, time, uuid
from crash_ways import HOUSING, SENDER, Json
from crash_world import Client

# That work waits for the writer of its area, which is held: longer than it takes to get there.
QUEUED = 0.7
# So often it is tried to have both in one batch.
TIMES = 4


class MailAlone(Json):
    """A server takes a notice, and what is to be recorded in the same batch cannot be: that it was taken is written alone."""

    again, behind, only, known = False, True, "=carrier", ("commit=carrier", "committed=carrier")

    def begin(self):
        it = super().begin()
        it.seen = self.world.stops.mark()
        return it

    def act(self, it):
        for _ in range(TIMES):
            answer = self.once(it)
            if self.passed(it):
                return answer
            self.world.settle()
            it.__dict__.update(super().begin().__dict__)
        raise AssertionError(f"in {TIMES} times the two were in no batch together")

    def passed(self, it):
        end = time.monotonic() + 1
        while "commit=carrier" not in self.world.stops.since(it.seen) and time.monotonic() < end:
            time.sleep(0.02)
        return "commit=carrier" in self.world.stops.since(it.seen)

    def once(self, it):
        it.gone, it.taken, it.go = False, threading.Event(), threading.Event()
        self.world.relay.says = lambda to: self.takes(it)
        answer = super().act(it)
        try:
            self.fails_under(it)
        finally:
            # In whichever way it ends: what comes after is taken, and recorded.
            it.go.set()
            self.world.relay.says = None
            self.world.db.do(*self.world.db.mended("log_leaf"))
        return answer

    @staticmethod
    def takes(it):
        it.taken.set()
        it.go.wait(30)

    def fails_under(self, it):
        """The notice is at the server. The area's writer is held, so that what comes meanwhile is one batch: posts, whose leaves the table refuses from then
        on, and the server's answer."""
        assert it.taken.wait(30), "no notice goes out"
        with self.world.db.transaction(*self.world.db.fault("log_leaf")):
            posts = [Client(self.post) for _ in range(3)]
            time.sleep(QUEUED)
            it.go.set()
            time.sleep(QUEUED)
        for post in posts:
            assert post.done(60), "a post has no answer"
            assert post.answer in (None, 503), f"nothing can be recorded, and a post is answered {post.answer}"

    def post(self):
        body = self.demo.submission(recipients=self.recipients, items=[{"title": "Note", "category": "RISK", "text": "not kept"}])
        return self.demo[SENDER].ask("/api/v1/exchanges", body, Idempotency_Key=str(uuid.uuid4()))[0]

    def copies(self, it):
        return len(self.world.relay.taken) - it.mails

    def is_there(self, it, answer):
        """What was written before the kill is written, and its mail is not sent again."""
        super().is_there(it, answer)
        it.gone = self.world.db.rows(f"select state from mail_out where exchange = '{answer['id']}'") == [("sent",)]
        assert it.gone or "committed=carrier" not in self.world.stops.since(it.seen), "that a mail was sent is lost"

    def ends(self, it):
        super().ends(it)
        mails = self.world.relay.mails(it.mails)
        assert len(mails) == 1, f"{len(mails)} notices"
        assert self.copies(it) == 1 or not it.gone, f"a mail that was sent was sent again: {self.copies(it)} copies"

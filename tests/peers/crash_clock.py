"""What happens by itself, when time passes or the other end says no: the sweeper, the clocks of holds and deliveries, mail and messages that wait or fail."""

import datetime, time, uuid
from browse import Browser
from crash_mesh import Mesh, MeshOut
from crash_portal import Portal
from crash_ways import PRISON, PROBATION, SENDER, TRUST, Hold, Json, Way
from postfix import until


class Alone(Way):
    """Nobody waits for an answer, and nobody asks again."""

    again = False
    behind = True

    def is_whole(self, it):
        return self.is_done(it)


class Sweeps(Alone):
    """A body that nothing took up is swept: its file and its row."""

    known = ("commit=sweep", "committed=sweep", "blob-removed")

    def begin(self):
        it = super().begin()
        it.id = str(uuid.uuid4())
        it.shelf = self.world.folder / "blobs" / it.id[-2:]
        return it

    def act(self, it):
        # As one is left that was killed while it came.
        it.shelf.mkdir(exist_ok=True)
        (it.shelf / f"{it.id}.age").write_bytes(b"sealed")
        old = int(self.demo.now().timestamp() - 25 * 3600) * 1_000_000
        self.world.db.do(f"insert into blob (id, state, created_at) values ('{it.id}', 'staging', {old})")

    def is_done(self, it):
        file = (it.shelf / f"{it.id}.age").exists()
        row = self.world.number(f"blob where id = '{it.id}'")
        assert row or not file, "a file is left that is never looked for"
        return not row

    def is_once(self, it):
        end = time.monotonic() + 3
        while not self.is_done(it) and time.monotonic() < end:
            time.sleep(0.02)
        if not self.is_done(it):
            # A clock that is set by hand goes back to the last event when the gateway starts.
            self.world.advance("P4D")
        until(lambda: self.is_done(it), "it is swept", 20)


class AsksForm(Way):
    """The unit asks a prison for a form: asked once, and told by mail once."""

    behind, number = True, 0
    unit = "london-coordination"

    def begin(self):
        it = super().begin()
        AsksForm.number += 1
        it.day = f"{self.demo.now() + datetime.timedelta(days=40 + AsksForm.number):%Y-%m-%d}"
        it.requests, it.told = self.world.ids("form_request"), self.world.number("notice_told")
        it.person = next(one for one in self.demo.nominals if one.get("prison_number") == "A1234BC")
        return it

    def act(self, it):
        asked = {"form": "annex-f", "nominal": it.person["ref"], "agency": PRISON, "meeting_on": it.day}
        status, answer = self.demo[self.unit].json("/api/v1/form-requests", asked, self.demo.user(self.unit, "coordinator"))
        assert status == 201, (status, answer)
        return answer

    def is_there(self, it, answer):
        assert self.world.ids("form_request") - it.requests == {answer["id"]}, "what was answered is not there"

    def is_whole(self, it):
        new = self.world.ids("form_request") - it.requests
        assert len(new) <= 1, f"asked {len(new)} times"
        return bool(new)

    def is_once(self, it):
        assert self.is_whole(it)
        until(lambda: self.world.number("notice_told") > it.told, "the prison is told", 30)

    def is_over(self, it):
        return self.world.number("notice_told") > it.told

    def ends(self, it):
        assert self.world.number("notice_told") == it.told + 1, "told more than once"


class SeesASession(Portal):
    """A session is used after a while: that is noted, and nothing else."""

    known = ()

    def act(self, it):
        self.sign_in()
        self.world.advance("PT5M")
        page = self.browser.ask("GET", "/drafts")
        assert page.status == 200, (page.status, page.text[:500])
        return True

    def is_whole(self, it):
        return False

    def is_once(self, it):
        assert self.sign_in().ask("GET", "/drafts").status == 200


class MeshAsked(Mesh):
    """What the trust has not taken yet is asked after."""

    again, only, known = False, "=mesh-asked", ("commit=mesh-asked", "committed=mesh-asked")

    def begin(self):
        it = super().begin()
        it.exchange = self.ask(it)["id"]
        self.world.settle()
        it.mark = self.world.stops.mark()
        return it

    def act(self, it):
        return None

    def is_whole(self, it):
        return self.state(it.exchange) == "sent"

    def is_once(self, it):
        until(lambda: "committed=mesh-asked" in self.world.stops.since(it.mark), "it is asked after", 30)

    def ends(self, it):
        assert self.state(it.exchange) == "sent"
        Mesh.trust.receive()


class GivesAQuestion(Mesh):
    """A colleague at the trust is given a question: once, and told of it by mail once."""

    always, only = (), "=tell-given"
    told = "mail_out where subject like 'told/question/%'"

    def post(self, it, step, body=None):
        spoc = self.demo.user(TRUST, "spoc")
        status, answer = self.demo[TRUST].json(f"/api/v1/health-requests/{it.exchange}/{step}", body, spoc, "POST")
        assert status in (200, 201), (status, answer)
        return answer

    def begin(self):
        it = super().begin()
        it.exchange, it.number = self.ask(it)["id"], self.world.number(self.told)
        self.world.settle()
        Mesh.trust.receive()
        self.post(it, "accept")
        return it

    def act(self, it):
        return self.post(it, "questions", {"question": it.question, "person": self.demo.user(TRUST, "clinician")})

    def is_whole(self, it):
        return self.world.number(f"health_task where request = '{it.exchange}'") == 1

    def is_once(self, it):
        until(lambda: self.is_over(it), "the colleague is told", 30)

    def is_over(self, it):
        return self.world.number(self.told) > it.number

    def ends(self, it):
        assert self.is_whole(it) and self.world.number(self.told) == it.number + 1, "given or told more than once"


class Reminds(Alone):
    """A hold is not decided: the guardian is reminded once."""

    def begin(self):
        it = Hold(self.world).begin()
        it.told = self.world.number("hold_told where step = 'reminded'")
        it.mails = len(self.world.relay.taken)
        return it

    def act(self, it):
        ((due,),) = self.world.db.rows(f"select remind_at from hold where id = '{it.holds[0]}'")
        self.world.advance(f"PT{max(1, due // 1_000_000 - int(self.demo.now().timestamp()) + 1)}S")

    def is_done(self, it):
        told = self.world.number("hold_told where step = 'reminded'")
        return told > it.told

    def is_once(self, it):
        if not self.world.number(f"hold where id = '{it.holds[0]}' and reminded_at is not null"):
            self.act(it)
        until(lambda: self.is_done(it), "the guardian is reminded", 30)

    def ends(self, it):
        self.world.settle()
        assert self.world.number("hold_told where step = 'reminded'") == it.told + 1
        mails = [to for to, _ in self.world.relay.mails(it.mails) if to == (it.guardian,)]
        assert len(mails) == 1, f"{len(mails)} reminders"
        # It is decided, so that no other story is reminded of it.
        Hold(self.world).act(it)


class Forgets(Portal):
    """What is of no use any more goes: a form that nobody took up again, codes and failures."""

    again, known = False, tuple(f"{point}=sweep-{what}" for point in ("commit", "committed") for what in ("kept-forms", "sign-ins"))
    behind = True

    def begin(self):
        it = super().begin()
        hidden = self.browser.get("/may-i-share").hidden()
        self.world.advance("PT40M")
        self.browser.post("/may-i-share", {**hidden, "necessity": f"to ask {it.mark}"})
        assert self.world.number("kept_form") > 0
        # A code that has been used is kept for as long as it could be used again.
        Browser(self.demo).sign_in(SENDER, "spoc")
        return it

    def act(self, it):
        self.world.advance("P2D")

    def is_whole(self, it):
        return not self.world.number("kept_form")

    def is_once(self, it):
        if not self.is_whole(it):
            self.world.advance("P2D")
        until(lambda: self.is_whole(it), "the form is forgotten", 20)

    def ends(self, it):
        pass


def tried(world, it, table):
    """Waits for a while until what goes out has been tried in vain."""
    for _ in range(150):
        for id in world.ids("exchange") - it.before:
            if world.number(f"{table} where status is not null and state = 'queued' and delivery in (select id from delivery where exchange = '{id}')"):
                return
        time.sleep(0.02)


class MailWaits(Json):
    """The relay says later: tried again until it is taken."""

    behind, only, known = True, "=mail-later", ("commit=mail-later", "committed=mail-later")
    recipients = (PROBATION,)

    def begin(self):
        it = super().begin()
        self.world.relay.says = lambda to: "451 4.3.0 come again"
        return it

    def is_once(self, it):
        tried(self.world, it, "mail_out")
        self.world.relay.says = None
        return super().is_once(it)

    def ends(self, it):
        mails = [to for to, _ in self.world.relay.mails(it.mails) if to == (self.demo.office(PROBATION).address,)]
        assert len(mails) == 1, f"{len(mails)} mails to probation"


class MailRefused(Json):
    """The relay says no: the delivery has failed, and its sender is told so once."""

    behind, always = True, ("=move-delivery",)
    recipients = (PROBATION,)

    def begin(self):
        it = super().begin()
        box = self.demo.office(PROBATION).address
        self.world.relay.says = lambda to: "550 5.1.1 no such mailbox" if to == (box,) else None
        return it

    def is_once(self, it):
        view = self.world.one_exchange(SENDER, it.before, "released")
        (it.exchange,) = self.world.ids("exchange") - it.before
        return view

    def ends(self, it):
        self.world.relay.says = None
        states = self.world.db.rows(f"select state from delivery where exchange = '{it.exchange}'")
        assert states == [("failed",)], f"refused by the relay, and the delivery is {states}"
        told = self.world.db.rows(f"select state from mail_out where exchange = '{it.exchange}' and kind = 'failure'")
        assert told == [("sent",)], f"the sender is told by {told}"
        assert any(one["exchange"] == it.exchange for one in self.demo[PROBATION].all("/api/v1/inbox", "deliveries")), "it is in no inbox"


class MeshWaits(MeshOut):
    """MESH is away: tried again until it has it."""

    only, known = "=mesh-later", ("commit=mesh-later", "committed=mesh-later")

    def begin(self):
        it = super().begin()
        self.world.wire.fault = lambda method, path: ("cut",) if method == "POST" and "/outbox" in path else None
        return it

    def is_once(self, it):
        tried(self.world, it, "mesh_out")
        self.world.wire.fault = None
        return super().is_once(it)


class MeshRefused(Mesh):
    """MESH says no: the delivery has failed, its sender is told once, and the trust that something waits."""

    always = ("=move-delivery",)

    def begin(self):
        it = super().begin()
        fault = ("answer", 417, '{"detail": [{"event": "SEND", "code": "12", "msg": "Unregistered to address"}]}')
        self.world.wire.fault = lambda method, path: fault if method == "POST" and "/outbox" in path else None
        return it

    def act(self, it):
        return self.ask(it)

    def is_there(self, it, answer):
        assert {answer["id"]} == self.world.ids("exchange") - it.before, "what was answered is not there"

    def is_once(self, it):
        (it.exchange,) = self.world.ids("exchange") - it.before

    def ends(self, it):
        self.world.wire.fault = None
        assert self.state(it.exchange) == "failed", f"refused by MESH, and the delivery is {self.state(it.exchange)}"
        told = self.world.db.rows(f"select kind, state from mail_out where exchange = '{it.exchange}' and agency in ('{TRUST}', '{PROBATION}') order by kind")
        assert told == [("failure", "sent"), ("notice", "sent")], told

"""The ways in and out, each as its client goes it: what is asked, what is asked again where no answer came, and what has to be there once."""

import datetime, email, email.policy, json, smtplib, uuid
import smime, styles
from crash_world import BUSY, MARK, NotNow, thing
from demo import multipart
from mail import pdf, text_of
from postfix import until

SENDER, HOUSING, PROBATION, TRUST, PRISON = "met-police", "southwark-housing", "london-probation", "london-mental-health", "hmp-northgate"
UNIT = "london-coordination"


class Way:
    """One way. `begin` makes what is to be sent, new each time; `act` sends it and gives the answer, the same again when asked again."""

    # Whether what happens after the answer is told here too, point by point.
    behind = False
    # What is in the names of those of them that are told on every way, told on another or not.
    always = ()
    # Whether a client that is not answered asks again.
    again = True
    # Whether it is gone once before it is looked at.
    warms_up = True
    # What is in the names of the points that are told here.
    only = ""
    # Points that it passes whatever else it does.
    known = ()
    sender = SENDER

    def __init__(self, world):
        self.world = world

    @property
    def demo(self):
        return self.world.demo

    @property
    def name(self):
        return type(self).__name__

    def begin(self):
        return thing(mark=f"{MARK}{uuid.uuid4()}", key=str(uuid.uuid4()), before=self.world.ids("exchange"), mails=len(self.world.relay.taken))

    def is_told(self, point):
        return self.only in point

    def is_over(self, it):
        """Nothing comes any more of what the queues do not show."""
        return True

    def is_there(self, it, answer):
        """What was answered is there."""

    def is_once(self, it):
        """It is there once and whole."""

    def is_whole(self, it):
        """What was not answered is absent (false) or whole."""
        if not self.world.ids("exchange") - it.before:
            return False
        self.is_once(it)
        return True

    def ends(self, it):
        """After all of it."""


class Json(Way):
    """An exchange by the API."""

    recipients, known = (HOUSING,), ("api-answer",)

    def words(self, it):
        return f"Seen at the school gate. {it.mark}"

    def body(self, it):
        items = [{"title": "Risk note", "category": "RISK", "text": self.words(it)}]
        return self.demo.submission(recipients=self.recipients, items=items)

    def act(self, it):
        status, answer, _ = self.demo[self.sender].ask("/api/v1/exchanges", self.body(it), Idempotency_Key=it.key)
        assert status == 201, (status, answer)
        return json.loads(answer)

    def is_there(self, it, answer):
        assert {answer["id"]} == self.world.ids("exchange") - it.before, "what was answered is not there"
        self.world.receipt(answer["receipt"], answer["id"])

    def is_once(self, it):
        return self.world.one_exchange(self.sender, it.before, "released")

    def sent(self, it):
        """The bodies, as they were sent."""
        return [self.words(it).encode()]

    def ends(self, it):
        """It is read by whom it is for, as it was sent."""
        (id,) = self.world.ids("exchange") - it.before
        got = self.world.reads(self.recipients[0], id)
        assert got == self.sent(it), [content[:200] for content in got]


class NewKey(Json):
    """The first that is shared about somebody: their key is made on the way."""

    warms_up, only, number = False, "=add-key", 0

    def begin(self):
        it = super().begin()
        it.about = NewKey.number = NewKey.number + 1
        return it

    def body(self, it):
        items = [{"title": "Risk note", "category": "RISK", "text": self.words(it)}]
        return self.demo.submission(about=it.about, recipients=self.recipients, items=items)

    def is_once(self, it):
        assert self.world.one_exchange(self.sender, it.before)


class Documents(Json):
    """The same with a document that is too large for a row."""

    known = ("api-answer", "blob-begun", "blob-whole")

    def content(self, it):
        return (it.mark.encode() + bytes(range(256))) * 700

    def sent(self, it):
        return [*super().sent(it), self.content(it)]

    def body(self, it):
        items = [
            {"title": "Risk note", "category": "RISK", "text": self.words(it)},
            {"title": "scan.bin", "category": "RISK", "document": "scan"},
        ]
        return multipart(self.demo.submission(recipients=self.recipients, items=items), scan=("application/octet-stream", self.content(it)))


class AnnexF(Way):
    """A prison's form by the API."""

    sender, known = PRISON, ("api-answer",)
    example = None

    def said(self, it):
        if self.example is None:
            AnnexF.example = json.loads(self.demo[PRISON].ask("/schemas/annex-f.json")[1])["examples"][0]
        person = next(one for one in self.demo.nominals if one.get("prison_number") == "A1234BC")
        said = json.loads(json.dumps(self.example).replace("$NOMINAL", person["ref"]).replace("$AGENCY", UNIT))
        said["answers"]["behaviour"]["summary"] = f"Quiet on the wing. {it.mark}"
        return said

    def act(self, it):
        status, answer, _ = self.demo[PRISON].ask("/api/v1/annex-f", self.said(it), self.demo.user(PRISON, "practitioner"), Idempotency_Key=it.key)
        assert status == 201, (status, answer)
        return json.loads(answer)

    def is_there(self, it, answer):
        assert {answer["id"]} == self.world.ids("exchange") - it.before, "what was answered is not there"
        self.world.receipt(answer["receipt"], answer["id"])

    def is_once(self, it):
        return self.world.one_exchange(PRISON, it.before)

    def ends(self, it):
        """It is held, and opened by whoever is to countersign it as it was sent."""
        (id,) = self.world.ids("exchange") - it.before
        manager = self.demo.user(PRISON, "manager")
        holds = [one["id"] for one in self.demo[PRISON].all("/api/v1/holds", "holds", manager) if one["exchange"] == id and one["role"] == "manager"]
        answers = [self.demo[PRISON].ask(f"/api/v1/holds/{hold}/document", person=manager) for hold in holds]
        assert answers and all(status == 200 for status, *_ in answers), answers
        held = [json.loads(content)["answers"] for _, content, _ in answers]
        assert [one["behaviour"] for one in held if "behaviour" in one] == [self.said(it)["answers"]["behaviour"]], held


class Mail(Way):
    """A signed mail to the gateway; the same mail again is one exchange, and one receipt."""

    size = 0
    readers, known = (HOUSING,), ("mail-answer",)

    def begin(self):
        it = super().begin()
        it.officer = self.demo.officer(SENDER)
        it.words = f"Seen at the gate. {it.mark}"
        items = [{"title": "Visits to the school", "category": "RISK", "text": it.words}]
        files = {}
        if self.size:
            items.append({"title": "plan.pdf", "category": "RISK", "document": "plan.pdf"})
            files = {"plan.pdf": ("application/pdf", pdf(f"% a plan {it.mark}\n".encode() * (self.size // 60)))}
        it.sent = [it.words.encode(), *(content for _, content in files.values())]
        it.mail, it.to = self.demo.sealed(self.demo.submission(recipients=self.readers, items=items), it.officer, files)
        return it

    def act(self, it):
        try:
            code, words = self.demo.send(it.mail, it.officer.address, it.to)
        except smtplib.SMTPResponseException as said:
            code, words = said.smtp_code, said.smtp_error
        except smtplib.SMTPException as cut:
            raise OSError("no answer") from cut
        if code in BUSY:
            raise NotNow(code, words)
        assert code == 250, (code, words)
        return code

    def is_there(self, it, answer):
        assert len(self.world.ids("exchange") - it.before) == 1, "a mail that was answered is no exchange"

    def is_once(self, it):
        return self.world.one_exchange(SENDER, it.before, "released")

    def ends(self, it):
        """One receipt went to the officer, of what its readers open as it was sent."""
        (id,) = self.world.ids("exchange") - it.before
        receipts = [octets for to, octets in self.world.relay.mails(it.mails) if to == (it.officer.address,)]
        assert len(receipts) == 1, f"{len(receipts)} receipts"
        assert self.world.mailed(receipts[0], it.officer) == [id], "the receipt is of another"
        words, *files = self.world.reads(self.readers[0], id)
        # A mail's text ends as its program ends it.
        assert [words.rstrip(b"\r\n"), *files] == it.sent, [content[:200] for content in (words, *files)]


class LargeMail(Mail):
    """One that does not stay in memory."""

    size = 400_000


class Unproved(Way):
    """A mail that nobody proved: kept apart, sealed, and nothing else."""

    known = ("mail-answer",)

    def begin(self):
        it = super().begin()
        it.kept = self.world.ids("quarantine")
        it.officer = self.demo.officer(SENDER)
        entity = styles.python(f"{it.mark}\n" * 5000)
        it.mail, it.to = self.demo.mail(entity, it.officer, self.demo.address(HOUSING)), [self.demo.address(HOUSING)]
        return it

    act = Mail.act

    def is_there(self, it, answer):
        assert self.world.ids("quarantine") - it.kept, "a mail that was answered is nowhere"

    def is_whole(self, it):
        return bool(self.world.ids("quarantine") - it.kept)

    def is_once(self, it):
        # What nobody proved is not known again: it is kept as often as it came.
        assert 1 <= len(self.world.ids("quarantine") - it.kept) <= 2
        assert self.world.ids("exchange") == it.before


class FormByMail(Mail):
    """A prison's form, attached to a signed mail."""

    sender = PRISON

    def begin(self):
        it = Way.begin(self)
        it.officer, it.to = self.demo.officer(PRISON), [self.demo.address(UNIT)]
        form = ("annex-f.json", "application/json", json.dumps(AnnexF(self.world).said(it)).encode())
        entity = smime.encrypt(smime.sign_detached(styles.python(f"To: {UNIT}\n\n", [form]), it.officer), self.demo.certificate)
        it.mail = self.demo.mail(entity, it.officer, it.to, "A report")
        return it

    def is_once(self, it):
        return self.world.one_exchange(PRISON, it.before, "held")

    def ends(self, it):
        AnnexF(self.world).ends(it)


class Flag(Json):
    """A hospital is told of somebody who may come, which is over when they are told anew."""

    sender, recipients, last = PROBATION, ("guys-acute",), None

    def begin(self):
        it = super().begin()
        day = lambda after: (self.demo.now() + datetime.timedelta(days=after)).date().isoformat()
        answers = {
            "alert": {"serves": "staff", "text": self.words(it)}, "attending": {"staff_do": "Two members of staff see him"},
            "contact": {"who": "S. Officer, offender manager", "phone": "01632 960001", "hours": "Day and night"},
            "decision": {"decided_on": day(-3), "review_on": day(90)},
        }  # fmt: skip
        known = lambda one: one["level"] >= 2 and PROBATION in one["partners"] + [one["lead_agency"]]
        person = next(one for one in self.demo.nominals if known(one))
        it.said = {"nominal": {"ref": person["ref"]}, "recipients": list(self.recipients), "answers": answers}
        # One person has one at a time.
        if self.last is not None:
            it.said["after"] = self.last
        return it

    def act(self, it):
        who = self.demo.user(PROBATION, "practitioner")
        status, answer, _ = self.demo[PROBATION].ask("/api/v1/hospital-flags", it.said, who, Idempotency_Key=it.key)
        assert status == 201, (status, answer)
        return json.loads(answer)

    def ends(self, it):
        (id,) = self.world.ids("exchange") - it.before
        Flag.last = id
        got = self.world.reads(self.recipients[0], id)
        assert self.words(it) in b"\n".join(got).decode(), [content[:200] for content in got]


class Hold(Way):
    """A guardian's decision of what is held."""

    def begin(self):
        it = super().begin()
        items = [{"title": "report", "category": "HEALTH_CLIN", "owner": TRUST, "text": f"About his health. {it.mark}"}]
        status, sent = self.demo[SENDER].json("/api/v1/exchanges", self.demo.submission(recipients=(PROBATION,), items=items))
        assert status == 201 and sent["state"] == "held", sent
        it.exchange, it.guardian = sent["id"], self.demo.user(TRUST, "caldicott")
        holds = [hold for hold in self.demo[TRUST].all("/api/v1/holds", "holds", it.guardian) if hold["exchange"] == it.exchange]
        it.holds = [hold["id"] for hold in holds]
        self.world.settle()
        return it

    def act(self, it):
        said = {"decision": "approve", "reasons": f"he must be housed {it.mark}"}
        status, answer = self.demo[TRUST].json(f"/api/v1/holds/{it.holds[0]}", said, it.guardian)
        # Asked again after it is done: it is said so, and by whom it was done stands in the record.
        assert status == 200 or (status == 409 and "approved" in json.dumps(answer)), (status, answer)
        return answer

    def is_there(self, it, answer):
        ((state,),) = self.world.db.rows(f"select state from hold where id = '{it.holds[0]}'")
        assert state == "approved", state

    def is_whole(self, it):
        ((state,),) = self.world.db.rows(f"select state from hold where id = '{it.holds[0]}'")
        assert state in ("open", "approved"), state
        return state == "approved"

    def is_once(self, it):
        assert self.is_whole(it)
        view = self.demo.exchange(PROBATION, it.exchange)
        assert len(view["items"]) == 1, view
        decided = self.world.number(f"log_leaf where exchange = '{it.exchange}' and kind = 'hold-approved'")
        assert decided == 1, decided


class Acknowledge(Way):
    """An agency takes its inbox, and says that it has it."""

    def begin(self):
        it = super().begin()
        it.exchange = Json(self.world).act(it)["id"]
        self.world.settle()
        return it

    def act(self, it):
        mine = [one for one in self.demo[HOUSING].all("/api/v1/inbox", "deliveries") if one["exchange"] == it.exchange]
        if mine:
            status, answer = self.demo[HOUSING].json(f"/api/v1/inbox/{mine[0]['id']}/acknowledge", {})
            assert status == 200, (status, answer)
        return True

    def state(self, it):
        ((state,),) = self.world.db.rows(f"select state from delivery where exchange = '{it.exchange}'")
        return state

    def is_there(self, it, answer):
        assert self.state(it) == "acknowledged", self.state(it)

    def is_whole(self, it):
        return self.state(it) == "acknowledged"

    def is_once(self, it):
        assert self.state(it) == "acknowledged", self.state(it)
        steps = self.world.db.rows(f"select state, count(*) from delivery_step where delivery in (select id from delivery where exchange = '{it.exchange}') group by state")
        assert all(number == 1 for _, number in steps), steps


class MailOut(Documents):
    """What is for an agency with secure mail: written, sealed, sent; once, or again as the same."""

    known = (*Documents.known, "mail-to-send", "mail-taken")
    behind, always = True, ("=move-delivery", "mail-")
    recipients = (PROBATION,)

    def ends(self, it):
        office = self.demo.office(PROBATION)
        mine = [octets for to, octets in self.world.relay.mails(it.mails) if to == (office.address,)]
        assert len(mine) == 1, f"{len(mine)} mails to probation"
        part, _ = self.demo.opened(mine[0], office)
        assert it.mark in text_of(part), text_of(part)
        files = [one.get_payload(decode=True) for one in part.walk() if one.get_filename()]
        assert files == [self.content(it)], "the document that arrived is another"
        states = self.world.db.rows(f"select distinct state from mail_out where exchange in (select id from exchange) and state not in ('sent', 'failed')")
        assert not states, states
        super().ends(it)

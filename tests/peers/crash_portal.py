"""The ways through the portal, in a browser that runs no scripts."""

import json, re
from browse import Browser
from crash_ways import HOUSING, MARK, SENDER, Way
from postfix import until
from stops import PAIRS

OFFICER = (SENDER, "practitioner")


class Portal(Way):
    """What is done by one who is signed in; a session outlives the gateway's process."""

    browser, known = None, ("portal-page",)

    def begin(self):
        it = super().begin()
        it.drafts = self.world.ids("draft")
        self.sign_in()
        return it

    def sign_in(self):
        """Signed in as the officer: anew where the session is over."""
        if Portal.browser is None or Portal.browser.demo.folder != self.demo.folder or Portal.browser.ask("GET", "/drafts").status != 200:
            # A code is good once.
            self.world.advance("PT1M")
            Portal.browser = Browser(self.demo).sign_in(*OFFICER)
        return Portal.browser

    def fields(self, it):
        person = self.demo.nominals[0]
        year, month, day = person["date_of_birth"].split("-")
        return {
            "pnc": person["pnc_id"], "born-day": day, "born-month": month, "born-year": year, "to": HOUSING, "purpose": "MANAGE",
            "necessity": "whoever houses him must know", "basis": "CJA 2003 s.325", "title": "Visits", "text": f"Seen at the gate. {it.mark}",
            "category": "RISK",
        }  # fmt: skip

    def content(self, it):
        return f"a plan {it.mark}\n".encode() * 4000

    def files(self, it):
        return [("plan.txt", "text/plain", self.content(it))]

    def write(self, it):
        """A draft with a file, kept; where it is."""
        hidden = self.browser.get("/messages/new").hidden()
        page = self.browser.post("/messages/new", {**hidden, **self.fields(it), "do": "files"}, self.files(it))
        assert page.status == 303 and page.leads_to.startswith("/drafts/"), (page.status, page.text[:3000])
        return page.leads_to

    def shown(self, place):
        """The draft's form, with what it carries unseen and its files."""
        page = self.browser.get(place)
        return page.hidden(place), re.findall(r'name="kind-([0-9a-f-]+)"', page.body)

    def whole(self, place, it):
        """A draft opens; a file that came with its form is in it whole, or was never there."""
        page = self.browser.get(place)
        assert it.mark in page.body, "what was written is not in the draft"
        assert "has not come whole" not in page.text, page.text
        return "plan.txt" in page.text

    def new(self, it):
        return [f"/drafts/{id}" for id in self.world.ids("draft") - it.drafts]

    def is_there(self, it, answer):
        pass

    def is_whole(self, it):
        new = self.new(it)
        for place in new:
            self.whole(place, it)
        return bool(new)

    def is_once(self, it):
        assert self.new(it)

    def ends(self, it):
        for place in self.new(it):
            self.browser.post(f"{place}/delete", {"token": self.browser.get(place).hidden()["token"]})
        assert not self.new(it)


class Begins(Portal):
    """A message is begun, with a file: kept as a draft."""

    def act(self, it):
        it.place = self.write(it)
        return it.place

    def is_there(self, it, answer):
        assert self.whole(answer, it), "a file that was taken is not in the draft"

    def is_once(self, it):
        # A form that is sent again, never answered, may be a second draft: nothing was shared by either.
        assert any([self.whole(place, it) for place in self.new(it)])


class Saves(Portal):
    """A draft is saved, with another text."""

    def begin(self):
        it = super().begin()
        it.place = self.write(it)
        it.hidden, it.file = self.shown(it.place)
        it.changed = f"{it.mark} anew"
        return it

    def act(self, it):
        said = {**it.hidden, **self.fields(it), "text": it.changed, f"kind-{it.file[0]}": "RISK", "do": "save"}
        page = self.browser.post(it.place, said)
        assert page.status == 303, (page.status, page.text[:3000])
        return page.leads_to

    def is_there(self, it, answer):
        assert it.changed in self.browser.get(answer).body

    def is_once(self, it):
        # The same form again, saved already, is the same draft.
        assert len(self.new(it)) == 1 and it.changed in self.browser.get(it.place).body


class Removes(Saves):
    """A file is taken out of a draft."""

    def act(self, it):
        page = self.browser.post(it.place, {**it.hidden, **self.fields(it), "remove": it.file[0]})
        assert page.status == 303, (page.status, page.text[:3000])
        return page.leads_to

    def is_there(self, it, answer):
        assert not self.shown(it.place)[1]

    def is_once(self, it):
        assert not self.shown(it.place)[1]


class Deletes(Saves):
    """A draft is thrown away."""

    def act(self, it):
        page = self.browser.post(f"{it.place}/delete", {"token": it.hidden["token"]})
        assert page.status in (303, 404), (page.status, page.text[:3000])
        return page.status

    def is_there(self, it, answer):
        assert not self.new(it)

    def is_once(self, it):
        assert not self.new(it)


class Pieces(Saves):
    """A file is added to a draft as the page's script adds it: announced, piece by piece, and on from where the line broke."""

    known = (*Portal.known, *(f"{point}={name}" for point in PAIRS for name in ("begin-file", "take-part", "finish-file")))

    def begin(self):
        it = super().begin()
        it.film, it.film_id = f"a film {it.mark}\n".encode() * 8000, None
        return it

    def told(self, page):
        assert page.status == 200, (page.status, page.text[:2000])
        return json.loads(page.body)

    def act(self, it):
        files, token = f"{it.place}/files", it.hidden["token"]
        if it.film_id is None:
            about = {"token": token, "name": "film.bin", "type": "application/octet-stream", "size": str(len(it.film))}
            it.film_id = self.told(self.browser.post(files, about))["id"]
        there = f"{files}/{it.film_id}"
        stands = self.told(self.browser.get(there))
        while not stands["whole"]:
            at, piece = stands["has"], len(it.film) // 2 + 1
            stands = self.told(self.browser.ask("POST", f"{there}?from={at}", it.film[at : at + piece], "application/octet-stream", x_form_token=token))
        return it.film_id

    def films(self, it):
        """Each by its id, and whether it has come whole."""
        items = self.browser.get(it.place).body.split('<div class="portal-item">')[1:]
        films = [item for item in items if "film.bin</h3>" in item]
        return {re.search(r'name="remove" value="([0-9a-f-]+)"', film)[1]: "has not come whole" not in film for film in films}

    def is_there(self, it, answer):
        assert self.films(it)[answer], "a file that was taken is not in the draft"

    def is_whole(self, it):
        return any(self.films(it).values())

    def is_once(self, it):
        films = self.films(it)
        # One that was announced and never answered is announced again; nothing of the first comes.
        assert [id for id, whole in films.items() if whole] == [it.film_id] and len(films) <= 2, films

    def ends(self, it):
        """It is sent, and read as it was added."""
        for id in [id for id, whole in self.films(it).items() if not whole]:
            page = self.browser.post(it.place, {**self.shown(it.place)[0], **self.fields(it), "remove": id})
            assert page.status == 303, (page.status, page.text[:3000])
        hidden, files = self.shown(it.place)
        assert len(files) == 2, files
        self.browser.post(it.place, {**hidden, **self.fields(it), **{f"kind-{id}": "RISK" for id in files}, "do": "check"})
        page = self.browser.post(f"{it.place}/send", self.browser.get(f"{it.place}/check").hidden(f"{it.place}/send"))
        assert page.status == 303 and page.leads_to.startswith("/messages/"), (page.status, page.text[:3000])
        view = self.world.one_exchange(SENDER, it.before, "released")
        got = self.demo.documents(HOUSING, self.demo.exchange(HOUSING, view["id"]), "spoc")
        assert it.film in got and self.content(it) in got, [content[:100] for content in got]
        super().ends(it)


class Sends(Saves):
    """A draft is sent: one exchange, and no draft any more."""

    def begin(self):
        it = super().begin()
        self.browser.post(it.place, {**it.hidden, **self.fields(it), f"kind-{it.file[0]}": "RISK", "do": "check"})
        it.check = self.browser.get(f"{it.place}/check").hidden(f"{it.place}/send")
        return it

    def act(self, it):
        page = self.browser.post(f"{it.place}/send", it.check)
        if page.status == 404:
            # Sent already: where it was leads to what it has become.
            page = self.browser.ask("GET", it.place)
        assert page.status == 303 and page.leads_to.startswith("/messages/"), (page.status, page.text[:3000])
        return page.leads_to

    def is_there(self, it, answer):
        assert self.world.ids("exchange") - it.before == {answer.rpartition("/")[2]}, "what was sent is not there"

    def is_whole(self, it):
        sent = Way.is_whole(self, it)
        assert sent == (not self.new(it)), "it is a draft and a message, or neither"
        return sent

    def is_once(self, it):
        view = self.world.one_exchange(SENDER, it.before, "released")
        got = self.demo.documents(HOUSING, self.demo.exchange(HOUSING, view["id"]), "spoc")
        assert self.content(it) in got, "the file that arrived is another"
        assert not self.new(it), "it is sent, and a draft as well"


class SignsIn(Portal):
    """Somebody signs in, after a session of theirs was used from elsewhere; and is told."""

    def begin(self):
        it = super().begin()
        elsewhere = Browser(self.demo, "another browser altogether")
        elsewhere.jar = dict(self.browser.jar)
        assert elsewhere.ask("GET", "/drafts").status == 303
        self.world.advance("PT1M")
        return it

    def act(self, it):
        fresh = Browser(self.demo)
        try:
            fresh.sign_in(*OFFICER)
        except AssertionError:
            # A code is good once, also where its answer was lost.
            self.world.advance("PT1M")
            fresh = Browser(self.demo).sign_in(*OFFICER)
        told = fresh.ask("GET", "/sign-in/moved")
        if told.status == 200:
            page = fresh.post("/sign-in/moved", told.hidden())
            assert page.status == 303, page.text
        Portal.browser = fresh
        return fresh

    def is_there(self, it, answer):
        assert answer.ask("GET", "/drafts").status == 200, "who was let in is not"

    def is_whole(self, it):
        return False

    def is_once(self, it):
        assert Portal.browser.ask("GET", "/sign-in/moved").status == 303, "they are still to be told"


class KeepsAForm(Portal):
    """A form comes after whoever sent it was away too long: kept, and taken up after signing in."""

    def begin(self):
        it = super().begin()
        # It was answered that it is kept; whoever wrote it goes on from there.
        it.kept, it.taken_up = False, False
        return it

    def opens(self, id, it):
        """It is shown to whoever wrote it, once they have signed in."""
        page = self.sign_in().get(f"/kept/{id}")
        assert f'value="to ask {it.mark}"' in page.body, f"other words are kept than were sent: {page.text[:1000]}"
        return page

    def act(self, it):
        it.kept, it.taken_up = False, False
        hidden = self.sign_in().get("/may-i-share").hidden()
        self.world.advance("PT40M")
        page = self.browser.post("/may-i-share", {**hidden, "statement": f"to ask {it.mark}"})
        assert page.status == 303 and "sign-in" in page.leads_to, (page.status, page.text[:2000])
        it.kept = True
        page = self.opens(self.newest(), it)
        it.taken_up = True
        # As a browser does that goes on from there: shown, and kept no longer.
        again = self.browser.post("/may-i-share", page.hidden("/may-i-share"))
        assert again.status in (200, 422), (again.status, again.text[:2000])
        return again

    def newest(self):
        kept = self.world.ids("kept_form")
        assert kept, "it was answered that a form is kept, and none is"
        return max(kept)

    def is_whole(self, it):
        if it.kept and not it.taken_up:
            self.opens(self.newest(), it)
            return True
        # It was not answered that it is kept, or it is in a page already.
        mine = [id for id in self.world.ids("kept_form") if it.mark in self.sign_in().get(f"/kept/{id}").body]
        for id in mine:
            self.opens(id, it)
        return bool(mine)

    def is_there(self, it, answer):
        assert f"to ask {it.mark}" in answer.body, f"what was written is not shown again: {answer.text[:2000]}"

    def is_once(self, it):
        assert not self.world.ids("kept_form"), "it is in a page, and kept as well"

    def ends(self, it):
        self.sign_in()


class AsksAKey(Portal):
    """A challenge for a security key is given out and taken back; without a key, nobody is let in."""

    def act(self, it):
        stranger = Browser(self.demo)
        page = stranger.get("/sign-in/key")
        hidden = page.hidden()
        answer = stranger.post("/sign-in/key", {**hidden, "answer": "{}"})
        assert answer.status == 403, (answer.status, answer.text[:500])
        return True

    def is_whole(self, it):
        return False

    def is_once(self, it):
        pass

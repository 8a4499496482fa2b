"""What the journeys' peers share: a demo's agencies over mutual TLS, the operator's commands and database.

usage of each peer: PEER.py DEMO_DIR GATEWAY_BINARY
"""
import contextlib, http.client, json, pathlib, sqlite3, ssl, subprocess, sys, time, tomllib, uuid

# What is in no text: it shows something other than it says, ends a text early, or is no character.
ODD = {"NUL": "\0", "an escape": "\x1b[2J", "a right-to-left override": "\u202e", "an isolate": "\u2066", "a left-to-right mark": "\u200e",
       "no character": "\ufffe", "a lone carriage return": "\r"}


class Connection:
    """One connection of an agency's system, kept open from request to request."""

    def __init__(self, api, ca, certificate, key):
        context = ssl.create_default_context(cafile=ca)
        context.load_cert_chain(certificate, key)
        self.wire, self.asked = http.client.HTTPSConnection(api.removeprefix("https://"), context=context, timeout=120), time.monotonic()

    def ask(self, path, body=None, person=None, method=None, **headers):
        """(status, body, headers): a dict is sent as JSON, (type, bytes) as it is."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if person:
            headers["X-On-Behalf-Of"] = person
        if isinstance(body, dict):
            body = ("application/json", json.dumps(body).encode())
        if body is not None:
            headers["Content-Type"], body = body
        self.wire.request(method or ("GET" if body is None else "POST"), path, body, headers)
        answer = self.wire.getresponse()
        body, self.asked = answer.read(), time.monotonic()
        return answer.status, body, answer.headers

    def json(self, path, body=None, person=None, method=None, **headers):
        status, answer, _ = self.ask(path, body, person, method, **headers)
        return status, json.loads(answer)

    def all(self, path, word, person=None):
        """A whole list, page by page."""
        found, cursor, joint = [], "", "&" if "?" in path else "?"
        while cursor is not None:
            status, page = self.json(f"{path}{joint}limit=200{cursor}", person=person)
            assert status == 200, (path, status, page)
            found += page[word]
            cursor = page["next"] and "&cursor=" + page["next"]
        return found


class Demo:
    def __init__(self, folder, gateway):
        self.folder, self.gateway = pathlib.Path(folder), gateway
        self.state = json.loads((self.folder / "demo.json").read_text())
        self.agencies = {agency["id"]: agency for agency in self.state["agencies"]}
        self.nominals = self.state["nominals"]
        self.key = self.folder / "log.key"
        key = self.state["ledger"]["verifier_key"]
        # Not again: another may be reading it.
        if not self.key.exists() or self.key.read_text() != key:
            self.key.write_text(key)
        self.open = {}

    def fresh(self, agency):
        """A new connection of an agency."""
        who = self.agencies[agency]
        return Connection(self.state["api"], self.state["ca"], who["api_cert"], who["api_key"])

    def __getitem__(self, agency):
        """The connection of an agency that stays open as long as it is used: the gateway closes one on which it was asked nothing for 20 s."""
        line = self.open.get(agency)
        if line is None or time.monotonic() - line.asked > 10:
            line = self.open[agency] = self.fresh(agency)
        return line

    def user(self, agency, role):
        return next(user["email"] for user in self.agencies[agency]["users"] if user["role"] == role)

    def run(self, *words, status=0):
        """An operator's command on this installation; its words."""
        return self.command(*words, "--dir", str(self.folder), status=status)

    def command(self, *words, status=0):
        done = subprocess.run([self.gateway, *map(str, words)], capture_output=True, text=True)
        assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def submission(self, about=0, recipients=("london-probation",), **changes):
        person = self.nominals[about]
        return {"nominal": {"identifiers": [{"kind": "PNC", "value": person["pnc_id"]},
                                            {"kind": "DOB", "value": person["date_of_birth"]}]},
                "recipients": list(recipients), "purpose": "MANAGE", "necessity": "whoever manages him must know",
                "bases": ["CJA 2003 s.325"],
                "items": [{"title": "Risk note", "category": "RISK", "text": "Seen at the school gate."}], **changes}


def multipart(exchange, **documents):
    """The type and bytes of a post whose documents are {name: (media type, bytes)}."""
    boundary = uuid.uuid4().hex
    parts = {"exchange": ("application/json", json.dumps(exchange).encode()), **documents}
    body = b"".join(b'--%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n%s\r\n'
                    % (boundary.encode(), name.encode(), name.encode(), kind.encode(), content)
                    for name, (kind, content) in parts.items())
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


class Sqlite:
    """An operator at the embedded database, with nothing in the way: no triggers, keys or checks."""
    name = "sqlite"

    def __init__(self, url):
        self.file = url.removeprefix("sqlite://")
        # Handed from thread to thread, and used by one at a time.
        self.open = sqlite3.connect(self.file, isolation_level=None, timeout=30, check_same_thread=False)
        self.open.execute("pragma ignore_check_constraints = on")

    def rows(self, sql):
        return self.open.execute(sql).fetchall()

    def do(self, *statements):
        self.open.execute("begin immediate")
        for sql in statements:
            self.open.execute(sql)
        self.open.execute("commit")

    @contextlib.contextmanager
    def transaction(self, *statements):
        """Does the statements in a transaction that ends with the block; until then nobody else writes."""
        self.open.execute("begin immediate")
        for sql in statements:
            self.open.execute(sql)
        try:
            yield
        finally:
            self.open.execute("commit")

    def fault(self, table):
        """What makes a table take no row from then on."""
        return [f"create trigger fault before insert on {table} begin select raise(abort, 'a fault'); end"]

    def mended(self, table):
        """It takes rows again."""
        return ["drop trigger if exists fault"]

    def unguard(self):
        self.do(*(f"drop trigger {name}" for (name,) in self.rows("select name from sqlite_master where type = 'trigger'")))

    def tables(self):
        return [name for (name,) in self.rows("select name from sqlite_master where type = 'table' and name not like 'sqlite%'")]

    def columns(self, table):
        """(name, kind, may be null) of each column; the kind is text, bigint or bytea."""
        return [(name, kind.lower(), not needed) for _, name, kind, needed, *_ in self.rows(f"pragma table_info({table})")]

    def unique(self, table):
        """The first columns of the keys beside the primary one."""
        keys = [row[1] for row in self.rows(f"pragma index_list({table})") if row[2] and row[3] == "u"]
        return {self.rows(f"pragma index_info({key})")[0][2] for key in keys}

    def blob(self, value):
        return f"x'{value.hex()}'"

    def close(self):
        self.open.close()


class Postgres:
    """The same at PostgreSQL, by its own client."""
    name = "postgres"

    def __init__(self, url):
        self.url = url
        self.client = subprocess.Popen(["psql", url, "-qAtX", "-f", "-", "-v", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True)

    def psql(self, sql):
        self.client.stdin.write(sql + ";\n\\echo -- done --\n")
        self.client.stdin.flush()
        said = []
        while not said or said[-1] != "-- done --\n":
            said.append(self.client.stdout.readline())
            assert said[-1], (sql[:400], said)
        return "".join(said[:-1])

    def rows(self, sql):
        found = self.psql(f"select json_build_array(json_agg(r)) from (select array_to_json(array(select value "
                          f"from json_each(row_to_json(q)))) r from ({sql}) q) a")
        def read(value):
            return bytes.fromhex(value[2:]) if isinstance(value, str) and value.startswith("\\x") else value
        return [tuple(map(read, row)) for row in json.loads(found)[0] or []]

    def do(self, *statements):
        self.psql("set session_replication_role = replica; begin;\n" + ";\n".join(statements) + ";\ncommit")

    @contextlib.contextmanager
    def transaction(self, *statements):
        self.psql("begin;\n" + ";\n".join(statements))
        try:
            yield
        finally:
            self.psql("commit")

    def fault(self, table):
        return ["create function fault() returns trigger language plpgsql as $$ begin raise 'a fault'; end $$",
                f"create trigger fault before insert on {table} for each row execute function fault()"]

    def mended(self, table):
        return [f"drop trigger if exists fault on {table}", "drop function if exists fault"]

    def unguard(self):
        checks = self.rows("select conrelid::regclass::text, conname from pg_constraint where contype = 'c'"
                           " and connamespace = 'public'::regnamespace")
        self.do(*(f"alter table {table} drop constraint {name}" for table, name in checks))

    def tables(self):
        return [name for (name,) in self.rows("select tablename from pg_tables where schemaname = 'public'")]

    def columns(self, table):
        return [(name, kind, null == "YES") for name, kind, null in self.rows(
            "select column_name, data_type, is_nullable from information_schema.columns where table_schema = 'public'"
            f" and table_name = '{table}' order by ordinal_position")]

    def unique(self, table):
        return {name for (name,) in self.rows(
            "select a.attname from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]"
            f" where c.contype = 'u' and c.conrelid = '{table}'::regclass")}

    def blob(self, value):
        return f"'\\x{value.hex()}'::bytea"

    def close(self):
        self.client.stdin.close()
        self.client.wait()


def database(folder):
    """The records of the installation in a folder, seen from outside."""
    url = tomllib.loads((pathlib.Path(folder) / "gateway.toml").read_text())["database"]
    return Sqlite(url) if url.startswith("sqlite:") else Postgres(url)


def settle(db):
    """Waits until every delivery is announced and every mail is sent, and nothing writes to the log any more."""
    was, quiet = None, 0
    for _ in range(600):
        (waiting,), = db.rows("select (select count(*) from mail_out where state = 'queued') + (select count(*) from delivery"
                              " where state in ('queued', 'waiting') and channel in ('secure-email', 'portal')"
                              " and not exists (select 1 from mail_out where mail_out.delivery = delivery.id))")
        size = db.rows("select id, size from log order by id")
        quiet = quiet + 1 if (waiting, size) == (0, was) else 0
        if quiet == 8:
            return
        was = size
        time.sleep(0.2)
    raise AssertionError(f"{waiting} mails are still to be made or sent")


def peer():
    """The demo that the command line names."""
    return Demo(*sys.argv[1:3])

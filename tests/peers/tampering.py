"""Changes an installation's database from outside in every way there is, one at a time: `gateway ledger verify`
must find each, and name the place. Changes are tried side by side, each alone in a copy. The demo is stopped."""
import base64, hashlib, json, pathlib, queue, re, shutil, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor
from demo import Postgres, Sqlite, database, peer

# Tables that say nothing of who may see what; the log's own are tried one by one below. Who is
# signed in, failed to, used a code or was asked for a key is gone in hours: the log has it as events.
UNCOVERED = {"idempotency", "blob", "thread", "mail_out", "mesh_out", "mesh_in", "hold_told", "notice_told", "hold_clockless", "draft", "draft_file", "draft_part", "kept_form", "session", "session_moved", "sign_in_failure", "code_used", "key_ceremony", "log", "log_leaf", "log_row", "log_tile", "_sqlx_migrations"}
KEY_STORE = {"key", "log_mark", "_key_migrations"}
# A verification waits for its database most of the time.
COPIES = 3
demo = peer()
original = database(demo.folder)


class Copy:
    """A copy of the installation and its database; each change is undone before the next."""

    def __init__(self, n):
        self.folder, self.touched = pathlib.Path(tempfile.mkdtemp(prefix="copy", dir=demo.folder.parent)), set()
        folder = self.folder
        shutil.copytree(demo.folder, folder, dirs_exist_ok=True)
        if original.name == "sqlite":
            url = f"sqlite://{folder}/copy.db"
            self.db = Sqlite(url)
            original.open.backup(self.db.open)
        else:
            name = original.url.rpartition("/")[2]
            self.name, url = f"{name}_copy{n}", f"{original.url}_copy{n}"
            original.psql(f"create database {self.name} template {name}")
            self.db = Postgres(url)
        toml = (demo.folder / "gateway.toml").read_text().replace(f"{demo.folder}/blobs", f"{folder}/blobs").splitlines()
        (folder / "gateway.toml").write_text("\n".join(f'database = "{url}"' if line.startswith("database ") else line for line in toml))
        self.db.unguard()
        self.tables = self.db.tables()
        self.db.do(*(f"create table kept_{table} as select * from {table}" for table in self.tables if table != "_sqlx_migrations"))

    def change(self, *statements):
        self.touched = set(re.findall(r"(?:update|insert into|delete from) (\w+)", " ".join(statements)))
        self.db.do(*statements)

    def undo(self):
        if self.touched:
            self.db.do(*(sql for table in self.touched for sql in (
                f"delete from {table}", f"insert into {table} select * from kept_{table}")))

    def verify(self, key):
        """The exit code, and what was said."""
        done = subprocess.run([demo.gateway, "ledger", "verify", "--key", key, "--dir", self.folder], capture_output=True, text=True)
        return done.returncode, (done.stdout + done.stderr).strip()

    def end(self):
        self.db.close()
        shutil.rmtree(self.folder)
        if original.name == "postgres":
            original.psql(f"drop database {self.name}")


def quoted(value):
    if value is None:
        return "null"
    if isinstance(value, bytes):
        return db.blob(value)
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def others(value, kind, nullable):
    """Values of a cell that are not this one."""
    empty = {"text": "", "bigint": 0, "bytea": b""}[kind]
    if value is None:
        return [empty]
    if isinstance(value, bytes):
        return [value[:-1] + bytes([value[-1] ^ 1] if value else [1])] + [None] * nullable
    return [value + 1 if isinstance(value, int) else value + "x"] + [None] * nullable


def row_cases(table):
    columns = db.columns(table)
    names = [name for name, *_ in columns]
    rows = db.rows(f"select {', '.join(names)} from {table} order by id")
    assert len(rows) > 0, f"the demo has no row in `{table}`: give it one"
    row, other = rows[len(rows) // 2], rows[len(rows) // 2 - 1]
    id, twin = row[names.index("id")], other[names.index("id")]
    named, here = [f"`{table}`", f"`{id}`"], f"where id = '{id}'"
    for at, (name, kind, nullable) in enumerate(columns):
        if name != "id":
            # A row for each of the two: with something in the cell, with nothing.
            for full in {row[at] is None: row, **{r[at] is None: r for r in rows}}.values():
                mine = full[names.index("id")]
                for value in others(full[at], kind, nullable):
                    yield (f"{table}.{name} of {mine} became {'null' if value is None else type(value).__name__}", [f"`{table}`", f"`{mine}`"],
                           f"update {table} set {name} = {quoted(value)} where id = '{mine}'")
    yield f"{table}: a row got another id", [f"`{table}`"], f"update {table} set id = id || 'x' {here}"
    yield f"{table}: a row was deleted", named, f"delete from {table} {here}"
    yield (f"{table}: the last row was deleted", [f"`{table}`", rows[-1][names.index("id")]],
           f"delete from {table} where id = '{rows[-1][names.index('id')]}'")
    unique = db.unique(table) | {"id"}
    copied = ", ".join(f"{name} || 'x'" if name in unique else name for name in names)
    yield (f"{table}: a copy was slipped in", [f"`{table}`", f"`{id}x`"],
           f"insert into {table} ({', '.join(names)}) select {copied} from {table} {here}")
    if len(rows) > 1:
        yield (f"{table}: two rows were swapped", [f"`{table}`", (id, twin)], f"update {table} set id = '?' {here}",
               f"update {table} set id = '{id}' where id = '{twin}'", f"update {table} set id = '{twin}' where id = '?'")
    covers = db.rows(f"select log, idx, row_id from log_row where tbl = '{table}' order by log desc, idx")
    log, idx, covered = covers[0]
    at = f"where log = '{log}' and idx = {idx} and tbl = '{table}' and row_id = '{covered}'"
    place = [f"entry {idx} ", log]
    yield f"{table}: what a leaf covers was changed", place, f"update log_row set digest = '{'0' * 64}' {at}"
    yield f"{table}: what a leaf covers was dropped", place, f"delete from log_row {at}"
    yield (f"{table}: a row and what covers it were dropped", ["entry "], f"delete from {table} {here}",
           f"delete from log_row where tbl = '{table}' and row_id = '{id}'")
    yield (f"{table}: a leaf was made to cover a copy", place,
           f"insert into {table} ({', '.join(names)}) select {copied} from {table} {here}",
           f"insert into log_row select log, idx, tbl, '{id}x', digest from log_row {at}")
    apart = next(((l, i, r) for l, i, r in covers if r != covered
                  and (log, idx, r) not in covers and (l, i, covered) not in covers), None)
    if apart:
        there = f"where log = '{apart[0]}' and idx = {apart[1]} and tbl = '{table}' and row_id = '{apart[2]}'"
        yield (f"{table}: the leaves that cover two rows were swapped", [(f"entry {idx} ", f"entry {apart[1]} ")],
               f"update log_row set log = '?' {at}", f"update log_row set log = '{log}', idx = {idx} {there}",
               f"update log_row set log = '{apart[0]}', idx = {apart[1]} where log = '?'")


def log_cases(log, size, note):
    columns = db.columns("log_leaf")
    names = [name for name, *_ in columns]
    for idx in sorted({0, size // 2, size - 1}):
        here = f"where log = '{log}' and idx = {idx}"
        leaf = dict(zip(names, db.rows(f"select {', '.join(names)} from log_leaf {here}")[0]))
        for name, kind, nullable in columns:
            if name not in ("log", "idx"):
                for value in others(leaf[name], kind, nullable):
                    yield (f"{log}: {name} of leaf {idx} became {'null' if value is None else type(value).__name__}", [f"entry {idx} "],
                           f"update log_leaf set {name} = {quoted(value)} {here}")
        event = leaf["event"]
        for what, changed in (("its agency", event.replace('"from":', '"from":"essex-police","was":', 1)),
                              ("its version", event.replace('"v":1', '"v":2', 1)),
                              ("an area more", event.replace('"v":1', '"v":1,"area":"x"', 1)),
                              ("a word more", event.replace('"detail":{', '"detail":{"a":"b",', 1).replace(',}', '}')),
                              ("its time", event.replace('"at":"2026', '"at":"2025', 1))):
            assert changed != event, (what, event)
            yield f"{log}: the event of leaf {idx}: {what}", [f"entry {idx} "], f"update log_leaf set event = {quoted(changed)} {here}"
    last, middle = f"where log = '{log}' and idx = {size - 1}", f"where log = '{log}' and idx = {size // 2}"
    yield f"{log}: the last leaf was deleted", [(f"{size} entries", f"entry {size - 1} ")], f"delete from log_leaf {last}"
    yield (f"{log}: the last leaf, what it covers and its count were deleted", [], f"delete from log_leaf {last}",
           f"delete from log_row {last}", f"update log set size = {size - 1} where id = '{log}'")
    yield f"{log}: a leaf in the middle was deleted", [f"entry {size // 2} "], f"delete from log_leaf {middle}"
    yield (f"{log}: a leaf was copied to the end", [f"entry {size} ", log],
           f"insert into log_leaf select log, {size}, id || 'x', kind, at, exchange, nominal, salt, row_salt, event, data from log_leaf {middle}")
    yield (f"{log}: two leaves were swapped", [f"entry {size // 2} "], f"update log_leaf set idx = -1 {middle}",
           f"update log_leaf set idx = {size // 2} where log = '{log}' and idx = {size // 2 + 1}",
           f"update log_leaf set idx = {size // 2 + 1} where log = '{log}' and idx = -1")
    yield (f"{log}: two leaves were swapped, and what they cover", [(f"entry {size // 2} ", f"entry {size // 2 + 1} ")],
           *(sql for table in ("log_leaf", "log_row") for sql in (
               f"update {table} set idx = -1 {middle}",
               f"update {table} set idx = {size // 2} where log = '{log}' and idx = {size // 2 + 1}",
               f"update {table} set idx = {size // 2 + 1} where log = '{log}' and idx = -1")))
    for level, n, tile in db.rows(f"select level, n, data from log_tile where log = '{log}'"):
        here, path = f"where log = '{log}' and level = {level} and n = {n}", f"`tile/{level}/{n:03}"
        for at in (0, len(tile) // 64 * 32, len(tile) - 1):
            changed = tile[:at] + bytes([tile[at] ^ 1]) + tile[at + 1:]
            yield f"{log}: byte {at} of tile {level}/{n}", [path], f"update log_tile set data = {quoted(changed)} {here}"
        yield f"{log}: tile {level}/{n} was cut", [path], f"update log_tile set data = {quoted(tile[:-32])} {here}"
        yield f"{log}: tile {level}/{n} was deleted", [path], f"delete from log_tile {here}"
    text, _, signature = note.rpartition("\n\n")
    origin, _, root = text.split("\n")
    for what, changed in (("size", f"{origin}\n{size + 1}\n{root}\n\n{signature}"), ("root", note.replace(root, "A" * 43 + "=")),
                          ("origin", note.replace(origin, origin + "x", 1)), ("signature", note[:-4] + ("A" if note[-4] != "A" else "B") + note[-3:]),
                          ("nothing left", "")):
        yield f"{log}: the checkpoint's {what}", ["`checkpoint`"], f"update log set checkpoint = {quoted(changed)} where id = '{log}'"
    for column, kind, _ in db.columns("log"):
        if column in ("size", "root", "origin", "area"):
            value, = db.rows(f"select {column} from log where id = '{log}'")[0]
            yield (f"{log}: log.{column}", [log if column not in ("origin",) else origin],
                   f"update log set {column} = {quoted(others(value, kind, False)[0])} where id = '{log}'")


def put_back_cases(keys):
    """A certificate that was revoked, put back as its first leaf committed to it."""
    before = json.loads((demo.folder / "before.json").read_text())
    sets = ", ".join(f"{name} = {quoted(value)}" for name, value in before.items())
    back = f"update credential set {sets} where id = '{before['id']}'"
    log, idx, digest = db.rows(f"select log, idx, digest from log_row where tbl = 'credential' and row_id = '{before['id']}' order by idx")[0]
    yield main, "a revoked certificate was put back", ["`credential`", before["id"]], back
    yield (main, "a revoked certificate was put back, and its first leaf dated later", [(before["id"], f"entry {idx} ")], back,
           f"update log_leaf set at = at * 2 where log = '{log}' and idx = {idx}")
    # A leaf that opens well and covers it, in places to which no signed checkpoint reaches.
    newest, = db.rows("select max(at) from log_leaf")[0]
    text, = db.rows(f"select event from log_leaf where log = '{log}' and idx = {idx}")[0]
    rows = json.dumps([["credential", before["id"], digest]], separators=(",", ":"))
    salt = bytes(range(32))
    commitment = base64.b64encode(hashlib.sha256(b"mappa-gateway/rows/v1\n" + salt + rows.encode()).digest()).decode()
    event = json.dumps({**json.loads(text), "rows": commitment}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    data = hashlib.sha256(b"mappa-gateway/event/v1\n" + salt + event.encode()).digest()

    def forged(log, at):
        return (back, f"insert into log_leaf (log, idx, id, kind, at, exchange, nominal, salt, row_salt, event, data) select '{log}', {at}, 'forged', kind,"
                      f" {newest + 1}, exchange, nominal, {quoted(salt)}, {quoted(salt)}, {quoted(event)}, {quoted(data)} from log_leaf where id = '{first}'",
                f"insert into log_row values ('{log}', {at}, 'credential', '{before['id']}', '{digest}')")

    first, = db.rows(f"select id from log_leaf where log = '{log}' and idx = {idx}")[0]
    for id, origin, size in db.rows("select id, origin, size from log"):
        added = (*forged(id, size), f"update log set size = {size + 1} where id = '{id}'")
        for key in {main, keys[origin]}:
            yield key, f"a revoked certificate was put back, with a forged leaf at the end of {id}", [id], *added
        idle, = db.rows(f"select max(idx) from log_leaf l where log = '{id}' and not exists"
                        " (select 1 from log_row r where r.log = l.log and r.idx = l.idx)")[0]
        for key in {main, keys[origin]}:
            yield (key, f"a revoked certificate was put back, with a forged leaf in the place of {idle} of {id}", [],
                   f"delete from log_leaf where log = '{id}' and idx = {idle}", *forged(id, idle))
    yield (main, "a revoked certificate was put back, with a forged leaf in a forged log", ["forged-0"], "insert into log (id, area, epoch, origin, size,"
           " root, checkpoint, state, created_at) select 'forged-0', area, 99, 'forged', 1, root, '', 'closed', created_at from log where id = 'london-0'",
           *forged("forged-0", 0))


def missed(key, label, places, *statements):
    """None where a change is found and named, else what was said."""
    copy = free.get()
    try:
        copy.change(*statements)
        status, said = copy.verify(key)
        copy.undo()
    finally:
        free.put(copy)
    return unnamed(label, places, status, said)


def unnamed(label, places, status, said):
    named = all(any(word in said for word in (place if isinstance(place, tuple) else (place,))) for place in places)
    return None if status == 1 and named else f"{label}: exit {status}, wanted {places}: {said}"


def missed_bodies():
    """The sealed bodies that lie in files."""
    blobs = sorted(path for path in (copy.folder / "blobs").rglob("*") if path.is_file())
    assert len(blobs) > 1, "the demo has no bodies in files"
    one, two = (path.read_bytes() for path in blobs[:2])
    flipped = one[:-1] + bytes([one[-1] ^ 1])
    for what, left, right in (("changed", flipped, two), ("cut", one[:-1], two), ("deleted", None, two), ("swapped", two, one)):
        for path, content in zip(blobs, (left, right)):
            path.unlink()
            if content is not None:
                path.write_bytes(content)
        yield unnamed(f"a body was {what}", [(blobs[0].stem, blobs[1].stem)], *copy.verify(main))
        for path, content in zip(blobs, (one, two)):
            path.write_bytes(content)


copies, free = [], queue.SimpleQueue()
try:
    for n in range(COPIES):
        copies.append(Copy(n))
        free.put(copies[n])
    copy, db = copies[0], copies[0].db
    covered = {name for (name,) in db.rows("select distinct tbl from log_row")}
    there = set(copy.tables) - UNCOVERED - (KEY_STORE if db.name == "postgres" else set())
    assert covered == there, f"tables that no leaf covers, or rows of no table: {covered ^ there}"
    key_store = db if db.name == "postgres" else Sqlite(f"sqlite://{demo.folder}/keys.db")
    keys = {line.split("+")[0]: line for (line,) in key_store.rows("select public from key where purpose = 'log'")}
    main = demo.state["ledger"]["verifier_key"]
    # What finds a change is one on both databases: where each verification takes longest, each third is tried.
    some = slice(None, None, 3 if db.name == "postgres" else 1)
    cases = [(main, *case) for table in sorted(covered) for case in row_cases(table)][some]
    cases += put_back_cases(keys)
    for log, origin, size, note in db.rows("select id, origin, size, checkpoint from log"):
        cases += [(keys[origin], *case) for case in log_cases(log, size, note)]
    for key in keys.values():
        assert copy.verify(key)[0] == 0, copy.verify(key)
    with ThreadPoolExecutor(COPIES) as pool:
        results = list(pool.map(lambda case: missed(*case), cases))
    results += missed_bodies()
    for one in copies:
        for key in keys.values():
            assert one.verify(key)[0] == 0, one.verify(key)
    if any(results):
        sys.exit("\n".join([f"{len(results) - results.count(None)} of {len(results)} changes were not found and named:",
                            *filter(None, results)]))
    print(f"{len(results)} changes were found and named")
finally:
    for copy in copies:
        copy.end()

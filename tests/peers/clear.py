"""Looking for what lies in clear: every file of an installation, every table of its databases, as they lie on the disk as well, and the operator's
listener. What is hidden in base64 or hexadecimal is found, and a short word only where it stands in text as a word."""

import base64, os, pathlib, re, shutil, subprocess, tempfile, urllib.request

from demo import Sqlite

ALLOWED = {"demo.json", "log.key", "master.key", "pid"}


def spelled(needle):
    """A needle as base64 and hexadecimal would hide it, wherever it begins."""
    raw = needle.encode()
    yield raw
    if len(raw) >= 9:
        yield raw.hex().encode()
        for shift in range(3):
            coded = base64.b64encode(b"\0" * shift + raw)
            yield coded[(0, 2, 3)[shift]:len(coded) - (0, 3, 2)[(len(raw) + shift) % 3]]


def carried(folder, pid, needle, others=()):
    """Files of a folder with a needle in them, however hidden, and those that a process holds open, deleted ones too; `others` are folders not its own."""
    own = [file for file in pathlib.Path(folder).rglob("*") if file.relative_to(folder).parts[0] not in others]
    spellings, found = list(spelled(needle)), []
    for file in [*own, *pathlib.Path(f"/proc/{pid}/fd").iterdir()]:
        try:
            if not file.is_file() or (file.is_symlink() and not os.readlink(file).startswith("/")):
                continue
            with file.open("rb") as content:
                before = b""
                while block := before + content.read(1 << 22):
                    if any(spelling in block for spelling in spellings):
                        found.append(str(file))
                        break
                    if len(block) == len(before):
                        break
                    before = block[-max(map(len, spellings)):]
        except FileNotFoundError:
            pass
    return found


def surfaces(demo, db, others=()):
    """Everything that lies somewhere, by name; `others` are folders beside the gateway's that are not its own."""
    for file in demo.folder.rglob("*"):
        place = file.relative_to(demo.folder)
        # What is in `mail` has left: it bears its recipient's address, and mail_headers_grep.py looks for all else.
        if file.is_file() and file.name not in ALLOWED and file.parent.name not in ("pki", "mail") and place.parts[0] not in others:
            yield f"file {place}", file.read_bytes()
    stores = [db] if db.name == "postgres" else [db, Sqlite(f"sqlite://{demo.folder}/keys.db")]
    for store in stores:
        for table in store.tables():
            cells = (cell if isinstance(cell, bytes) else str(cell).encode() for row in store.rows(f"select * from {table}") for cell in row)
            yield f"table {table}", b"\n".join(cells)
    if db.name == "postgres":
        yield "pg_dump", subprocess.run(["pg_dump", "--data-only", db.url], capture_output=True, check=True).stdout
        db.psql("checkpoint")
        raw = db.psql("select encode(pg_read_binary_file(pg_relation_filepath(oid)), 'hex') from pg_class where relkind in ('r', 'i', 't')"
                      " and pg_relation_filepath(oid) like 'base/%' and oid >= 16384")
        yield "files of PostgreSQL", b"\n".join(map(bytes.fromhex, raw.split()))
    for path in ("/metrics", "/openapi.json", "/healthz", "/readyz"):
        yield f"ops {path}", urllib.request.urlopen(demo.state["ops"] + path).read()


def stands(content, at, found):
    """A short word must stand in text, as a word: four letters turn up in any ciphertext."""
    if len(found) >= 8:
        return True
    around = content[max(0, at - 40):at + len(found) + 40]
    place = min(40, at)
    before, after = re.search(rb"[ -~]*$", around[:place])[0], re.match(rb"[ -~]*", around[place + len(found):])[0]
    word = not re.search(rb"[A-Za-z0-9+/=]$", before) and not re.match(rb"[A-Za-z0-9+/=]", after)
    alike = found in (found.lower(), found.upper(), found.title())
    return word and alike and len(before) + len(after) >= 4


def look(demo, db, needles, others=()):
    """Each needle found, with where."""
    work = pathlib.Path(tempfile.mkdtemp(prefix="surfaces", dir=demo.folder.parent))
    try:
        patterns = work / "needles"
        patterns.write_bytes(b"\n".join(sorted({spelling for needle in needles for spelling in spelled(needle)})))
        found = set()
        for name, content in surfaces(demo, db, others):
            file = work / "surface"
            file.write_bytes(content)
            done = subprocess.run(["grep", "-aobiF", "-f", patterns, file], capture_output=True, env={"LC_ALL": "C"})
            for line in done.stdout.split(b"\n"):
                if line:
                    at, _, words = line.partition(b":")
                    if stands(content, int(at), words):
                        found.add((name, words.decode(errors="replace")))
        return found
    finally:
        shutil.rmtree(work)

"""What breaks under a browser: the gateway is killed and started again, the scanner and the database go away and come back, when a
story in the browser asks for it.

usage: portal_faults.py FOLDER GATEWAY_BINARY
"""

import os, pathlib, subprocess, sys, time
from clamd import clamd
from postfix import bound, free_port
from running import Gateway

folder, binary, here = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(__file__).parent
named = folder / "database"
database = named.read_text() if named.exists() else None
port = free_port()
scanner = clamd(folder, port)
gateway = Gateway(folder, binary, "--clamd", f"127.0.0.1:{port}")
gateway.start()


def restart():
    gateway.kill()
    gateway.start()


def scanner_away():
    # At once: asked to end, it can wait for its own threads for minutes.
    scanner.kill()
    scanner.wait()


def scanner_back():
    global scanner
    scanner = clamd(folder, port)


def connections(allowed):
    """Whether PostgreSQL lets anybody into the database; those who are in it are put out."""
    server, name = database.rsplit("/", 1)
    say = lambda word: subprocess.run(["psql", f"{server}/postgres", "-qAtc", word], check=True, stdout=subprocess.DEVNULL)
    say(f"alter database {name} allow_connections {allowed}")
    # One that was let in just before shows among those who are in it a moment later.
    for _ in range(5):
        say(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")
        time.sleep(0.2)


DOES = {
    "restart": restart,
    "kill": gateway.kill,
    "start": gateway.start,
    "scanner away": scanner_away,
    "scanner back": scanner_back,
    "database away": lambda: connections("false"),
    "database back": lambda: connections("true"),
}
story = subprocess.Popen(
    ["node", here / "faults_story.mjs", folder, binary, *sys.argv[3:]],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    text=True,
    preexec_fn=bound(),
    env={**os.environ, **({"PORTAL_PLAIN": "1"} if database else {})},
)
last = ""
for line in story.stdout:
    last = line.strip()
    if last in DOES:
        DOES[last]()
        story.stdin.write("done\n")
        story.stdin.flush()
assert story.wait() == 0 and last == "faults hold", last
scanner_away()

"""Places in the gateway at which it stops for a test, to be killed there from outside; and what the source says of them."""

import os, pathlib, re, time
from postfix import until

SOURCE = pathlib.Path(__file__).parents[2] / "gateway"
# Transactions have two points each, what is recorded three.
PAIRS, THREES = ("commit", "committed"), ("recording", "recorded", "marked")


class Stops:
    """The folder that `GATEWAY_STOPS` names: what is stopped at, what was reached."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "stops"
        self.folder.mkdir(exist_ok=True)
        self.at, self.stopped, self.seen = (self.folder / name for name in ("at", "stopped", "seen"))
        os.environ["GATEWAY_STOPS"] = str(self.folder)

    def arm(self, point):
        """From now on the gateway stops at this point, or at none."""
        self.stopped.unlink(missing_ok=True)
        beside = self.folder / "at.new"
        beside.write_text(point or "")
        beside.rename(self.at)

    def mark(self):
        """What was reached from here on is asked of `since`."""
        return self.seen.stat().st_size if self.seen.exists() else 0

    def since(self, mark):
        """The points that were reached since, in their order, each once."""
        if not self.seen.exists():
            return []
        return list(dict.fromkeys(self.seen.read_bytes()[mark:].decode().splitlines()))

    def has_stopped(self, pid):
        return self.stopped.exists() and state(pid) == "T"

    def wait(self, pid, point, past=lambda: False, seconds=60):
        """Waits until the gateway has stopped at a point; false where it went past it: `past` says that all is done, or so much time has gone."""
        end = time.monotonic() + seconds
        while not self.has_stopped(pid):
            if (past() or time.monotonic() > end) and not self.stopped.exists():
                return False
            time.sleep(0.01)
        assert self.stopped.read_text() == point, (point, self.stopped.read_text())
        return True


def state(pid):
    """The state of a process as Linux gives it: T is stopped."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return None


def bare(point):
    """Without the n-th time."""
    return re.sub(r":\d+$", "", point)


def shipped():
    """The gateway's source without its tests and measurements."""
    for file in sorted(SOURCE.glob("*/src/**/*.rs")):
        if not {"bench", "tests", "testing.rs", "tests.rs", "bench.rs"} & set(file.relative_to(SOURCE).parts):
            yield re.split(r"\n#\[cfg\(test\)\]\nmod \w+ \{", file.read_text())[0]


def named():
    """Every point that the source names: those with a name of their own, and the two of each transaction."""
    points, transactions = set(), set()
    for text in shipped():
        points.update(re.findall(r'failpoint::reached\(\s*"([a-z-]+)"', text))
        transactions.update(re.findall(r'\.write(?:_unsynced)?\(\s*"([a-z-]+)"', text))
        transactions.update(re.findall(r'\.note\(\s*&?row,\s*"([a-z-]+)"', text))
    assert len(points) > 8 and len(transactions) > 30, (points, transactions)
    return points | {f"{point}={name}" for name in transactions for point in PAIRS} | {f"{point}=" for point in THREES}

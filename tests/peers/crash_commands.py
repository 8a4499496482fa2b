"""The operator's commands, killed at their own points: run again, each comes to the same end."""

import json, pathlib, shutil, subprocess, sys, time, uuid
from stops import bare


def folder(of, name):
    place = pathlib.Path(of) / name
    place.mkdir(exist_ok=True)
    return place


class Command:
    """A command that is made anew each time, and the end that it comes to however often it was killed."""

    def __init__(self, world, binary):
        self.world, self.binary = world, binary

    name = property(lambda self: type(self).__name__)

    def run(self, words):
        return subprocess.run([self.binary, *map(str, words)], capture_output=True, text=True)

    def begins(self, words):
        return subprocess.Popen([self.binary, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def url(self):
        """A database for another installation: none is given where the records lie in files."""
        if self.world.db.name == "sqlite":
            return []
        base, _, _ = self.world.db.url.rpartition("/")
        name = f"crash_{uuid.uuid4().hex[:12]}"
        subprocess.run(["psql", self.world.db.url, "-qc", f"create database {name}"], check=True)
        return ["--database", f"{base}/{name}"]

    def new(self):
        """The command's words, for a place of its own."""

    def verifies(self):
        """The records of the place are what its log committed to."""
        (known, *_) = json.loads(self.run(["area", "list", "--json", "--dir", self.place]).stdout)["areas"]
        (self.place / "log.key").write_text(known["verifier_key"])
        done = self.run(["ledger", "verify", "--key", self.place / "log.key", "--dir", self.place])
        assert done.returncode == 0, (done.stdout, done.stderr)

    def again(self, words):
        """The natural second try: the same words."""
        done = self.run(words)
        assert done.returncode == 0, (words, done.stderr)

    def holds(self, words):
        pass


class Init(Command):
    """A new installation is made; killed in between it is made, or begun again."""

    def new(self):
        self.place = self.world.folder / "made" / uuid.uuid4().hex
        self.place.parent.mkdir(exist_ok=True)
        return ["init", "--dir", self.place, *self.url()]

    def again(self, words):
        done = self.run(words)
        assert done.returncode == 0 or "is there already" in done.stderr, done.stderr

    def holds(self, words):
        done = self.run(["area", "add", "north", "--name", "North", "--origin", "north.example/log", "--dir", self.place])
        assert done.returncode == 0, done.stderr


class AddArea(Init):
    """An area, its keys and its log."""

    def new(self):
        made = super().new()
        done = self.run(made)
        assert done.returncode == 0, done.stderr
        return ["area", "add", "north", "--name", "North", "--origin", "north.example/log", "--dir", self.place]

    def again(self, words):
        done = self.run(words)
        assert done.returncode == 0 or "exists already" in done.stderr, done.stderr

    def holds(self, words):
        self.verifies()


class Rotate(Command):
    """An area gets new keys: what was sealed to the old ones opens still."""

    def new(self):
        return ["key", "rotate", "--area", "london", "--dir", self.world.folder]

    def holds(self, words):
        self.world.demo.run("ledger", "verify", "--key", self.world.demo.key)
        status, nominal = self.world.demo["london-coordination"].json(
            f"/api/v1/nominals/{self.world.demo.nominals[0]['ref']}", person=self.world.demo.user("london-coordination", "coordinator")
        )
        assert status == 200 and nominal["identifiers"], nominal


class Restore(Init):
    """A backup is restored into an installation of its own; killed in between, it is restored by the same words."""

    backup = None

    def new(self):
        made = super().new()
        done = self.run(made)
        assert done.returncode == 0, done.stderr
        if Restore.backup is None or Restore.backup.parent != self.world.folder:
            Restore.backup = self.world.folder / "taken.backup"
            self.world.demo.run("backup", "--out", Restore.backup)
        shutil.copy(self.world.folder / "master.key", self.place / "master.key")
        return ["restore", "--from", Restore.backup, "--dir", self.place]

    def again(self, words):
        done = self.run(words)
        assert done.returncode == 0 or "has records already" in done.stderr, done.stderr

    def holds(self, words):
        self.verifies()


class Backup(Command):
    """A backup is whole or not there."""

    def new(self):
        return ["backup", "--out", self.world.folder / f"{uuid.uuid4().hex}.backup", "--dir", self.world.folder]


def told(world, killed_at, binary):
    """Each command at each of its points that nothing was killed at before."""
    for kind in (Init, AddArea, Rotate, Backup, Restore):
        began, before = time.monotonic(), world.kills
        command = kind(world, binary)
        words = command.new()
        world.settle()
        mark = world.stops.mark()
        done = command.run(words)
        assert done.returncode == 0, (words, done.stderr)
        points = world.stops.since(mark)
        command.holds(words)
        # Of its own kinds of point; what else is reached meanwhile is the gateway's.
        for point in [point for point in points if point not in killed_at and not point.endswith("=raise-mark") and not point.endswith("=record")]:
            try:
                words = command.new()
                world.stops.arm(point)
                running = command.begins(words)
                assert world.stops.wait(running.pid, point), "it was not reached"
                running.kill()
                running.wait()
                world.kills += 1
                world.stops.arm(None)
                command.again(words)
                command.holds(words)
                killed_at.setdefault(bare(point), command.name)
            except BaseException as wrong:
                raise AssertionError(f"{command.name}, killed at `{point}`: {wrong}") from wrong
        print(f"{command.name}: {world.kills - before} kills in {time.monotonic() - began:.0f} s", file=sys.stderr)

"""The gateway is killed with SIGKILL at every point at which something of it becomes durable, and started again. What was answered is there, once and
proved; what was not is absent or whole; what is asked again is one; and nothing is left that is nobody's.

Each way in and out is gone once to see which points it passes, and then once for each of them: it stops there, is killed, is started again. A point
that the source names and that no way has passed is a failure.

usage: crashes.py FOLDER GATEWAY_BINARY [WAY...]
"""

import sys, time
import crash_clock, crash_commands, crash_fault, crash_mesh, crash_portal, crash_ways, stops
from crash_world import Client, Relay, World
from mesh_end import Sandbox, Wire
from postfix import free_port, until

FOLDER, BINARY, *CHOSEN = sys.argv[1:]
# Every recording passes them: they are told once, the recordings of each kind by their own three.
SHARED = {f"{point}={name}" for point in stops.PAIRS for name in ("record", "raise-mark")}
# What no way passes, and why.
UNTOLD = {
    "destroy-key": "nothing destroys a key yet",
    "schema": "of an empty database in memory, which is looked at and thrown away",
    "renew-mesh": "after a minute of sending one message; it writes what `mesh-begun` wrote",
}
# What happens now and then, or where time goes on by a leap while something is sent: told on the ways on which it is bound to happen.
BY_CHANCE = {f"{point}={name}" for point in stops.PAIRS for name in ("mail-later", "mesh-later", "mesh-asked", "sweep", "sweep-kept-forms", "sweep-sign-ins")}
WAYS = [
    crash_ways.NewKey, crash_ways.Json, crash_ways.Documents, crash_ways.AnnexF, crash_ways.Mail, crash_ways.LargeMail, crash_ways.Unproved, crash_ways.FormByMail,
    crash_ways.Flag, crash_ways.Hold, crash_ways.Acknowledge, crash_ways.MailOut, crash_clock.MailWaits, crash_clock.MailRefused, crash_fault.MailAlone, crash_mesh.MeshOut, crash_mesh.MeshTaken,
    crash_mesh.MeshIn, crash_mesh.MeshApart, crash_clock.MeshWaits, crash_clock.MeshRefused, crash_portal.Begins, crash_portal.Saves,
    crash_portal.Removes, crash_portal.Pieces, crash_portal.Deletes, crash_portal.Sends, crash_portal.AsksAKey, crash_portal.SignsIn, crash_portal.KeepsAForm,
    crash_clock.SeesASession, crash_clock.AsksForm, crash_clock.MeshAsked, crash_clock.GivesAQuestion, crash_clock.Sweeps, crash_clock.Forgets, crash_clock.Reminds,
]  # fmt: skip
# What is told in short, where it is asked for.
SHORT = [crash_mesh.MeshTakenIn]

killed_at = {}


def passes(world, way):
    """The points that a way passes, in their order."""
    if way.warms_up:
        # What is made once, and is there from then on, has a way of its own.
        it = way.begin()
        finish(world, way, it, way.act(it))
    it = way.begin()
    world.settle()
    mark = world.stops.mark()
    client = Client(lambda: way.act(it))
    until(lambda: client.done(0.02), f"{way.name}: an answer", 60)
    points = world.stops.since(mark)
    comes_out(world, way, it, client.answer)
    assert points or way.behind, f"{way.name} passes no point: was the gateway built with `cargo build --workspace`?"
    behind = [point for point in world.stops.since(mark) if point not in points] if way.behind else []
    way.ends(it)
    return points + [point for point in behind if point not in killed_at or any(word in point for word in way.always)]


def comes_out(world, way, it, answer):
    """What was answered is there, and once; what goes out by itself is out."""
    if answer is not None:
        way.is_there(it, answer)
    way.is_once(it)
    world.settle()


def finish(world, way, it, answer):
    comes_out(world, way, it, answer)
    way.ends(it)


def stopped(world, way, point):
    """Goes a way until the gateway stops at a point. What happens by itself goes one way or another: where it went past, it is tried again."""
    for _ in range(4 if way.again else 2):
        it = way.begin()
        world.settle()
        world.stops.arm(point)
        client = Client(lambda: way.act(it))
        done = lambda: way.again and client.done(0) and way.is_over(it) and not world.waits()
        if world.stops.wait(world.pid, point, past=done, seconds=40 if way.again else 15):
            return it, client
        world.stops.arm(None)
        # It may have been on the point of it.
        time.sleep(0.05)
        if stops.state(world.pid) == "T":
            return it, client
        assert client.done(60), "a client has no answer"
        finish(world, way, it, client.answer)
    # A point that the source names has to be told on some way: that is asked at the end.
    return None


def killed(world, way, point):
    """Goes a way until the gateway stops at a point, kills it, starts it again, and looks; false where it never stopped there."""
    if not (there := stopped(world, way, point)):
        return False
    it, client = there
    world.kill()
    # An answer that had left comes still.
    assert client.done(60), "a client is neither answered nor cut off"
    answer = client.answer
    world.stops.arm(None)
    world.start()
    if answer is not None:
        world.answered += 1
        way.is_there(it, answer)
    else:
        whole = way.is_whole(it)
        world.found, world.absent = world.found + bool(whole), world.absent + (not whole)
        if way.again:
            world.repeats += 1
            answer = way.act(it)
    finish(world, way, it, answer)
    world.bodies()
    world.demo.run("ledger", "verify", "--key", world.demo.key)
    killed_at.setdefault(stops.bare(point), way.name)
    return True


def told(world, way):
    began, before = time.monotonic(), world.kills
    points = [point for point in passes(world, way) if (point not in SHARED or point not in killed_at) and way.is_told(point)]
    points = [point for point in points if point not in BY_CHANCE or point in way.known]
    past = []
    for point in points:
        try:
            past += [] if killed(world, way, point) else [point]
        except BaseException as wrong:
            raise AssertionError(f"{way.name}, killed at `{point}`: {wrong}\n{world.demo.words()[-600:]}") from wrong
    assert not points or world.kills > before, f"{way.name} is killed nowhere, and passes {points}"
    # What else it passes may be a clock's that went by: of all ways together it is asked at the end.
    assert not (never := set(past) & set(way.known)), f"{way.name} went past {sorted(never)} again and again, and is not killed there"
    known = {point for point in way.known if way.is_told(point)}
    # What was told on another way is not told again.
    assert known <= set(points) | set(killed_at), f"{way.name} does not pass {sorted(known - set(points))}"
    print(f"{way.name}: {world.kills - before} kills at {len(points)} points in {time.monotonic() - began:.0f} s: {', '.join(points)}", file=sys.stderr)


def main():
    names = {kind.__name__ for kind in WAYS + SHORT} | {"Commands"}
    assert names >= set(CHOSEN), f"no ways: {sorted(set(CHOSEN) - names)}"
    port = free_port()
    relay = Relay(port)
    peers = crash_commands.folder(FOLDER, "peer")
    sandbox = Sandbox(peers).start()
    wire = Wire(sandbox)
    world = World(FOLDER, BINARY, relay, "--relay", f"127.0.0.1:{port}", "--mesh", wire.url)
    world.wire = wire
    world.stops.arm(None)
    world.start()
    # From the first kill on it looks more often.
    settings = world.folder / "gateway.toml"
    settings.write_text(settings.read_text().replace("poll_seconds = 2", "poll_seconds = 1"))
    crash_mesh.Mesh.trust = crash_mesh.Trust(sandbox)
    for kind in WAYS + SHORT:
        if kind.__name__ in CHOSEN or (not CHOSEN and kind in WAYS):
            told(world, kind(world))
    if not CHOSEN or "Commands" in CHOSEN:
        crash_commands.told(world, killed_at, BINARY)
    world.swept()
    world.log()
    world.demo.lives()
    found = world.in_clear()
    assert not found, f"in clear: {found}"
    points = set(killed_at) | {point.partition("=")[0] + "=" for point in killed_at}
    missed = {point for point in stops.named() - points if point.partition("=")[2] not in UNTOLD}
    if not CHOSEN:
        assert not missed, f"no way is killed at {sorted(missed)}"
        assert not {name for name in UNTOLD if f"commit={name}" in killed_at}, "told after all"
    print(
        f"{world.db.name}: {len(killed_at)} points, {world.kills} kills on {len(CHOSEN or WAYS)} ways: {world.answered} answered and there, "
        f"{world.found} unanswered and there, {world.absent} unanswered and absent, {world.repeats} repeated; "
        f"{len(world.receipts)} receipts hold; ready within {world.longest:.1f} s"
    )


main()

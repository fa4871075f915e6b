"""Taking all there is: processes, threads, memory, disk, descriptors, time, output.

Each stops by itself far below what could harm a machine, and still above what a worker may.
"""

from __future__ import annotations

from tests.attacks.attack import Attack
from tests.attacks.kinds.reading import _function

BODIES = {
    "fork bomb": """
        made = 0
        try:
            for _ in range(300):
                if os.fork() == 0:
                    time.sleep(1)
                    os._exit(0)
                made += 1
        finally:
            return 'REACHED' if made else None
        """,
    "vfork by its number": """
        pid = call(57)
        if pid == 0:
            os._exit(0)
        return 'REACHED'
        """,
    "processes of multiprocessing": """
        import multiprocessing
        process = multiprocessing.get_context('fork').Process(target=int)
        process.start()
        return 'REACHED'
        """,
    "a shell": "return 'REACHED' if os.system('true') == 0 else None",
    "a program": "return 'REACHED' if subprocess.run(['/bin/true']).returncode == 0 else None",
    "a program in this one's place": "os.execv('/bin/true', ['true'])",
    "thread bomb": """
        made = []
        try:
            for _ in range(300):
                made.append(threading.Thread(target=time.sleep, args=(1,), daemon=True))
                made[-1].start()
        except RuntimeError:
            pass
        return 'REACHED' if len(made) > 4 else None
        """,
    "memory in bytes": """
        kept = [bytearray(b'x' * (32 << 20)) for _ in range(12)]
        return 'REACHED'
        """,
    "memory in arrays": "kept = [np.ones(4 << 20) for _ in range(12)]; return 'REACHED'",
    "memory in small objects": "kept = [[] for _ in range(6_000_000)]; return 'REACHED'",
    "memory by mmap": """
        import mmap
        kept = [mmap.mmap(-1, 64 << 20) for _ in range(6)]
        return 'REACHED'
        """,
    "memory that outlives its error": """
kept = []
def attack(facts):
    for _ in range(2):
        try:
            kept.extend(np.ones(4 << 20) for _ in range(12))
        except MemoryError:
            continue
        return 'REACHED'
""",
    "a file in memory": """
        fd = os.memfd_create('x')
        return 'REACHED' if os.write(fd, bytes(16 << 20)) else None
        """,
    "shared memory": "return 'REACHED' if call(29, 0, 16 << 20, 0o1600) >= 0 else None",
    "disk, wherever it can be written": """
        for folder in ('.', '/tmp', '/dev/shm', '/var/tmp', facts['folder']):
            try:
                with open(os.path.join(folder, 'filler'), 'wb') as file:
                    file.write(bytes(8 << 20))
                os.remove(os.path.join(folder, 'filler'))
                return 'REACHED'
            except OSError:
                continue
        """,
    "many small files": """
        for number in range(1000):
            os.mkdir(f"{facts['folder']}/made-{number}")
        return 'REACHED'
        """,
    "descriptors": "kept = [os.dup(0) for _ in range(100)]; return 'REACHED'",
    "pipes": "kept = [os.pipe() for _ in range(20)]; return 'REACHED'",
    "output without end": """
        for _ in range(4096):
            print('x' * 4096)
        return 'REACHED'
        """,
    "errors without end": """
        for _ in range(4096):
            os.write(2, b'x' * 4096)
        return 'REACHED'
        """,
    "own limits": """
        resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
        return 'REACHED'
        """,
    "priority": "os.nice(1); return 'REACHED'",
}

ENDLESS = {
    "endless loop that swallows everything": """
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, lambda *_: None)
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
        """,
    "sleep for ever": """
        while True:
            time.sleep(1000)
        """,
    "wait for a signal": "signal.pause()",
    "wait for a lock": "lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "a number without end": "return 9 ** 9 ** 9",
    "a pattern without end": "re.match('(a+)+$', 'a' * 60 + 'b')",
    "a text without end": """
        class Endless(Exception):
            def __str__(self):
                while True:
                    pass
        raise Endless
        """,
    "a type's name without end": """
        class Endless(type):
            @property
            def __name__(cls):
                while True:
                    pass
        raise Endless('E', (Exception,), {})
        """,
    "stop itself": "signal.raise_signal(signal.SIGSTOP)",
}

NOTHING = "def attack(facts):\n    return 'REACHED'"


ATTACKS = [
    *(Attack(name, "resources", _function(body)) for name, body in BODIES.items()),
    Attack(
        "memory at import",
        "resources",
        f"kept = [bytearray(b'x' * (32 << 20)) for _ in range(12)]\n{NOTHING}",
    ),
    *(Attack(name, "resources", _function(body), hangs=True) for name, body in ENDLESS.items()),
    Attack("endless loop at import", "resources", f"while True: pass\n{NOTHING}", hangs=True),
]

"""Reading what is none of a student's business: files, environment, memory, descriptors."""

from __future__ import annotations

from tests.attacks.attack import Attack

SCAN = """
def scan(mem, maps):
    for line in maps:
        ends, rights, *rest = line.split()
        if not rights.startswith("rw") or rest[-1:] == ["[vvar]"]:
            continue
        start, end = (int(part, 16) for part in ends.split("-"))
        try:
            mem.seek(start)
            found = re.search(rb"memory-canary-[0-9a-f]{32}", mem.read(min(end - start, 64 << 20)))
        except (OSError, ValueError):
            continue
        if found:
            return found[0].decode()
"""

FILES = {
    "open a file": "return open(facts['file']).read()",
    "open the reference": "return open(facts['root'] + '/solutions/nn/backprop.py').read()",
    "open the hidden tests": "return open(facts['root'] + '/autograder/suites/test_backprop.py')"
    ".read()",
    "open a sibling's submission": "return open(facts['sibling']).read()",
    "walk the disk": """
        for folder, _, names in os.walk(facts['root'] + '/autograder'):
            if 'test_backprop.py' in names:
                return open(os.path.join(folder, 'test_backprop.py')).read()
        """,
    "list a folder": "return 'REACHED' if 'sibling' in os.listdir(facts['folder']) else None",
    "ask whether a file exists": "os.stat(facts['file']); return 'REACHED'",
    "a handle of a path": """
        handle = os.open(facts['file'], os.O_PATH)
        return open(f'/proc/self/fd/{handle}').read()
        """,
    "openat by its number": """
        fd = call(257, -100, facts['file'].encode(), 0, 0)
        return os.read(fd, 1000).decode()
        """,
    "openat2 by its number": """
        how = struct.pack('QQQ', 0, 0, 0)
        fd = call(437, -100, facts['file'].encode(), how, len(how))
        return os.read(fd, 1000).decode()
        """,
    "the C library's fopen": """
        libc.fopen.restype = ctypes.c_void_p
        file = libc.fopen(facts['file'].encode(), b'r')
        buffer = ctypes.create_string_buffer(1000)
        libc.fread(buffer, 1, 999, ctypes.c_void_p(file)) if file else None
        return buffer.value.decode()
        """,
    "NumPy's fromfile": "return np.fromfile(facts['file'], np.uint8).tobytes().decode()",
    "NumPy's memmap": "return bytes(np.memmap(facts['file'], np.uint8, 'r')).decode()",
    "linecache": """
        import linecache
        return ''.join(linecache.getlines(facts['root'] + '/solutions/nn/backprop.py'))
        """,
    "a loader of files": """
        from importlib.machinery import SourceFileLoader
        return SourceFileLoader('x', facts['sibling']).get_data(facts['sibling']).decode()
        """,
    "import the reference": """
        sys.path.insert(0, facts['root'] + '/solutions')
        for name in [n for n in sys.modules if n.split('.')[0] == 'nn']:
            del sys.modules[name]
        import nn.backprop
        return inspect.getsource(nn.backprop)
        """,
    "import the grader": """
        sys.path.insert(0, facts['root'])
        from autograder.course import load_course
        return load_course().component('backprop').solution.read_text()
        """,
    "a link to a file": """
        os.symlink(facts['file'], facts['folder'] + '/link')
        return open(facts['folder'] + '/link').read()
        """,
    "watch a folder": "call(253); return 'REACHED'",
    "sqlite opens a file": """
        import sqlite3
        base = sqlite3.connect(facts['folder'] + '/base')
        base.execute('create table t (x)'); base.commit()
        return 'REACHED'
        """,
    "change a file": "open(facts['file'], 'a').write('mine')",
    "change a file's rights": "os.chmod(facts['file'], 0o777)",
    "truncate a file": "os.truncate(facts['file'], 0)",
    "leave a file": "open(facts['touch'], 'w').write('mine')",
    "change the folder": "os.chdir(facts['folder']); return open('secret.txt').read()",
}

OTHERS = {
    "environment": "return dict(os.environ)",
    "environment of the grader": """
        return 'REACHED' if open(f"/proc/{facts['pid']}/environ", 'rb').read() else None
        """,
    "command line of the grader": """
        return 'REACHED' if open(f"/proc/{facts['pid']}/cmdline", 'rb').read() else None
        """,
    "own memory by /proc/self/mem": SCAN
    + """
def attack(facts):
    return scan(open('/proc/self/mem', 'rb', 0), open('/proc/self/maps'))
""",
    "memory of the grader by /proc": SCAN
    + """
def attack(facts):
    folder = f"/proc/{facts['pid']}"
    return scan(open(folder + '/mem', 'rb', 0), open(folder + '/maps'))
""",
    "memory of the grader by process_vm_readv": """
        class Span(ctypes.Structure):
            _fields_ = (('start', ctypes.c_void_p), ('size', ctypes.c_size_t))
        buffer = ctypes.create_string_buffer(64)
        mine, theirs = Span(ctypes.addressof(buffer), 64), Span(facts['address'], 64)
        call(310, facts['pid'], ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0)
        return buffer.value.decode()
        """,
    "memory at an address": """
        return ctypes.string_at(facts['address'], 60).decode(errors='replace')
        """,
    "trace the grader": "call(101, 0x4206, facts['pid'], 0, 0); return 'REACHED'",
    "objects of the garbage collector": """
        queue, seen = list(gc.get_objects()), set()
        while queue:
            thing = queue.pop()
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            # Longer than the text by which it is found, which is here too.
            if type(thing) is str and re.match('memory-' 'canary-[0-9a-f]{32}$', thing):
                return thing
            if type(thing) in (dict, list, tuple):
                queue += gc.get_referents(thing)
        """,
    "frames of the caller": """
        frame = sys._getframe()
        while frame is not None:
            for space in (frame.f_locals, frame.f_globals):
                for value in list(space.values()):
                    if type(value) is str and value.startswith('memory-' + 'canary-'):
                        return value
            frame = frame.f_back
        """,
    "modules that are loaded": """
        for module in list(sys.modules.values()):
            for value in list(getattr(module, '__dict__', {}).values()):
                if type(value) is str and value.startswith('memory-' + 'canary-'):
                    return value
        """,
    "a traceback's frames": """
        try:
            raise ValueError
        except ValueError as error:
            frame = error.__traceback__.tb_frame
            while frame is not None:
                found = re.search('memory-canary-[0-9a-f]{32}', repr(frame.f_globals))
                if found:
                    return found[0]
                frame = frame.f_back
        """,
    "inherited descriptors": """
        for fd in range(3, 256):
            try:
                text = os.pread(fd, 100, 0)
            except OSError:
                continue
            if b'canary' in text:
                return text.decode()
        """,
    "names of open descriptors": "return 'REACHED' if os.listdir('/proc/self/fd') else None",
    "the program's path": "return 'REACHED' if os.readlink('/proc/self/exe') else None",
    "the map of the memory": "return 'REACHED' if open('/proc/self/maps').read() else None",
    "the grader's clock": """
        time.clock_gettime((~facts['pid'] << 3) | 2)
        return 'REACHED'
        """,
    "the grader's limits": """
        call(302, facts['pid'], 7, 0, ctypes.create_string_buffer(16))
        return 'REACHED'
        """,
    "a handle of the grader": "os.pidfd_open(facts['pid']); return 'REACHED'",
    "the grader's scheduling": "os.sched_getaffinity(facts['pid']); "
    "os.sched_setaffinity(facts['pid'], os.sched_getaffinity(facts['pid'])); return 'REACHED'",
}


def _function(body: str) -> str:
    if "def attack" in body:
        return body
    lines = body.strip("\n").splitlines()
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "def attack(facts):\n" + "\n".join("    " + line[indent:] for line in lines)


ATTACKS = [
    *(Attack(name, "files", _function(body)) for name, body in FILES.items()),
    *(Attack(name, "memory", _function(body)) for name, body in OTHERS.items()),
]

"""Ending the grader: exits, crashes, signals; and outliving it."""

from __future__ import annotations

from tests.attacks.attack import Attack
from tests.attacks.kinds.reading import _function

ENDS = {
    "os._exit": "os._exit(0)",
    "the C library's exit": "libc.exit(0)",
    "exit by its number": "call(231, 0)",
    "abort": "os.abort()",
    "null dereference": "ctypes.string_at(0)",
    "writing where nothing is": "ctypes.memset(1 << 40, 0, 100)",
    "kill itself": "signal.raise_signal(signal.SIGKILL)",
    "the stack of C": "libc.regcomp(bytes(256), b'(' * (1 << 20), 1)",
    "an object torn apart": """
        ctypes.memset(id(sys.modules), 0xAA, 32)
        gc.collect()
        """,
    "frames torn apart": """
        frame = sys._getframe()
        while frame.f_back is not None:
            frame = frame.f_back
        ctypes.memset(id(frame) + 16, 0xAA, 24)
        return frame.f_locals
        """,
    "a view out of bounds": """
        view = np.lib.stride_tricks.as_strided(np.zeros(1), (1 << 36,), (4096,))
        view[:] = 1.0
        """,
    "an interrupt of its own": "raise KeyboardInterrupt",
    "closing every descriptor": "os.closerange(0, 1000); os.write(1, b'x')",
}

SIGNALS = {
    "a signal to the grader": "os.kill(facts['pid'], facts['signal']); return 'REACHED'",
    "a signal to everyone": "os.kill(-1, facts['signal']); return 'REACHED'",
    "a signal to its group": "os.killpg(0, facts['signal']); return 'REACHED'",
    "a signal to the grader's thread": """
        call(234, facts['pid'], facts['pid'], facts['signal'])
        return 'REACHED'
        """,
    "a queued signal": """
        info = struct.pack('<iii', facts['signal'], 0, -1) + bytes(116)
        call(129, facts['pid'], facts['signal'], info)
        return 'REACHED'
        """,
    "a signal by a handle": """
        signal.pidfd_send_signal(os.pidfd_open(facts['pid']), facts['signal'])
        return 'REACHED'
        """,
    "a descriptor that signals": """
        fcntl.fcntl(1, fcntl.F_SETOWN, facts['pid'])
        return 'REACHED'
        """,
    "a timer": "signal.setitimer(signal.ITIMER_REAL, 1000); "
    "signal.setitimer(signal.ITIMER_REAL, 0); return 'REACHED'",
    "a session of its own": """
        pid = os.fork()
        if pid == 0:
            os.setsid()
            os._exit(0)
        return 'REACHED'
        """,
    "a death signal undone": "call(157, 1, 0, 0, 0, 0); return 'REACHED'",
    "another user": "os.setreuid(os.getuid(), os.getuid()); return 'REACHED'",
}

SURVIVORS = {
    "a daemon": """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(0.2)
                open(facts['touch'], 'w').close()
            os._exit(0)
        """,
    "a shell in the background": """
        subprocess.Popen(['/bin/sh', '-c', f"sleep 0.2; echo x > {facts['touch']}"],
                         start_new_session=True)
        """,
    "a thread that goes on": """
        def later():
            time.sleep(0.2)
            open(facts['touch'], 'w').close()
        threading.Thread(target=later, daemon=True).start()
        """,
    "a pool that goes on": """
        from concurrent.futures import ThreadPoolExecutor
        ThreadPoolExecutor(1).submit(lambda: open(facts['touch'], 'w').close())
        """,
}

# The next student's code runs in what this one left behind.
LEFT = {
    "patched NumPy": "np.abs = np.allclose = np.array_equal = lambda *a, **k: 0.0",
    "patched builtins": """
        import builtins
        builtins.max = builtins.len = builtins.sum = lambda *a, **k: 0
        """,
    "NumPy taken away": "sys.modules['numpy'] = None",
    "an array that answers for all": """
        class Same(np.ndarray):
            def __array_function__(self, *a): return True
            def __array_ufunc__(self, *a, **k): return True
        np.ones = np.zeros = lambda *a, **k: np.ndarray(1).view(Same)
        np.allclose = lambda *a, **k: True
        """,
    "another four": "ctypes.memmove(id(4) + 24, id(5) + 24, 4)",
    "a trace function for everyone": """
        def trace(frame, event, arg):
            if frame.f_code.co_name == 'honest':
                raise RuntimeError('not today')
            return trace
        sys.settrace(trace)
        """,
}

ATTACKS = [
    *(Attack(name, "ends", _function(body)) for name, body in ENDS.items()),
    *(Attack(name, "signals", _function(body)) for name, body in SIGNALS.items()),
    *(Attack(name, "survivors", _function(body), wait=0.8) for name, body in SURVIVORS.items()),
    *(Attack(name, "left behind", _function(body)) for name, body in LEFT.items()),
]

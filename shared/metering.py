"""Count the Python work of one call: bytecodes executed and live objects, no clock.

Vectorised code runs the same number of Python bytecodes whatever the size of its arrays; a loop
runs some for each element. Iteration that C code drives (`sum(a)`, `map(f, a)`, `np.fromiter`)
runs none, so a process that only counts replaces those drivers by their `twins`.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import CodeType, FrameType, SimpleNamespace
from typing import Any

from shared.calls import Count

TOOL = "vectorisation count"


# Taken before a student's code can put something else in their places.
_gettrace, _settrace, _blocks = sys.gettrace, sys.settrace, sys.getallocatedblocks
_is_collecting, _collect, _do_not_collect = gc.isenabled, gc.enable, gc.disable


def start() -> Callable[[], Count]:
    """Count bytecodes and live objects from here on; what is returned ends it and gives the count.

    The garbage collector is off meanwhile: a collection in the middle would move the object count.
    All state is in closures: no attribute of an object or a class leads to it.
    """
    was_collecting = _is_collecting()
    _do_not_collect()
    bytecodes = 0
    begin = peak = _blocks()

    def step() -> None:
        nonlocal bytecodes, peak
        bytecodes += 1
        blocks = _blocks()
        if blocks > peak:
            peak = blocks

    unhook = _hook(step)

    def stop() -> Count:
        intact = unhook()
        if was_collecting:
            _collect()
        return Count(bytecodes, max(0, peak - begin), intact)

    return stop


if sys.version_info >= (3, 12):
    _monitoring = SimpleNamespace(**vars(sys.monitoring))

    def _hook(step: Callable[[], None]) -> Callable[[], bool]:
        """Call `step` at every bytecode; what is returned ends that, and says if it held."""
        instruction = _monitoring.events.INSTRUCTION
        # 0, 1, 2 and 5 are promised to debuggers, coverage, profilers and optimisers.
        tool = next((i for i in (3, 4) if _monitoring.get_tool(i) is None), None)
        if tool is None:
            raise RuntimeError("no free id of sys.monitoring to count bytecodes with")

        def on_instruction(code: CodeType, offset: int) -> None:
            step()

        _monitoring.use_tool_id(tool, TOOL)
        _monitoring.register_callback(tool, instruction, on_instruction)
        _monitoring.set_events(tool, instruction)

        def unhook() -> bool:
            if (name := _monitoring.get_tool(tool)) is None:
                # Freed by the call: the events go on all the same, and every later call would
                # take a hundred times as long.
                _monitoring.use_tool_id(tool, TOOL)
            events = _monitoring.get_events(tool)
            previous = _monitoring.register_callback(tool, instruction, None)
            _monitoring.set_events(tool, 0)
            _monitoring.free_tool_id(tool)
            return bool(name == TOOL and events == instruction and previous is on_instruction)

        return unhook
else:
    _set_opcodes = vars(FrameType)["f_trace_opcodes"].__set__
    _set_lines = vars(FrameType)["f_trace_lines"].__set__

    def _hook(step: Callable[[], None]) -> Callable[[], bool]:
        """Call `step` at every bytecode; what is returned ends that, and says if it held."""
        before = _gettrace()

        def trace(frame: FrameType, event: str, arg: object) -> Any:
            _set_opcodes(frame, True)
            _set_lines(frame, False)
            if event == "opcode":
                step()
            return trace

        _settrace(trace)

        def unhook() -> bool:
            intact = _gettrace() is trace
            _settrace(before)
            return intact

        return unhook

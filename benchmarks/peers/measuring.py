"""How peers in Python are timed: every form of a workload in turn, warmed up first."""

import statistics
import time


def timing_of(step, milliseconds, clock=time.perf_counter):
    """The times of one step, over so many milliseconds and at least three steps."""
    # What is compiled on the first call is no part of a step.
    step()
    begin = time.perf_counter()
    while time.perf_counter() - begin < milliseconds / 4000:
        step()
    samples = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < milliseconds / 1000 or len(samples) < 3:
        before = clock()
        step()
        samples.append((clock() - before) * 1000)
    return {
        "minimumMilliseconds": min(samples),
        "medianMilliseconds": statistics.median(samples),
        "sampleCount": len(samples),
    }


def measure(forms, milliseconds, clock=time.perf_counter):
    """Timings of forms, each a name and a function that prepares a step; and why some could not be had."""
    timed, failures = [], []
    for name, prepare in forms.items():
        try:
            timed.append({"form": name, "timing": timing_of(prepare(), milliseconds, clock)})
        except Exception as error:
            failures.append(f"{name}: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
    return {"forms": timed, "failures": failures}

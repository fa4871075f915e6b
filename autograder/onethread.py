"""One BLAS thread; to be set before NumPy is imported.

More gain nothing on a course's small arrays, are several times slower on a busy machine, and a fork
of a process that has them may hang.
"""

ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}

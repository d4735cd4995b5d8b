"""What Parley costs and how fast it is, measured from outside: ``python -m tests.load``.

The server is a process of its own on one core; this process plays all its clients on
another, where the databases run too. Linux only: it reads /proc and pins processes.
"""

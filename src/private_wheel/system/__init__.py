"""Child processes, threads and settings of this machine."""

"""Running a compiled machine: threads of control, visits of states, branches, and the history."""

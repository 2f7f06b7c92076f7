"""TestState: one state of a definition, run alone, with a mock or with what it really calls."""

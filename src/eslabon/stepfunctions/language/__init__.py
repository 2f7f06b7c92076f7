"""The Amazon States Language: what a definition says, compiled. It runs nothing."""

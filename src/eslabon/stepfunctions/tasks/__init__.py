"""What a Task calls, and how its end comes back."""

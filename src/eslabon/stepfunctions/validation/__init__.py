"""What is wrong with a definition: every problem with its code and place, before anything is created."""

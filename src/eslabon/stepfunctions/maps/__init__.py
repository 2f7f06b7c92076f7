"""The distributed Map: map runs, where their items come from, where their results go."""

"""What runs around a task's own code: its input, its result, the notebook runners and the HTML export."""

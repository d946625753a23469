"""One step of an Orchest pipeline on this node. orchest_step.py is where it starts."""

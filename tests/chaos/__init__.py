"""`make chaos`: the product driven from outside against the simulator, under the faults that the field knows."""

"""What is decided once a day: the metrics of a day, and the winner of an experiment."""

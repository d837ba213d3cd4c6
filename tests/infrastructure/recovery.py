"""What breaks things on purpose, by the names of its roles."""

STOPPED = {
    f"FaultStack/Stop{name}Tasks/Role" for name in ("Similarity", "Prediction", "Experiments")
}
PAUSED = {"FaultStack/PauseEmbeddings/Role"}


def everywhere(environment):
    """On tasks, which a condition holds to their cluster, and on the list of all buckets."""
    if not environment.recovery.fault_injection:
        return {}
    stopped = dict.fromkeys(("ecs:DescribeTasks", "ecs:ListTasks", "ecs:StopTask"), STOPPED)
    return {
        **stopped,
        **({"s3:ListAllMyBuckets": PAUSED} if environment.recovery.replicates else {}),
    }

"""Metrics that AWS emits, by namespace and the dimensions that we ask by.

CloudFormation cannot know them, and AWS has no list for programs. Source of each line: the page
"CloudWatch metrics" (or "Monitoring") of the service's own guide.
"""

NODES = ("CurrConnections", "CPUUtilization", "DatabaseMemoryUsagePercentage")
TARGETS = ("HealthyHostCount", "RequestCount", "TargetConnectionErrorCount", "TargetResponseTime")
AWS_METRICS: dict[tuple[str, frozenset[str]], set[str]] = {
    ("AWS/ApiGateway", frozenset({"ApiName", "Stage"})): {
        *("4XXError", "5XXError", "Count", "IntegrationLatency", "Latency"),
    },
    ("AWS/ApplicationELB", frozenset({"LoadBalancer", "TargetGroup"})): {
        *TARGETS,
        "HTTPCode_Target_5XX_Count",
    },
    ("AWS/CloudFront", frozenset({"DistributionId", "Region"})): {"5xxErrorRate", "Requests"},
    ("AWS/DynamoDB", frozenset({"TableName"})): {
        *("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"),
        *("ReadThrottleEvents", "WriteThrottleEvents"),
    },
    ("AWS/DynamoDB", frozenset({"ReceivingRegion", "TableName"})): {"ReplicationLatency"},
    ("AWS/ECS", frozenset({"ClusterName", "ServiceName"})): {
        *("CPUUtilization", "MemoryUtilization"),
    },
    ("AWS/ES", frozenset({"ClientId", "DomainName"})): {"ClusterStatus.red", "FreeStorageSpace"},
    ("AWS/ElastiCache", frozenset({"CacheClusterId"})): {
        *NODES,
        *("EngineCPUUtilization", "Evictions"),
    },
    ("AWS/Kinesis", frozenset({"StreamName"})): {
        *("GetRecords.IteratorAgeMilliseconds", "IncomingRecords"),
        "WriteProvisionedThroughputExceeded",
    },
    ("AWS/Lambda", frozenset({"FunctionName"})): {
        *("Duration", "Errors", "IteratorAge", "Throttles"),
    },
    ("AWS/RDS", frozenset({"DBClusterIdentifier"})): {
        *("AuroraReplicaLagMaximum", "CPUUtilization", "DatabaseConnections"),
        *("ServerlessDatabaseCapacity", "VolumeReadIOPs", "VolumeWriteIOPs"),
    },
    ("AWS/SQS", frozenset({"QueueName"})): {"ApproximateNumberOfMessagesVisible"},
    ("AWS/SageMaker", frozenset({"EndpointName", "VariantName"})): {"Invocations"},
    ("AWS/States", frozenset({"StateMachineArn"})): {
        *("ExecutionsAborted", "ExecutionsFailed", "ExecutionsTimedOut"),
    },
    ("AWS/WAFV2", frozenset({"Rule", "WebACL"})): {"BlockedRequests"},
    ("AWS/WAFV2", frozenset({"Region", "Rule", "WebACL"})): {"BlockedRequests"},
    ("CloudWatchSynthetics", frozenset({"CanaryName"})): {"SuccessPercent"},
    ("ECS/ContainerInsights", frozenset({"ClusterName", "ServiceName"})): {"RunningTaskCount"},
}

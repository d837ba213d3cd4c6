"""Retraining: what each state of the machine does, what starts it, and what watches for drift.

The state machine. Its input may be empty; its first state, a Pass, makes of it
    {"run_id": $$.Execution.Name, "started_at": $$.Execution.StartTime}
and every function gets the whole state as its payload, unwrapped, and answers with an object that
goes to the result path in brackets. Every answer has `notice` {"subject", "message"}; where the
table below says "tell", the machine publishes that to its topic as it is.

    PlanTrainingData [$.plan]       {ready, training_job_name, baseline_version, candidate_version,
                                     query, client_request_token, dataset_prefix, interactions_uri,
                                     embeddings_uri, serving_uri, output_uri, checkpoint_uri,
                                     notice}; `baseline_version` is the model that serves, or v2
                                     where v1 does: the candidate is learned on v2 (embeddings)
                                     and has to be better than the baseline (serving)
      not ready: tell, succeed
    QueryTrainingData               athena startQueryExecution.sync: QueryString $.plan.query,
                                     ClientRequestToken $.plan.client_request_token, the workgroup
    CheckTrainingData [$.data]      {enough, interactions, measurable, clicks, manifest_key,
                                     manifest_sha256, reference_key, notice}; `measurable` have
                                     lists longer than ten
      not enough: tell, succeed
    TrainModel [$.training]         sagemaker createTrainingJob.sync: TrainingJobName
                                     $.plan.training_job_name, channels `interactions`
                                     $.plan.interactions_uri, `embeddings` $.plan.embeddings_uri and
                                     `serving` $.plan.serving_uri, OutputDataConfig
                                     $.plan.output_uri, CheckpointConfig $.plan.checkpoint_uri,
                                     hyperparameter `version` $.plan.candidate_version;
                                     ResultSelector keeps
                                     {TrainingJobName, TrainingJobArn, ModelArtifacts}
    EvaluateModel [$.evaluation]    {promote, reason, metrics, model_data_url, model_data_sha256,
                                     model_version, evaluation_url, notice}
    RegisterModel [$.package]       {model_package_arn, notice}
      $.evaluation.promote false: ArchiveModel; else tell, then StageModel
    StageModel [$.staging]          {endpoint, status, wait_seconds, notice}; status "clearing":
                                     what an aborted run left goes first, and after
                                     WaitForClearing it is StageModel again
    WaitForStaging                  Wait, SecondsPath $.staging.wait_seconds
    CheckStaging [$.staging]        the same; status "creating" goes back to WaitForStaging,
                                     "failed" to RemoveStaging, "in_service" goes on
    TestStaging [$.regression]      {passed, reason, checks, notice}
      not passed: RemoveStaging
    SimulateExperiment [$.simulation] {passed, reason, decision, notice}
    RemoveStaging [$.removal]       {removed, passed, reason, wait_seconds, notice}; `passed` says
                                     whether both tests were done and passed
      not removed: WaitForRemoval (SecondsPath $.removal.wait_seconds), RemoveStaging again;
      not passed: ArchiveModel; passed: ApproveModel
    ApproveModel [$.approval]       {model_package_arn, version, model_version, notice}
    StartExperiment [$.experiment]  {outcome, reason, traffic, looks, wait_seconds, notice};
                                     "waiting" (another experiment has not ended): WaitForExperiment
                                     (SecondsPath $.experiment.wait_seconds), StartExperiment
                                     again; "started": tell
    WaitForTraffic                  Wait, SecondsPath $.experiment.wait_seconds
    FollowExperiment [$.experiment] {outcome, changed, traffic, reason, looks, wait_seconds,
                                     notice}; outcome "following": tell when `changed`, then
                                     WaitForTraffic; "rolled_back": tell, ArchiveModel;
                                     "promoted": tell, go on
    WaitBeforeRetiring              Wait, SecondsPath $.experiment.wait_seconds
    RetireModel [$.retirement]      {retired, reason, notice}; tell, succeed
    ArchiveModel [$.archive]        {notice}; tell, succeed

Every task retries what AWS calls transient and catches the rest at $.error. From StageModel to
SimulateExperiment a catch goes to RemoveStaging, which then answers `passed` false; elsewhere it
goes to telling the failure and Fail. Telling a failure needs no function.

Outside of the machine:
    StartRetraining   weekly {"scheduled_at": ...}; the EventBridge event `CloudWatch Alarm State
                      Change` of the prediction-drift alarm; or {"run_id": "by-hand-1"}
    FeedFeatures      daily {"scheduled_at": ...}
    DetectDrift       daily {"scheduled_at": ...}, after FeedFeatures

Metrics, in the namespace of Powertools: FeatureDriftShift and FeatureDriftPsi with dimension
`feature`, and FeatureDriftShift without (beside `service`): the largest of all features, for one
alarm above 0.2; PredictionMae and PredictionMaeGrowth (0.5 is 50 % more than the reference);
FeaturesWritten, FeaturesLeft; RetrainingsStarted; DailyRuns of the two daily functions.
"""

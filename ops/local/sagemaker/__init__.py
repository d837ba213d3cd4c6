"""A local SageMaker: a test instrument that fails as the real one does.

What it models, by AWS's documentation and botocore's own shapes: models, endpoint configurations
and endpoints whose states take time; updates that fail and go back without a word; throttling;
variants chosen by weight, each a real process of the inference container's code; `AWS/SageMaker`
metrics per variant; data capture; target tracking of variants; deployment guardrails.

What it does not model: instances (a variant is one process, whatever its count says), so neither
capacity nor what more of it brings; images (the code runs under the host's interpreter, from the
image's build context); availability zones, VPCs, volumes and their keys; quotas; `SystemUpdating`;
serverless, asynchronous, multi-model, shadow and inference-component endpoints; a metric's delay.
A policy's decisions are the emulator's. Nothing here says how fast SageMaker is.
"""

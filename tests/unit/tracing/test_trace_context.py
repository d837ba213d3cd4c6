"""Headers that name a trace, read and written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindred.tracing.trace_context import (
    TraceContext,
    from_amazon_header,
    from_traceparent,
)

TRACE = "5759e988bd862e3fe1be46a994272793"
SPAN = "53995c3f42cd8ad8"
ROOT = "1-5759e988-bd862e3fe1be46a994272793"


def hexadecimal(digits: int) -> st.SearchStrategy[str]:
    return st.text("0123456789abcdef", min_size=digits, max_size=digits).filter(
        lambda text: set(text) != {"0"}
    )


@given(trace=hexadecimal(32), span=hexadecimal(16), sampled=st.booleans())
def test_a_context_survives_either_header(trace, span, sampled):
    context = TraceContext(trace, span, sampled)
    assert from_traceparent(context.traceparent) == context
    assert from_amazon_header(context.amazon_header) == context


@pytest.mark.parametrize(
    ("header", "context"),
    [
        pytest.param(
            f"Root={ROOT};Parent={SPAN};Sampled=1",
            TraceContext(TRACE, SPAN, sampled=True),
            id="from API Gateway",
        ),
        pytest.param(
            f"Self=1-67891234-12456789abcdef012345678;Root={ROOT};Parent={SPAN};Sampled=0",
            TraceContext(TRACE, SPAN, sampled=False),
            id="through a load balancer, which adds itself in front",
        ),
        pytest.param(
            f"Root={ROOT};Parent={SPAN};Sampled=1;Lineage=1:2b4a:0",
            TraceContext(TRACE, SPAN, sampled=True),
            id="with the lineage that Lambda adds",
        ),
        pytest.param(
            f"Root={ROOT};Parent={SPAN};Sampled=?",
            TraceContext(TRACE, SPAN, sampled=False),
            id="not decided is not sampled",
        ),
        pytest.param(f"Root=2-{ROOT[2:]};Parent={SPAN}", None, id="of another version"),
        pytest.param(f"{'x' * 600};Root={ROOT};Parent={SPAN}", None, id="too long to read"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_what_amazon_sends_is_read(header, context):
    assert from_amazon_header(header) == context


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        pytest.param(f"Root={ROOT};Sampled=1", True, id="as whoever begins a trace sends it"),
        pytest.param(f"Root={ROOT}", False, id="a load balancer's own"),
        pytest.param(f"Root={ROOT};Parent={'0' * 16}", False, id="a parent of zeros"),
    ],
)
def test_a_trace_without_a_parent_goes_on_below_one_that_nobody_told_of(header, sampled):
    first, second = from_amazon_header(header), from_amazon_header(header)

    assert (first.trace_id, first.sampled) == (TRACE, sampled)
    assert first.span_id != second.span_id


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        pytest.param(f"00-{TRACE}-{SPAN}-01", True, id="sampled"),
        pytest.param(f"00-{TRACE}-{SPAN}-02", False, id="another flag"),
        pytest.param(f"01-{TRACE}-{SPAN}-03-more", True, id="of a later version"),
    ],
)
def test_a_traceparent_is_read(header, sampled):
    assert from_traceparent(header) == TraceContext(TRACE, SPAN, sampled=sampled)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(f"ff-{TRACE}-{SPAN}-01", id="the version that is forbidden"),
        pytest.param(f"00-{'0' * 32}-{SPAN}-01", id="a trace of zeros"),
        pytest.param(f"00-{TRACE}-{'0' * 16}-01", id="a span of zeros"),
        pytest.param(f"00-{TRACE.upper()}-{SPAN}-01", id="upper case"),
        pytest.param(f"00-{TRACE}-{SPAN}", id="no flags"),
        pytest.param(None, id="absent"),
    ],
)
def test_what_is_no_traceparent_is_no_context(header):
    assert from_traceparent(header) is None


def test_a_child_is_another_span_of_the_trace():
    parent = TraceContext(TRACE, SPAN, sampled=True)
    child = parent.child()
    assert (child.trace_id, child.sampled) == (TRACE, True)
    assert child.span_id != SPAN

"""What is answered is what the services' documents describe."""

from kindred.problem_details import invalid_field, problem_document
from kindred_service.problems import FieldProblem, Problem


def test_a_problem_has_the_fields_that_are_described():
    refusal = invalid_field("/top_k", "too many", given=101, allowed=["1", "100"])
    document = problem_document(refusal, instance="request-1")

    assert document.keys() == Problem.model_fields.keys()
    assert document["errors"][0].keys() == FieldProblem.model_fields.keys()
    assert Problem.model_validate(document).model_dump() == document

"""Requests that match the schema, and that the service refuses because of their content."""

import datetime
import os

import schemathesis

QUERY_ID = "5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11"
SOON = os.environ["SOON"]

TIMES = ["StartTime", "EndTime", "QueryStartTime", "QueryEndTime"]
PROBLEMS = [
    *(f"{time} should follow format: yyyy-MM-ddTHH:mm:ssZ" for time in TIMES),
    "EndTime should be greater than StartTime",
    "Invalid character (;) in ReportName",
    "Start time of report should at least be 4 hours from current UTC time",
    # A count of zero without ExecuteNow.
    "Recurrence count has to be a positive integer value",
]
REPORT = {
    # An empty name; a schedule without start or interval.
    "Null or missing value",
    # A short interval without ExecuteNow.
    "Recurrence Interval must be between 4 and 2160",
    # A shorter interval than the dataset allows; an update of a one-time report.
    "Invalid report parameters",
    *(f"Invalid report parameters for creation - {problem}" for problem in PROBLEMS),
}
QUERY = {"Invalid query", "Invalid table name", "Incorrect column name", "Null or missing value"}
REFUSALS = {
    "POST /ScheduledQueries": QUERY
    | {"Number of queries exceeded. Delete few queries before creating new queries"},
    "DELETE /ScheduledQueries/{queryId}": {"System queries cannot be deleted."},
    "GET /ScheduledQueries/testQueryResult": QUERY
    | {"'exportQuery' and 'queryId' exclude each other.", "Invalid QueryId"},
    "POST /ScheduledReport": REPORT
    | {
        "Invalid QueryId",
        "User has exceeded its ExecuteNow report creation quota of 5 reports/60 mins",
        "User has exceeded its report creation quota of 50 active reports",
    },
    "PUT /ScheduledReport/{reportId}": REPORT,
}
for change in "pause", "resume":
    REFUSALS[f"PUT /ScheduledReport/{change}/{{reportId}}"] = {"An inactive report cannot be paused or resumed."}
NO_TIME = "Internal error encountered while creating report. Correlation ID <>"


@schemathesis.hook
def map_body(ctx, body):
    """Sets a start in the future, a query that exists and a URL. Otherwise, hardly any report would be created."""
    if isinstance(body, dict):
        try:
            datetime.datetime.fromisoformat(body.get("StartTime"))
            body["StartTime"] = SOON
        except (TypeError, ValueError):
            pass
        if isinstance(body.get("QueryId"), str):
            body["QueryId"] = QUERY_ID
        if isinstance(body.get("CallbackUrl"), str):
            body["CallbackUrl"] = "https://partner.example/hook"
    return body


@schemathesis.check
def known_refusal(ctx, response, case):
    known = REFUSALS.get(case.operation.label)
    if known is None or case.meta is None:
        return
    message = response.json().get("message") if response.content else None
    if response.status_code >= 500:
        assert message == NO_TIME, f"{response.status_code}: {message}"
    elif response.status_code == 400 and case.meta.generation.mode.is_positive:
        assert message in known, f"valid data is refused for a reason that is not listed: {message}"

"""What the schema allows and the service refuses, because of what it means."""

import schemathesis

TIMES = [f"{name} should follow format: yyyy-MM-ddTHH:mm:ssZ" for name in ("StartTime", "EndTime", "QueryStartTime", "QueryEndTime")]
REPORT = [
    *TIMES,
    "EndTime should be greater than StartTime",
    "Invalid character (;) in ReportName",
    "Start time of report should at least be 4 hours from current UTC time",
]
REPORT = {
    # An empty name; a schedule without start or interval.
    "Null or missing value",
    # A shorter interval than the dataset has; an update of a one-time report.
    "Invalid report parameters",
    *(f"Invalid report parameters for creation - {problem}" for problem in REPORT),
}
QUERY = {"Invalid query", "Invalid table name", "Incorrect column name", "Null or missing value"}
REFUSALS = {
    "POST /ScheduledQueries": QUERY,
    "DELETE /ScheduledQueries/{queryId}": {"System queries cannot be deleted."},
    "GET /ScheduledQueries/testQueryResult": QUERY
    | {"'exportQuery' and 'queryId' exclude each other.", "Invalid QueryId"},
    "POST /ScheduledReport": REPORT
    | {"Invalid QueryId", "User has exceeded its ExecuteNow report creation quota of 5 reports/60 mins"},
    "PUT /ScheduledReport/{reportId}": REPORT,
}
NO_TIME = "Internal error encountered while creating report. Correlation ID <>"


@schemathesis.check
def known_refusal(ctx, response, case):
    known = REFUSALS.get(case.operation.label)
    if known is None or case.meta is None:
        return
    message = response.json().get("message") if response.content else None
    if response.status_code >= 500:
        assert message == NO_TIME, f"{response.status_code}: {message}"
    elif response.status_code == 400 and case.meta.generation.mode.is_positive:
        assert message in known, f"a refusal of valid data that has no known reason: {message}"

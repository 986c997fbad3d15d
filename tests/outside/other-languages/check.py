"""Reads, changes, creates and deletes through a generated Python client. Arguments: base URL, token."""

import sys

from insights_client.api.scheduled_queries import create_report_query, delete_report_query, get_report_queries
from insights_client.api.scheduled_report import create_report, delete_report, get_reports, resume_report_executions
from insights_client.client import AuthenticatedClient
from insights_client.models import CreateQueryRequest, CreateReportRequest
from insights_client.types import UNSET

url, token = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=token)


def read(envelope, fields):
    assert envelope.status_code == 200, envelope
    for item in envelope.value:
        for field in fields:
            assert getattr(item, field) is not UNSET, f"{field} is missing in {item}"
        assert not item.additional_properties, f"fields that the spec does not name: {item}"
    return envelope.value


def reports(envelope):
    return read(envelope, ["report_id", "report_name", "report_status", "query_id"])


def queries(envelope):
    return read(envelope, ["query_id", "name", "query", "type_", "created_time"])


listed = reports(get_reports.sync(client=client))
# A status that the spec does not document.
assert "Suspended" in [report.report_status for report in listed], "the sample has no suspended report"
paused = [report for report in listed if report.report_status == "Paused"]
assert paused, "the sample has no paused report"
for report in paused:
    (resumed,) = reports(resume_report_executions.sync(report.report_id, client=client))
    assert (resumed.report_id, resumed.report_status) == (report.report_id, "Active"), resumed

text = "SELECT CustomerName, Month FROM OfficeUsage TIMESPAN LAST_MONTH"
request = CreateQueryRequest(name="Python", query=text, description="Created from Python")
(query,) = queries(create_report_query.sync(client=client, body=request))
assert (query.name, query.query, query.description) == ("Python", text, "Created from Python"), query
assert queries(get_report_queries.sync(client=client, query_id=query.query_id)) == [query]

request = CreateReportRequest(report_name="Once", query_id=query.query_id, execute_now=True)
(report,) = reports(create_report.sync(client=client, body=request))
assert (report.report_name, report.query_id, report.query) == ("Once", query.query_id, text), report
assert (report.report_status, report.execute_now) == ("Inactive", True), report
assert reports(get_reports.sync(client=client, report_id=report.report_id)) == [report]

assert reports(delete_report.sync(report.report_id, client=client)) == [report]
assert queries(delete_report_query.sync(query.query_id, client=client)) == [query]
assert get_reports.sync(client=client, report_id=report.report_id).status_code == 404
assert get_report_queries.sync(client=client, query_id=query.query_id).status_code == 404
print(f"python: {len(listed)} reports read, {len(paused)} resumed; a query and a report created, read and deleted")

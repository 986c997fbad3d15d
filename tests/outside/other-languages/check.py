"""Lists and resumes reports through a generated Python client. Arguments: base URL, token."""

import sys

from insights_client.api.scheduled_report import get_reports, resume_report_executions
from insights_client.client import AuthenticatedClient
from insights_client.types import UNSET

url, token = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=token)


def read(envelope):
    assert envelope.status_code == 200, envelope
    for report in envelope.value:
        for field in ("report_id", "report_name", "report_status"):
            assert getattr(report, field) is not UNSET, f"{field} is missing in {report}"
        assert not report.additional_properties, f"fields that the spec does not name: {report}"
    return envelope.value


reports = read(get_reports.sync(client=client))
paused = [report for report in reports if report.report_status == "Paused"]
assert paused, "the sample has paused reports"
for report in paused:
    (resumed,) = read(resume_report_executions.sync(report.report_id, client=client))
    assert (resumed.report_id, resumed.report_status) == (report.report_id, "Active"), resumed
print(f"python: {len(reports)} reports read, {len(paused)} resumed")

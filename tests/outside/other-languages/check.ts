// Lists and pauses reports through generated TypeScript types. Arguments: base URL, token.
import createClient from 'openapi-fetch';
import type { components, paths } from './insights.js';

declare const process: { argv: string[] };
const [, , baseUrl, token] = process.argv;
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

function read(envelope?: components['schemas']['ReportEnvelope']) {
  if (envelope?.statusCode !== 200) throw new Error(`unexpected envelope: ${JSON.stringify(envelope)}`);
  return (envelope.value ?? []).map(({ reportId, reportName, reportStatus }) => {
    if (!reportId || !reportName || !reportStatus) throw new Error('a report lacks its id, name or status');
    return { reportId, reportStatus };
  });
}

const reports = read((await client.GET('/ScheduledReport')).data);
const active = reports.filter((report) => report.reportStatus === 'Active');
if (active.length === 0) throw new Error('no active report');
for (const { reportId } of active) {
  const { data } = await client.PUT('/ScheduledReport/pause/{reportId}', { params: { path: { reportId } } });
  const [paused] = read(data);
  if (paused?.reportId !== reportId || paused.reportStatus !== 'Paused') throw new Error('the report is not paused');
}
console.log(`typescript: ${reports.length} reports read, ${active.length} paused`);

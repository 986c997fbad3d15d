// Reads, changes, creates and deletes through generated TypeScript types. Arguments: base URL, token.
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
// A status that the spec does not document.
if (!reports.some((report) => report.reportStatus === 'Suspended')) throw new Error('no suspended report');
const active = reports.filter((report) => report.reportStatus === 'Active');
if (active.length === 0) throw new Error('no active report');
for (const { reportId } of active) {
  const { data } = await client.PUT('/ScheduledReport/pause/{reportId}', { params: { path: { reportId } } });
  const [paused] = read(data);
  if (paused?.reportId !== reportId || paused.reportStatus !== 'Paused') throw new Error('the report is not paused');
}

function readQueries(envelope?: components['schemas']['QueryEnvelope']) {
  if (envelope?.statusCode !== 200) throw new Error(`unexpected envelope: ${JSON.stringify(envelope)}`);
  return (envelope.value ?? []).map(({ queryId, name, query }) => {
    if (!queryId || !name || !query) throw new Error('a query lacks its id, name or text');
    return { queryId, name, query };
  });
}

function same<T>(actual: T[], expected: T) {
  if (JSON.stringify(actual) !== JSON.stringify([expected])) throw new Error(`unexpected: ${JSON.stringify(actual)}`);
}

const wanted = { Name: 'TypeScript', Query: 'SELECT CustomerName, Month FROM OfficeUsage TIMESPAN LAST_MONTH' };
const [query] = readQueries((await client.POST('/ScheduledQueries', { body: wanted })).data);
if (query?.name !== wanted.Name || query.query !== wanted.Query) throw new Error('the query is not created');
const { queryId } = query;
same(readQueries((await client.GET('/ScheduledQueries', { params: { query: { queryId } } })).data), query);

const body = { ReportName: 'Once', QueryId: queryId, ExecuteNow: true };
const [report] = read((await client.POST('/ScheduledReport', { body })).data);
if (report?.reportStatus !== 'Inactive') throw new Error('the one-time report is not created');
const { reportId } = report;
same(read((await client.GET('/ScheduledReport', { params: { query: { reportId } } })).data), report);

same(read((await client.DELETE('/ScheduledReport/{reportId}', { params: { path: { reportId } } })).data), report);
same(readQueries((await client.DELETE('/ScheduledQueries/{queryId}', { params: { path: { queryId } } })).data), query);
const gone = await client.GET('/ScheduledQueries', { params: { query: { queryId } } });
if (gone.response.status !== 404) throw new Error('the query is not deleted');
console.log(`typescript: ${reports.length} reports read, ${active.length} paused;`
  + ' a query and a report created, read and deleted');

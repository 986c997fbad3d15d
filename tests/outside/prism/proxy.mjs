// Forwards requests to Prism, with a port for each operation and status. On its port, the operation gets this status,
// and all other operations get 200. Prints operation, status and port of each port at the start, and operation and
// status whenever the operation of a port is requested. A proxy is needed because Prism chooses the status by a header
// that the CLI does not send, and serves without the server's base path.
import fs from 'node:fs';
import http from 'node:http';

const [, , target, file] = process.argv;
const operations = Object.entries(JSON.parse(fs.readFileSync(file)).paths).flatMap(([path, item]) =>
  Object.entries(item)
    .filter(([, operation]) => operation.operationId)
    .map(([method, { operationId, responses }]) => ({ path, method: method.toUpperCase(), operationId, responses })));
// A fixed path takes precedence over one with a parameter.
const byPath = [...operations].sort((one, other) => one.path.split('{').length - other.path.split('{').length);

function requested(method, path) {
  const fits = (template) => new RegExp(`^${template.replace(/{[^}]*}/g, '[^/]+')}$`).test(path);
  return byPath.find((operation) => operation.method === method && fits(operation.path));
}

function serve(operation, status) {
  const server = http.createServer((request, response) => {
    const path = request.url.replace(/^\/insights\/[^/]+\/[^/]+/, '');
    const isMeant = requested(request.method, path.split('?')[0]) === operation;
    if (isMeant) console.log(`${operation.operationId} ${status}`);
    const headers = { ...request.headers, prefer: `code=${isMeant ? status : 200}` };
    const upstream = http.request(target + path, { method: request.method, headers }, (answer) => {
      // In the example, the CLI would have to wait for 57 seconds.
      if (answer.headers['retry-after']) answer.headers['retry-after'] = '0';
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    request.pipe(upstream);
  });
  server.listen(0, '127.0.0.1', () => console.log(`${operation.operationId} ${status} ${server.address().port}`));
}

for (const operation of operations) {
  for (const status of Object.keys(operation.responses)) serve(operation, status);
}

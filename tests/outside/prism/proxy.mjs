// Passes requests on to Prism and asks it for the response that the port stands for: on each port, one operation has
// one status, and all others have 200. Prints operation, status and port of each, and later operation and status of
// each that was asked for.
// Prism chooses by a header that the CLI does not send, and serves without the server's base path.
import fs from 'node:fs';
import http from 'node:http';

const [, , target, file] = process.argv;
const operations = Object.entries(JSON.parse(fs.readFileSync(file)).paths).flatMap(([path, item]) =>
  Object.entries(item)
    .filter(([, operation]) => operation.operationId)
    .map(([method, { operationId, responses }]) => ({ path, method: method.toUpperCase(), operationId, responses })));
// A fixed path wins over one with a parameter.
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
      // The example asks to wait for most of a minute.
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

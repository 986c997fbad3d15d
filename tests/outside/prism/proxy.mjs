// Passes requests on to Prism and asks it for the response that the port stands for: port BASE + status.
// Prism chooses by a header that the CLI does not send, and serves without the server's base path.
import http from 'node:http';

const [, , target, first, ...statuses] = process.argv;
for (const status of statuses) {
  http.createServer((request, response) => {
    const path = request.url.replace(/^\/insights\/[^/]+\/[^/]+/, '');
    const headers = { ...request.headers, prefer: `code=${status}` };
    const upstream = http.request(target + path, { method: request.method, headers }, (answer) => {
      // The example asks to wait for most of a minute.
      if (answer.headers['retry-after']) answer.headers['retry-after'] = '0';
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    request.pipe(upstream);
  }).listen(Number(first) + Number(status), '127.0.0.1');
}

// One HTTP/2 connection of an agency's system, kept open: asks by it, once for each line that it is told, `PATH` or `PATH BODY`, and says `STATUS BODY`.
//
// usage: node http2_line.mjs API CA CERTIFICATE KEY
import { readFileSync } from "node:fs";
import { connect } from "node:http2";
import { createInterface } from "node:readline";

const [api, ca, cert, key] = process.argv.slice(2);
const line = connect(api, { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) });
for await (const asked of createInterface({ input: process.stdin })) {
  const [path, body] = asked.split(/ (.*)/s);
  const stream = line.request({ ":path": path, ":method": body ? "POST" : "GET", ...(body && { "content-type": "application/json" }) });
  stream.setEncoding("utf8").end(body);
  let status, said = "";
  stream.on("response", (headers) => (status = headers[":status"]));
  for await (const piece of stream) said += piece;
  console.log(JSON.stringify([status, said]));
}
line.close();

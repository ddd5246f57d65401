// Verifies recorded requests with the official JavaScript library of Standard Webhooks.
// Reads the key from standard input's first line and one request a line after it; prints how many verified.
const { Webhook } = require("standardwebhooks");

const [key, ...lines] = require("fs").readFileSync(0, "utf8").split("\n").filter((line) => line);
const webhook = new Webhook(key);
let count = 0;
for (const line of lines) {
  const request = JSON.parse(line);
  const body = Buffer.from(request.body, "base64").toString();
  const event = webhook.verify(body, request);
  if (event.id !== request["webhook-id"]) throw new Error("the body names another event");
  if (count % 100 === 0) {
    let verified = true;
    try {
      webhook.verify(body.replace("declared", "closed"), request);
    } catch {
      verified = false;
    }
    if (verified) throw new Error("a changed body verified");
  }
  count += 1;
}
console.log(count);

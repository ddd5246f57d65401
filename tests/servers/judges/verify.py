"""Verifies recorded requests with the official Python library of Standard Webhooks.

Reads the key from standard input's first line and one request a line after it; prints how many verified.
"""
import base64
import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(sys.stdin.readline().strip())
count = 0
for line in sys.stdin:
    request = json.loads(line)
    body = base64.b64decode(request["body"]).decode()
    headers = {name: request[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    event = webhook.verify(body, headers)
    assert event["id"] == request["webhook-id"], "the body names another event"
    if count % 100 == 0:
        try:
            webhook.verify(body.replace("declared", "closed"), headers)
        except WebhookVerificationError:
            pass
        else:
            sys.exit("a changed body verified")
    count += 1
print(count)

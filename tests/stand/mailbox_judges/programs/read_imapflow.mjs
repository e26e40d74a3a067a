// SPDX-FileCopyrightText: 2026 The exordos_mail authors
// SPDX-License-Identifier: Apache-2.0

// imapflow: a task comes by stdin (library.py), what came of it goes out.
import { readFileSync } from "fs";
import { createRequire } from "module";

const { ImapFlow } = createRequire("/opt/judges/")("imapflow");

const given = JSON.parse(readFileSync(0));

async function main() {
  const client = new ImapFlow({
    host: given.host,
    port: given.tls ? 993 : 143,
    secure: given.tls,
    // false: it does not change to TLS by itself.
    ...(given.tls ? {} : { doSTARTTLS: false }),
    auth: { user: given.address, pass: given.password },
    tls: { ca: [readFileSync(given.ca)] },
    logger: false,
  });
  await client.connect();
  if (given.to) await client.mailboxCreate(given.to);
  const lock = await client.getMailboxLock(given.folder);
  if (given.to) {
    const found = await client.search({ header: { "message-id": given.message_id } });
    await client.messageMove(found, given.to);
  }
  const ids = [];
  if (client.mailbox.exists)
    for await (const one of client.fetch("1:*", { envelope: true }))
      ids.push(one.envelope.messageId);
  const quota = given.quota ? await client.getQuota() : null;
  lock.release();
  await client.logout();
  return { ids, refusal: "", quota };
}

function refusal(error) {
  if (/Login is disabled/.test(String(error))) return "clear text";
  if (error.authenticationFailed) return "login";
  return /certificate/i.test(`${error.code} ${error}`) ? "certificate" : String(error);
}

main().then(
  (answer) => console.log(JSON.stringify(answer)),
  (error) =>
    console.log(
      JSON.stringify({ ids: [], refusal: refusal(error), text: `${error} ${error.responseText}` }),
    ),
);

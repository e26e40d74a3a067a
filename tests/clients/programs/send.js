// SPDX-FileCopyrightText: 2026 The exordos_mail authors
// SPDX-License-Identifier: Apache-2.0

// Send letters with nodemailer, as its documentation shows; see ../README.md.
const fs = require("fs");
const nodemailer = require("nodemailer");

const job = JSON.parse(fs.readFileSync(process.argv[2]));

const transporter = nodemailer.createTransport({
  host: job.host,
  port: job.port,
  secure: job.port === 465,
  requireTLS: true,
  auth: { user: job.user, pass: job.password },
  tls: { ca: fs.readFileSync(job.ca) },
  pool: job.letters.length > 1,
  ...(job.name ? { name: job.name } : {}),
});

async function send(letter) {
  const info = await transporter.sendMail({
    from: job.user,
    to: letter.to,
    subject: letter.subject,
    text: letter.text,
    attachments: letter.files.map((file) => ({
      filename: file.name,
      path: file.path,
      contentType: file.type,
    })),
  });
  for (const error of info.rejectedErrors ?? []) {
    console.log(`refused\t${error.recipient}\t${JSON.stringify(error.message)}`);
  }
  console.log("sent");
}

Promise.all(job.letters.map(send))
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => transporter.close());

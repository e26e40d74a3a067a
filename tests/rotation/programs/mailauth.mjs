// SPDX-FileCopyrightText: 2026 The exordos_mail authors
// SPDX-License-Identifier: Apache-2.0

// Judges messages by mailauth: the path of one on each line of the input, for each a
// line of JSON on the output, {selector: "pass" or why not}. Argument: the resolver.
import { readFile } from 'node:fs/promises';
import { Resolver } from 'node:dns/promises';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';

const { dkimVerify } = createRequire(process.env.JUDGES + '/')('mailauth/lib/dkim/verify');
const dns = new Resolver({ timeout: 5000, tries: 3 });
dns.setServers([process.argv[2]]);

for await (const path of createInterface({ input: process.stdin })) {
    const { results } = await dkimVerify(await readFile(path), {
        resolver: (name, type) => dns.resolve(name, type),
    });
    const found = {};
    for (const one of results) {
        const { result, comment } = one.status;
        found[one.selector] = result === 'pass' ? result : `${result} ${comment ?? ''}`;
    }
    console.log(JSON.stringify(found));
}

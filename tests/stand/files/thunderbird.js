// What Thunderbird itself makes of a mail address and a password; run in its chrome by
// Marionette with [address, password, done]. The modules are those of its account setup.
// Answers {found, set_up, set_up_refuses, sends, refuses}: each "" when all is well, else what is wrong.
const [address, password, done] = arguments;
const domain = address.split("@")[1];
const setup = (name) =>
  ChromeUtils.importESModule(`resource:///modules/accountcreation/${name}.sys.mjs`);
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { JXON } = ChromeUtils.importESModule("resource:///modules/JXON.sys.mjs");
const { SmtpClient } = ChromeUtils.importESModule("resource:///modules/SmtpClient.sys.mjs");
const { AccountConfig } = setup("AccountConfig");
const signal = new AbortController().signal;

// Whoever is asked for another password cancels.
Services.prompt = { confirmEx: () => 1, promptPassword: () => false, alert() {} };

const told = (error) => [error, ...(error.errors || [])].join("; ");

// The whole: settings by the address, then a login to read mail.
async function setUp(word) {
  const found = await setup("FetchConfig").FetchConfig.fromISP(domain, address, signal);
  AccountConfig.replaceVariables(found, "A person", address, word);
  const window = Services.wm.getMostRecentWindow("mail:3pane");
  const { ConfigVerifier } = setup("ConfigVerifier");
  await new ConfigVerifier(window?.msgWindow ?? null, signal).verifyConfig(found, false);
}

// Its reader takes no settings without a server to read mail from: that one is made up.
const STAND_IN = `<provider><incomingServer type="imap"><hostname>imap.invalid</hostname>
  <port>993</port><socketType>SSL</socketType><username>%EMAILADDRESS%</username>
  <authentication>password-cleartext</authentication></incomingServer></provider>`;

async function outgoing() {
  const url = `http://autoconfig.${domain}/mail/config-v1.1.xml`;
  const { fetchHTTP } = setup("FetchHTTP");
  const xml = await fetchHTTP(url, { urlArgs: { emailaddress: address }, signal });
  const provider = xml.clientConfig.emailProvider;
  if (!provider.incomingServer) {
    const made = JXON.build(new DOMParser().parseFromString(STAND_IN, "text/xml"));
    provider.$incomingServer = made.provider.$incomingServer;
    provider.incomingServer = made.provider.incomingServer;
  }
  const found = setup("readFromXML").readFromXML(xml, "isp-http");
  return [found.outgoing, ...found.outgoingAlternatives].map((one) => {
    found.outgoing = one;
    AccountConfig.replaceVariables(found, "A person", address, password);
    return one;
  });
}

// As CreateInBackend.sys.mjs does, without the account; then it logs in.
function logIn(settings, word) {
  const server = MailServices.outgoingServer.createServer(settings.type);
  const smtp = server.QueryInterface(Ci.nsISmtpServer);
  smtp.hostname = settings.hostname;
  smtp.port = settings.port;
  server.socketType = settings.socketType;
  server.authMethod = settings.auth;
  server.username = settings.username;
  server.password = word;
  // As verifyLogon of SmtpServer.sys.mjs does, which goes on to wait for a message.
  const client = new SmtpClient(server);
  return new Promise((resolve) => {
    client.onidle = () => {
      resolve("");
      client.close();
    };
    client.onerror = (status, text) => resolve(`${status.toString(16)} ${text}`);
    client.connect();
  });
}

const attempt = (work) => Promise.resolve().then(work).then((text) => text ?? "", told);

(async () => {
  const answer = { set_up: await attempt(() => setUp(password)), servers: [], refuses: "" };
  const taken = !(await attempt(() => setUp(`${password}x`)));
  answer.set_up_refuses = taken ? "it is set up with a wrong password" : "";
  let servers = [];
  answer.found = await attempt(async () => {
    servers = await outgoing();
  });
  answer.sends = servers.length ? "" : "no server to send by";
  for (const one of servers) {
    const where = `${one.username} at ${one.hostname}:${one.port}`;
    answer.servers.push(where);
    const wrong = await attempt(() => logIn(one, password));
    answer.sends ||= wrong && `${where}: ${wrong}`;
    const takes = !(await attempt(() => logIn(one, `${password}x`)));
    answer.refuses ||= takes ? `${where} takes a wrong password` : "";
  }
  done(answer);
})();

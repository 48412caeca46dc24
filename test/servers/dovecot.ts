import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { TestCertificate } from './certificates.ts';
import { type Daemon, describeWith, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed: the programs of its protocols are in a place of their own. */
const PROGRAMS = ['dovecot'];
/** Its master drops rights itself, so it must be started by root. */
const isRoot = process.getuid?.() === 0;

export interface Dovecot extends Daemon {
  readonly ports: DovecotPorts;
  /** what it has logged so far */
  log(): string;
  /** a directory in the user’s mailbox, with the messages that it has: `new` are unseen, `cur` are seen */
  mailbox(name: string, messages: { readonly seen: number; readonly unseen: number }): void;
  /** gives the user a Sieve script */
  script(name: string, text: string, active: boolean): void;
  close(): Promise<void>;
}

export interface DovecotPorts {
  readonly imap: number;
  readonly imaps: number;
  readonly pop3: number;
  readonly pop3s: number;
  readonly lmtp: number;
  readonly sieve: number;
}

export interface DovecotStart {
  /** with it there is TLS, direct and by STARTTLS */
  readonly certificate?: TestCertificate;
  /** other users than the one it knows it looks for in a store that is out of order */
  readonly outOfOrder?: boolean;
  /** lines of dovecot.conf, `mail_max_userip_connections = 1` */
  readonly settings?: readonly string[];
}

/** The one user that it knows. */
export const LOGIN = { username: 'me@example.org', password: 'päss "word\\' } as const;
/** the same in a target */
export const USERINFO = `${encodeURIComponent(LOGIN.username)}:${encodeURIComponent(LOGIN.password)}@`;
/** nobody: mail processes run as this */
const MAIL_USER = 65_534;

/** `describe` for tests that need dovecot, and root to start it. */
export function describeDovecot(name: string, body: () => void): void {
  if (isRoot || process.env['PUPTIME_REQUIRE_DAEMONS'] === '1') describeWith(PROGRAMS, name, body);
  else describeWith(['dovecot, which only root can start'], name, body);
}

/** Starts dovecot with all its protocols on free ports of 127.0.0.1. */
export async function startDovecot(start: DovecotStart = {}): Promise<Dovecot> {
  const temporary = temporaryDirectory('dovecot');
  chmodSync(temporary.path, 0o755);
  const at = (name: string) => path.join(temporary.path, name);
  const ports = await freePorts();
  mkdirSync(at('home'));
  chownSync(at('home'), MAIL_USER, MAIL_USER);
  writeFileSync(at('users'), `${LOGIN.username}:{PLAIN}${LOGIN.password}::::::\n`, { mode: 0o644 });
  // Source: cr.yp.to/checkpwd/interface.html: 111 is a temporary problem.
  writeFileSync(at('checkpassword'), '#!/bin/sh\nexit 111\n', { mode: 0o755 });
  writeFileSync(at('dovecot.conf'), configOf(temporary.path, ports, start));
  const daemon = await startDaemon({
    argv: ['dovecot', '-F', '-c', at('dovecot.conf')],
    ready: ports.imap,
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return {
    ...daemon,
    ports,
    log: () => (existsSync(at('log')) ? readFileSync(at('log'), 'utf8') : ''),
    mailbox: (name, messages) => fillMailbox(at('home'), name, messages),
    script: (name, text, active) => putScript(at('home'), name, text, active),
    stop,
    close: stop,
  };
}

/** All different, though each is free again as soon as it was found. */
async function freePorts(): Promise<DovecotPorts> {
  const found = new Set<number>();
  while (found.size < 6) found.add(await freePort());
  const [imap = 0, imaps = 0, pop3 = 0, pop3s = 0, lmtp = 0, sieve = 0] = found;
  return { imap, imaps, pop3, pop3s, lmtp, sieve };
}

/** For tlsContract: a dovecot for each certificate, started when it is first asked for and kept until `close`. */
export function dovecotByCertificate() {
  const servers = new Map<string, Promise<Dovecot>>();
  return {
    start: (protocol: keyof DovecotPorts) => async (certificate: TestCertificate) => {
      const server = servers.get(certificate.cert) ?? startDovecot({ certificate });
      servers.set(certificate.cert, server);
      return { port: (await server).ports[protocol], close: () => undefined };
    },
    async close() {
      for (const server of servers.values()) await (await server).close();
    },
  };
}

function configOf(
  top: string,
  ports: DovecotPorts,
  { certificate, outOfOrder = false, settings = [] }: DovecotStart,
): string {
  const listener = (name: string, port: number, tls = false) =>
    `inet_listener ${name} {\n address = 127.0.0.1\n port = ${String(port)}\n ssl = ${tls ? 'yes' : 'no'}\n }\n`;
  const tls =
    certificate === undefined
      ? ['ssl = no']
      : ['ssl = yes', `ssl_cert = <${certificate.cert}`, `ssl_key = <${certificate.key}`];
  return `${[
    `base_dir = ${top}/run`,
    `log_path = ${top}/log`,
    'protocols = imap pop3 lmtp sieve',
    ...tls,
    'disable_plaintext_auth = no',
    'auth_mechanisms = plain login cram-md5',
    // a wrong password is answered at once
    'auth_failure_delay = 0 secs',
    'service anvil {\n unix_listener anvil-auth-penalty {\n mode = 0\n }\n}',
    `passdb {\n driver = passwd-file\n args = ${top}/users\n}`,
    ...(outOfOrder ? [`passdb {\n driver = checkpassword\n args = ${top}/checkpassword\n}`] : []),
    `userdb {\n driver = static\n args = uid=${String(MAIL_USER)} gid=${String(MAIL_USER)} home=${top}/home\n}`,
    'first_valid_uid = 1',
    'mail_location = maildir:~/mail',
    `service imap-login {\n chroot =\n service_count = 0\n${listener('imap', ports.imap)}${listener('imaps', ports.imaps, true)}}`,
    `service pop3-login {\n chroot =\n service_count = 0\n${listener('pop3', ports.pop3)}${listener('pop3s', ports.pop3s, true)}}`,
    `service managesieve-login {\n chroot =\n service_count = 0\n${listener('sieve', ports.sieve)}}`,
    `service lmtp {\n${listener('lmtp', ports.lmtp)}}`,
    ...settings,
  ].join('\n')}\n`;
}

/** Source: cr.yp.to/proto/maildir.html; Dovecot’s names have a dot before them (Maildir++). */
function fillMailbox(
  home: string,
  name: string,
  { seen, unseen }: { readonly seen: number; readonly unseen: number },
): void {
  const top = path.join(home, 'mail', name === 'INBOX' ? '' : `.${name}`);
  for (const part of ['', 'cur', 'new', 'tmp']) {
    mkdirSync(path.join(top, part), { recursive: true });
    chownSync(path.join(top, part), MAIL_USER, MAIL_USER);
  }
  chownSync(path.join(home, 'mail'), MAIL_USER, MAIL_USER);
  const message = 'From: a@example.org\r\nSubject: test\r\n\r\nHello\r\n';
  for (let count = 0; count < seen; count += 1)
    writeFileSync(path.join(top, 'cur', `1.${String(count)}.seen:2,S`), message, { mode: 0o644 });
  for (let count = 0; count < unseen; count += 1)
    writeFileSync(path.join(top, 'new', `1.${String(count)}.unseen`), message, { mode: 0o644 });
}

/** Where Pigeonhole keeps them: the active one is what a link points to. */
function putScript(home: string, name: string, text: string, active: boolean): void {
  mkdirSync(path.join(home, 'sieve'), { recursive: true });
  writeFileSync(path.join(home, 'sieve', `${name}.sieve`), text);
  if (active) symlinkSync(`sieve/${name}.sieve`, path.join(home, '.dovecot.sieve'));
  chownSync(path.join(home, 'sieve'), MAIL_USER, MAIL_USER);
}
